#include "net/callback_transport.h"

namespace tidings::net {

std::string_view to_string(ExchangeFailure failure) {
  switch (failure) {
    case ExchangeFailure::none:
      return "none";
    case ExchangeFailure::dns:
      return "dns";
    case ExchangeFailure::address_forbidden:
      return "address_forbidden";
    case ExchangeFailure::connect_timeout:
      return "connect_timeout";
    case ExchangeFailure::refused:
      return "refused";
    case ExchangeFailure::unreachable:
      return "unreachable";
    case ExchangeFailure::tls:
      return "tls";
    case ExchangeFailure::client_certificate:
      return "client_certificate";
    case ExchangeFailure::timeout:
      return "timeout";
    case ExchangeFailure::closed:
      return "closed";
    case ExchangeFailure::too_large:
      return "too_large";
    case ExchangeFailure::malformed:
      return "malformed";
    case ExchangeFailure::overloaded:
      return "overloaded";
    case ExchangeFailure::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(ExchangeStage stage) {
  switch (stage) {
    case ExchangeStage::resolving:
      return "resolving the name";
    case ExchangeStage::connecting:
      return "connecting";
    case ExchangeStage::securing:
      return "waiting for the TLS handshake";
    case ExchangeStage::sending:
      return "sending the request";
    case ExchangeStage::waiting:
      return "waiting for the answer";
    case ExchangeStage::head:
      return "reading the answer's head";
    case ExchangeStage::body:
      return "reading the answer's body";
  }
  return "unknown";
}

}  // namespace tidings::net

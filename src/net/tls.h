/// TLS contexts for both ends: TLS 1.2 and later, session resumption, certificates from PEM files.
///
/// Errors: Errc::invalid_argument names the file and what is wrong with it.
/// Threads: contexts are immutable once made and shared freely (OpenSSL counts references); running
/// connections keep the context they began with.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::net {

using TlsContext = boost::asio::ssl::context;

struct TlsServerOptions {
  std::string certificate_file;  ///< PEM, the server's own first, then intermediates
  std::string key_file;          ///< PEM
  std::string client_ca_file;    ///< PEM; empty: client certificates are not asked for
  bool require_client_certificate = false;  ///< else one is asked for, verified when given
};

/// To reload, make a new one and use it for new connections.
Result<std::shared_ptr<TlsContext>> make_server_context(const TlsServerOptions& options);

struct TlsClientOptions {
  std::string ca_file;           ///< PEM; empty: the system's trust store
  std::string certificate_file;  ///< PEM; empty: no client certificate
  std::string key_file;
  bool verify = true;  ///< false only by an operator's explicit choice
  /// PEM text, of one app: these certificates are trusted instead of `ca_file` and the system's.
  /// Whatever stands here is an anchor, an intermediate or a server's own certificate too.
  std::string trusted_pem{};
  std::string also_trusted_file{};  ///< PEM; besides `ca_file` or the system's. "": none
};

inline constexpr std::size_t kMostTrustedCertificates = 16;
/// Can `pem` be `trusted_pem`? 1 to 16 certificates, none of which has expired, and nothing else; a
/// private key is refused by name. Errc::invalid_argument, without the text.
Result<void> check_trusted_pem(std::string_view pem, std::int64_t now_s);

/// Made once per distinct options and shared; its address is part of a pooled connection's key.
class TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> create(const TlsClientOptions& options);
  [[nodiscard]] TlsContext& context() { return context_; }
  [[nodiscard]] bool verifies() const { return verify_; }

 private:
  explicit TlsClient(bool verify);
  TlsContext context_;
  bool verify_;
};

}  // namespace tidings::net

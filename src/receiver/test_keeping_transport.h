/// A transport that keeps what it is asked to send, and answers what it was told to.
#pragma once

#include <string>
#include <vector>

#include "net/callback_transport.h"

namespace tidings::receiver::testing {

class KeepingTransport final : public net::CallbackTransport {
 public:
  runtime::awaitable<net::HttpExchange> post(const net::OutboundRequest& request) override {
    requests.push_back(request);
    bodies.emplace_back(request.body);
    co_return answer;
  }
  std::vector<net::OutboundRequest> requests;  ///< without their bodies, which were the caller's
  std::vector<std::string> bodies;
  net::HttpExchange answer;
};

}  // namespace tidings::receiver::testing

/// May this request be served at all? Checks 1 to 18 of the protocol's table 4.3, in its order, the
/// first failure wins.
///
/// Errors: `code` is the table's; texts name what was wrong and never hold the UserSig.
/// Threads: from any lane. Lifetime: what the parts name outlives the Access.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backend/app_registry.h"
#include "backend/authenticator.h"
#include "backend/rate_limiter.h"
#include "backend/rest/routes.h"
#include "base/result.h"
#include "net/http_message.h"

namespace tidings::backend::rest {

/// How often one app may call, per second (4.4). 0 = unlimited.
struct RestLimits {
  std::uint32_t app_per_second = 0;  ///< over all commands: 60011
  /// By documented command name: 60007. Those not named keep the documented limit (200; 1, 100).
  std::map<std::string, std::uint32_t, std::less<>> per_command;
  /// A call that is not answered by then is told 60008, or 70169 (4.2: 3 seconds). 0 = never.
  std::chrono::milliseconds answer_within{3000};
};

/// What is left to do once access is granted.
struct Granted {
  community::AppPtr app;
  std::string identifier;
  Family family = Family::group;
  const Route* route = nullptr;
  std::string_view command;  ///< as called; points into the request
  boost::json::object body;
};

/// Who reads the pull feed.
struct GrantedFeed {
  community::AppPtr app;
  std::string identifier;
};

class Access {
 public:
  struct Parts {
    AppRegistry& apps;
    Authenticator& authenticator;
    RateLimiter& limiter;
  };
  Access(Parts parts, const RestLimits& limits);

  /// The body's values live in `memory` as long as it does.
  Result<Granted> check(const net::HttpRequest& request, boost::json::storage_ptr memory = {});
  /// Checks 1 to 15 for GET /v4/tidings/events, which has no body and no service.
  Result<GrantedFeed> check_feed(const net::HttpRequest& request);

 private:
  struct Query;
  Result<community::AppPtr> check_app(const Query& query, const net::HttpRequest& request,
                                      std::string_view service);
  Result<void> check_caller(const Query& query, const community::App& app, Family family);
  Result<void> check_command_rate(const community::App& app, std::uint32_t slot);

  Parts parts_;
  std::uint32_t app_limit_;
  std::vector<std::uint32_t> limits_;  // by slot
};

/// For configuration: the default limit of a command; nullopt: there is no such command.
[[nodiscard]] std::optional<std::uint32_t> documented_limit(std::string_view command);

}  // namespace tidings::backend::rest

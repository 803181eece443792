/// What an operator may change in an app, as pure functions from the app as it is to the app as it
/// shall be (protocol 3.1 and section 8). Every rule of 8.1, 8.3, 8.4 and 8.5 that is not about
/// rows stands here.
///
/// Errors: kind invalid_argument (the value breaks a rule), conflict (it does not fit the app as it
/// is: limits reached, no such order of changes), not_found; `what` is "<field>: <sentence>".
/// Secrets are never in a text. Units: seconds. Threads: pure functions; chance is a parameter.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "community/app.h"

namespace tidings::backend {

inline constexpr std::size_t kMaxValidSecrets = 4;  ///< keys or webhook secrets at a time
inline constexpr std::int64_t kDefaultOverlapSeconds = 24 * 3600;
inline constexpr std::int64_t kMaxOverlapSeconds = 90 * 24 * 3600;

struct ChangeRules {
  bool allow_local_callback_hosts = false;  ///< the operator's override of 8.5
  std::int64_t now_s = 0;                   ///< certificates that have expired are refused
};

/// A new app from POST /apps: enabled, with one key and the admin `administrator`. Its id is
/// `sdkappid` of the body, or 0: the caller draws one.
Result<community::App> new_app(const boost::json::object& body, std::int64_t now_s,
                               Random& random);
/// PATCH: only what is given changes.
Result<community::App> change_app(community::App app, const boost::json::object& patch,
                                  const ChangeRules& rules);
Result<community::App> add_admin(community::App app, std::string_view user);
Result<community::App> remove_admin(community::App app, std::string_view user);
/// POST of a declaration {key, types}: adds it, or extends and re-permits an existing one.
Result<community::App> declare_field(community::App app, community::FieldLists list,
                                     const boost::json::object& body);
/// The current key becomes a former one, valid for `overlap_s` more seconds; 0 ends all former
/// keys at once.
Result<community::App> rotate_key(community::App app, std::int64_t overlap_s, std::int64_t now_s,
                                  Random& random);
Result<community::App> add_webhook_secret(community::App app, std::int64_t now_s, Random& random);
Result<community::App> rotate_webhook_secret(community::App app, std::int64_t overlap_s,
                                             std::int64_t now_s, Random& random);
/// For secrets that nobody can read any more: a new UserSig key; a new Sign token and webhook secret
/// where there were such, and the endpoint is disabled then, since its receiver cannot know them.
community::App renew_secrets(community::App app, std::int64_t now_s, Random& random);
Result<community::App> set_status(community::App app, community::AppStatus status);

/// {overlap_s} of the rotations; absent: a day.
Result<std::int64_t> read_overlap(const boost::json::object& body);

}  // namespace tidings::backend

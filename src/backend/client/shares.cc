#include "backend/client/shares.h"

#include <algorithm>
#include <string>

#include "base/shares.h"

namespace tidings::backend {
namespace {

Error over_share(const std::string& whose, std::size_t share, const std::string& of_what) {
  return fail(Errc::rate_limited,
              whose + " has " + std::to_string(share) + " clients connected, its share" +
                  of_what + "; try again when some have left, or raise serve.max_connections",
              10006);
}

}  // namespace

Result<std::unique_ptr<ClientShares::Place>> ClientShares::take(
    const community::AccountKey& account, bool has_others) {
  const std::lock_guard lock(mutex_);
  const auto known = apps_.find(account.app);
  const std::size_t of_app = known == apps_.end() ? 0 : known->second.count;
  const std::size_t app_share =
      has_others ? std::max<std::size_t>(half_of_rest(total_, taken_ - of_app), of_app == 0 ? 1 : 0)
                 : total_;
  if (of_app >= app_share) return over_share("app " + account.app.str(), of_app, "");
  OfApp& app = apps_[account.app];
  std::size_t& own = app.users[account.user];
  if (own > 0 && own >= half_of_rest(app_share, of_app - own)) {
    return over_share("user " + account.user.str(), own, " of those of app " + account.app.str());
  }
  ++own;
  ++app.count;
  ++taken_;
  return std::make_unique<Place>(*this, account);
}

void ClientShares::give_back(const community::AccountKey& account) {
  const std::lock_guard lock(mutex_);
  const auto app = apps_.find(account.app);
  const auto user = app->second.users.find(account.user);
  if (--user->second == 0) app->second.users.erase(user);
  if (--app->second.count == 0) apps_.erase(app);
  --taken_;
}

}  // namespace tidings::backend

/// ClientShares: how many clients may be logged in, so that nobody's keep others' out. One app gets at
/// most half of what the others leave, one user at most half of what the other users of its app leave of
/// that. An app's first client, and a user's first while its app has room, are always let in. An app that
/// has no others beside it on this server leaves them nothing: all is its share.
///
/// Errors: Errc::rate_limited with 10006, the share and the way out.
/// Threads: any; a login and its end lock for a moment. Lifetime: outlives its places.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "community/rows.h"

namespace tidings::backend {

class ClientShares {
 public:
  /// Given back on destruction.
  class Place {
   public:
    Place(ClientShares& owner, community::AccountKey account)
        : owner_(owner), account_(std::move(account)) {}
    ~Place() { owner_.give_back(account_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    ClientShares& owner_;
    const community::AccountKey account_;
  };

  explicit ClientShares(std::size_t total) : total_(total) {}
  ClientShares(const ClientShares&) = delete;
  ClientShares& operator=(const ClientShares&) = delete;

  /// `has_others`: there are other apps, whether their clients are here or not.
  Result<std::unique_ptr<Place>> take(const community::AccountKey& account, bool has_others);

 private:
  struct OfApp {
    std::size_t count = 0;
    std::unordered_map<UserId, std::size_t> users;
  };
  void give_back(const community::AccountKey& account);

  const std::size_t total_;
  std::mutex mutex_;  // protects what stands below
  std::size_t taken_ = 0;
  std::unordered_map<SdkAppId, OfApp> apps_;
};

}  // namespace tidings::backend

/// Shares: so many places for all, of which one taker gets at most half of what the others leave. Who
/// comes when much is taken gets little, but the first ones never get all.
///
///   Shares<std::string> feeds(256);
///   auto place = feeds.take(address);
///   if (!place) return refused(address + " has its " + std::to_string(feeds.share(address)));
///
/// Threads: any; taking and giving back lock for a moment. Lifetime: outlives its places.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tidings {

/// Half of what the others leave of `total`, rounded up; 0 where they leave nothing.
[[nodiscard]] constexpr std::size_t half_of_rest(std::size_t total, std::size_t others) {
  const std::size_t rest = others < total ? total - others : 0;
  return rest - rest / 2;
}

template <class Taker>
class Shares {
 public:
  /// Given back on destruction.
  class [[nodiscard]] Place {
   public:
    Place(Shares& owner, Taker taker) : owner_(&owner), taker_(std::move(taker)) {}
    Place(Place&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), taker_(std::move(other.taker_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (owner_ != nullptr) owner_->give_back(taker_);
    }

   private:
    Shares* owner_;
    Taker taker_;
  };

  explicit Shares(std::size_t total) : total_(total) {}
  Shares(const Shares&) = delete;
  Shares& operator=(const Shares&) = delete;

  /// None: the taker has its share already.
  [[nodiscard]] std::optional<Place> take(const Taker& taker) {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(taker);
    const std::size_t own = found == held_.end() ? 0 : found->second;
    if (own >= share_of(own)) return std::nullopt;
    ++taken_;
    ++held_[taker];
    return Place(*this, taker);
  }

  /// How many the taker may hold now.
  [[nodiscard]] std::size_t share(const Taker& taker) const {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(taker);
    return share_of(found == held_.end() ? 0 : found->second);
  }
  [[nodiscard]] std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  [[nodiscard]] std::size_t share_of(std::size_t own) const {
    return half_of_rest(total_, taken_ - own);
  }
  void give_back(const Taker& taker) {
    const std::lock_guard lock(mutex_);
    --taken_;
    const auto found = held_.find(taker);
    if (--found->second == 0) held_.erase(found);
  }

  const std::size_t total_;
  mutable std::mutex mutex_;  // protects what stands below
  std::size_t taken_ = 0;
  std::unordered_map<Taker, std::size_t> held_;
};

}  // namespace tidings

#include "backend/authenticator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "community/code.h"
#include "tidings/usersig.h"

namespace tidings::backend {
namespace {

constexpr std::int64_t kThrottleSeconds = 60;
constexpr int kThrottled = 70050;
constexpr std::size_t kShards = 16;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// Two generations: lookups move what is used into the young one; when that is full the old one,
/// which nobody asked for meanwhile, is dropped. Bounded, and every step is O(1).
template <class T>
class BoundedMap {
 public:
  explicit BoundedMap(std::size_t entries) : half_(entries / 2 + 1) {}

  T* find(std::string_view key) {
    if (const auto young = young_.find(key); young != young_.end()) return &young->second;
    const auto old = old_.find(key);
    if (old == old_.end()) return nullptr;
    auto node = old_.extract(old);
    make_room();
    return &young_.insert(std::move(node)).position->second;
  }
  T& put(std::string_view key, T value) {
    make_room();
    return young_.insert_or_assign(std::string(key), std::move(value)).first->second;
  }
  void erase(std::string_view key) {
    if (const auto young = young_.find(key); young != young_.end()) young_.erase(young);
    if (const auto old = old_.find(key); old != old_.end()) old_.erase(old);
  }

 private:
  void make_room() {
    if (young_.size() < half_) return;
    old_ = std::exchange(young_, {});
  }
  const std::size_t half_;
  TextMap<T> young_;
  TextMap<T> old_;
};

/// A ticket that passed every check of 5.3.
struct Verified {
  SdkAppId app;
  std::string identifier;
  std::size_t keys = 0;         ///< fingerprint of the app's keys it was checked against
  std::int64_t until_s = 0;     ///< the last second of the ticket, or of a key that is retiring
};

struct Failures {
  int count = 0;
  std::int64_t since_s = 0;    ///< the minute that is counted began here
  std::int64_t blocked_until_s = 0;
};

std::size_t fingerprint(const std::vector<community::Secret>& keys) {
  std::size_t sum = keys.size();
  for (const community::Secret& key : keys) {
    sum = (sum ^ std::hash<std::string>{}(key.text)) * 0x9E3779B97F4A7C15ULL;
    sum ^= static_cast<std::size_t>(key.valid_until_s);
  }
  return sum;
}

/// Until when the verdict holds: the ticket's end, or the first end of any key, after which the
/// ticket is simply verified again.
std::int64_t valid_until(const UserSigClaims& claims, const community::App& app,
                         std::int64_t now_s) {
  std::int64_t until = 0;
  if (__builtin_add_overflow(claims.time_s, claims.expire_s, &until)) {
    until = std::numeric_limits<std::int64_t>::max();
  }
  for (const community::Secret& key : app.keys) {
    if (key.valid_until_s >= now_s && key.valid_until_s != 0) {
      until = std::min(until, key.valid_until_s - 1);
    }
  }
  return until;
}

/// "<app>/<identifier>", of every call: hence without the heap. Longer identifiers are refused
/// before any ticket is looked at; the bound here is that of the memory.
class ThrottleKey {
 public:
  ThrottleKey(SdkAppId app, std::string_view identifier) {
    char* end = std::to_chars(text_, text_ + kAppDigits, app.number()).ptr;
    *end++ = '/';
    end = std::copy_n(identifier.data(), std::min(identifier.size(), kIdentifier), end);
    size_ = static_cast<std::size_t>(end - text_);
  }
  [[nodiscard]] std::string_view view() const { return {text_, size_}; }

 private:
  static constexpr std::size_t kAppDigits = 10;
  static constexpr std::size_t kIdentifier = 64;
  char text_[kAppDigits + 1 + kIdentifier];
  std::size_t size_ = 0;
};

}  // namespace

struct Authenticator::State {
  struct alignas(64) TicketShard {
    explicit TicketShard(std::size_t entries) : tickets(entries) {}
    std::mutex mutex;  // protects tickets
    BoundedMap<Verified> tickets;
  };
  struct alignas(64) FailureShard {
    explicit FailureShard(std::size_t entries) : failures(entries) {}
    std::mutex mutex;  // protects what stands below
    BoundedMap<Failures> failures;
  };

  explicit State(std::size_t entries) {
    for (auto& shard : tickets) shard = std::make_unique<TicketShard>(entries / kShards);
    for (auto& shard : failures) shard = std::make_unique<FailureShard>(entries / kShards);
  }
  TicketShard& tickets_of(std::string_view sig) { return *tickets[TextHash{}(sig) % kShards]; }
  FailureShard& failures_of(std::string_view key) { return *failures[TextHash{}(key) % kShards]; }

  std::array<std::unique_ptr<TicketShard>, kShards> tickets;
  std::array<std::unique_ptr<FailureShard>, kShards> failures;
};

Authenticator::Authenticator(const Clock& clock, AuthenticatorOptions options)
    : clock_(clock), options_(options), state_(std::make_unique<State>(options.cache_entries)) {}

Authenticator::~Authenticator() = default;

bool Authenticator::throttled(std::string_view key, std::int64_t now_s) {
  State::FailureShard& shard = state_->failures_of(key);
  const std::lock_guard lock(shard.mutex);
  const Failures* failures = shard.failures.find(key);
  return failures != nullptr && now_s < failures->blocked_until_s;
}

void Authenticator::count_failure(std::string_view key, std::int64_t now_s) {
  State::FailureShard& shard = state_->failures_of(key);
  const std::lock_guard lock(shard.mutex);
  Failures* failures = shard.failures.find(key);
  if (failures == nullptr || now_s >= failures->since_s + kThrottleSeconds ||
      now_s < failures->since_s) {
    failures = &shard.failures.put(key, Failures{0, now_s, 0});
  }
  if (++failures->count < options_.max_failures) return;
  // The count starts anew when the minute of refusal is over.
  *failures = Failures{0, now_s + kThrottleSeconds, now_s + kThrottleSeconds};
}

Result<void> Authenticator::verify(const community::App& app, std::string_view identifier,
                                   std::string_view user_sig) {
  TRY_VOID(verify_ticket(app, identifier, user_sig));
  if (!app.is_blocked(identifier)) return {};
  return fail(Errc::forbidden,
              "'" + std::string(identifier) + "' is on the block list of app " + app.id.str() +
                  " (blocked_users); an operator can take it off",
              community::code::kAccountBlocked);
}

Result<void> Authenticator::verify_ticket(const community::App& app, std::string_view identifier,
                                          std::string_view user_sig) {
  const std::int64_t now_s = clock_.now_s();
  const std::size_t keys = fingerprint(app.keys);
  State::TicketShard& shard = state_->tickets_of(user_sig);
  {
    const std::lock_guard lock(shard.mutex);
    const Verified* known = shard.tickets.find(user_sig);
    if (known != nullptr && known->app == app.id && known->identifier == identifier &&
        known->keys == keys && now_s <= known->until_s) {
      return {};
    }
  }
  // After that: a stranger who guesses must not lock out who has shown the right ticket already.
  const ThrottleKey throttle(app.id, identifier);
  const std::string_view key = throttle.view();
  if (throttled(key, now_s)) {
    return fail(Errc::rate_limited,
                "identifier '" + std::string(identifier) + "' failed its UserSig check " +
                    std::to_string(options_.max_failures) +
                    " times within a minute; no new ticket is looked at for one minute",
                kThrottled);
  }
  auto claims = verify_user_sig(user_sig, app.id, identifier, app.valid_keys(now_s), now_s);
  if (!claims) {
    if (claims.error().code != kUserSigNoKey) count_failure(key, now_s);
    return std::move(claims).error();
  }
  const std::lock_guard lock(shard.mutex);
  shard.tickets.put(user_sig, Verified{app.id, std::string(identifier), keys,
                                       valid_until(*claims, app, now_s)});
  return {};
}

}  // namespace tidings::backend

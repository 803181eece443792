/// Resolver: names to addresses, as a seam (tests change the answer between two calls).
///
/// Errors: Errc::not_found (no such name), Errc::unavailable (the resolver failed).
/// Threads: its lane only; one object per lane.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "net/cidr.h"
#include "runtime/blocking_pool.h"
#include "runtime/deadline.h"

namespace tidings::net {

using Addresses = std::vector<IpAddress>;

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// At least one address on success. A numeric host answers itself.
  virtual runtime::awaitable<Result<Addresses>> resolve(std::string host) = 0;
};

/// getaddrinfo on a blocking pool, with a small cache: answers are kept for `keep` (the system
/// does not tell their time to live), failures not at all.
class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(runtime::BlockingPool& pool,
                          std::chrono::milliseconds keep = std::chrono::seconds{10});
  runtime::awaitable<Result<Addresses>> resolve(std::string host) override;

 private:
  struct Kept {
    Addresses addresses;
    runtime::Deadline until;
  };
  static constexpr std::size_t kMaxKept = 10'000;

  runtime::BlockingPool& pool_;
  std::chrono::milliseconds keep_;
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace tidings::net

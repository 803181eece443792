/// Resolver: names to addresses, as a seam (tests change the answer between two calls).
///
/// Errors: Errc::not_found (no such name), Errc::unavailable (the resolver failed).
/// Threads: its lane only; one object per lane.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/cidr.h"
#include "runtime/blocking_pool.h"

namespace tidings::net {

using Addresses = std::vector<IpAddress>;

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// At least one address on success. A numeric host answers itself.
  virtual runtime::awaitable<Result<Addresses>> resolve(std::string host) = 0;
};

/// Any thread; may block for long.
using Lookup = std::function<Result<Addresses>(const std::string& host)>;
Result<Addresses> system_lookup(const std::string& host);  ///< getaddrinfo

struct SystemResolverOptions {
  std::chrono::milliseconds keep{10'000};  ///< the system does not tell an answer's time to live
  /// What was known before is good enough, up to that age, where the name server fails or takes
  /// longer than `patience`.
  std::chrono::milliseconds last_known{3'600'000};
  std::chrono::milliseconds patience{500};
  int rest = 4;  ///< a lookup that failed is made again after so many times as long as it took
  Lookup lookup = system_lookup;
};

/// Lookups on a blocking pool, one at a time for each name, with a small cache. A name server that hangs
/// holds a thread for many seconds: so the names that it hangs for take at most a part of a thread each,
/// whoever asks for them how often, and the others find one (promise P5).
class SystemResolver final : public Resolver {
 public:
  /// REQUIRES: the pool stops before the lane that resolve() is called on goes.
  explicit SystemResolver(runtime::BlockingPool& pool, SystemResolverOptions options = {});
  ~SystemResolver() override;
  runtime::awaitable<Result<Addresses>> resolve(std::string host) override;

 private:
  struct Name;
  class Names;

  std::shared_ptr<Names> names_;  // what is under way may come back when this is gone
};

}  // namespace tidings::net

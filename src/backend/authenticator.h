/// Who is calling: UserSig verification for REST and the client door (protocol 5.3), with a bounded
/// cache of verified tickets and the throttle of repeated failures.
///
/// A ticket that verified once is remembered until it expires or the app's keys change; at most
/// `cache_entries` are kept. After `max_failures` failures of one (app, identifier) within a
/// minute every further try answers 70050 for one minute, right or wrong, but for tickets that are
/// remembered: a stranger's guesses lock out nobody who is in. An app without a key (70016) counts
/// as nobody's failure. Who fails is remembered within the same bound.
///
/// Threads: from any thread; a lock per shard, never held while a signature is computed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "community/app.h"

namespace tidings::backend {

struct AuthenticatorOptions {
  std::size_t cache_entries = 65536;
  int max_failures = 10;
};

class Authenticator {
 public:
  explicit Authenticator(const Clock& clock, AuthenticatorOptions options = {});
  ~Authenticator();

  /// Success: the ticket is `identifier`'s, for this app, and valid now, and the user is not on the
  /// app's block list (70051, which is no failure that counts). Error::code is 700xx.
  Result<void> verify(const community::App& app, std::string_view identifier,
                      std::string_view user_sig);

 private:
  struct State;
  Result<void> verify_ticket(const community::App& app, std::string_view identifier,
                             std::string_view user_sig);
  bool throttled(std::string_view key, std::int64_t now_s);
  void count_failure(std::string_view key, std::int64_t now_s);

  const Clock& clock_;
  const AuthenticatorOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace tidings::backend

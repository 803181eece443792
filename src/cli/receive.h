/// `tidings receive` as an object: the app backend's receiver, made in start() and taken down in
/// stop() in the opposite order.
///
/// Errors of start(): what a part says about its own start; nothing keeps running then.
/// Threads: start(), stop(), reload() from one thread that is no lane. Lifetime: config, clock and
/// log outlive it. Durability: an answered callback is committed, whatever happens.
#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/config.h"
#include "cli/log.h"
#include "cli/running.h"

namespace tidings::receiver {
struct WatcherParts;
}

namespace tidings::cli {

/// Inbox and mirror, in receive.data_dir.
inline constexpr std::string_view kMirrorFile = "mirror.db";

class ReceiveApp final : public Running {
 public:
  struct Parts {
    const ReceiveConfig& config;
    const Clock& clock;
    Log& log;
  };
  static Result<std::unique_ptr<Running>> start(Parts parts);
  ~ReceiveApp() override;

  [[nodiscard]] Ready addresses() const override;
  Result<void> reload() override;
  void stop() override;

 private:
  struct Doors;
  explicit ReceiveApp(Parts parts);
  Result<void> open_store();
  Result<void> make_receiver();
  receiver::WatcherParts watcher_parts();
  Result<void> make_gap_keeper();
  Result<void> make_reconciler();
  Result<void> open_doors();

  Parts parts_;
  std::unique_ptr<Doors> doors_;
};

}  // namespace tidings::cli

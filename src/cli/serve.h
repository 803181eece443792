/// `tidings serve` as an object: everything of the IM backend, made in start() in the order in
/// which one part needs the other, and taken down in stop() in the opposite one.
///
/// Errors of start(): what a part says about its own start (the data folder is in use, a port is
/// taken, a certificate cannot be read); nothing keeps running then. Threads: start(), stop(),
/// reload() from one thread that is no lane. Lifetime: config, clock, random and log outlive it.
/// Durability: stop() lets what is in flight end and commits what was accepted; a crash instead of
/// it loses nothing that was answered.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "cli/config.h"
#include "cli/log.h"
#include "cli/running.h"

namespace tidings::cli {

class ServeApp final : public Running {
 public:
  struct Parts {
    const ServeConfig& config;
    const Clock& clock;
    Random& random;
    Log& log;
  };
  static Result<std::unique_ptr<Running>> start(Parts parts);
  ~ServeApp() override;

  [[nodiscard]] Ready addresses() const override;
  Result<void> reload() override;
  void stop() override;

 private:
  struct Doors;
  explicit ServeApp(Parts parts);
  Result<void> open_store();
  Result<void> open_callbacks();
  void make_service();
  Result<void> open_doors();
  void watch_figures();

  Parts parts_;
  std::unique_ptr<Doors> doors_;
};

}  // namespace tidings::cli

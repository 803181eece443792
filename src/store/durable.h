/// What the units of work have in common: applying a batch and making it durable are two steps, so
/// that the next batch is prepared while the disk syncs the one before it.
///
///   apply(A)  sync()            apply(B) may run meanwhile, on A's result
///
/// An engine for which a commit is one step leaves sync() and take_back() as they are.
#pragma once

#include "base/result.h"

namespace tidings::store {

class Durable {
 public:
  virtual ~Durable() = default;
  /// Durability point: everything applied before the call is on disk (fsync) when it returns
  /// success. After an error take_back() must come before the next sync(). May run on another thread
  /// than apply(), at the same time.
  virtual Result<void> sync() { return {}; }
  /// Undoes what was applied and not made durable, as if it had never been. Called where load() and
  /// apply() are, while no sync() runs.
  virtual void take_back() {}
};

}  // namespace tidings::store

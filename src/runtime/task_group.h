/// TaskGroup: the only way to start a coroutine that nobody awaits. It keeps newcomers out once it
/// stops, tells its children to stop, and waits until the last one has gone; so an owner whose last
/// member is its TaskGroup cannot be used after its end.
///
/// Two steps of stopping: first *total* cancellation, on which loops take no more work (sleep_for,
/// Notifier::wait return Errc::cancelled at once; OneShot and exchanges under way go on); when the
/// grace has passed *terminal* cancellation, which abandons I/O as well.
/// Errors: spawn() answers Errc::cancelled after stop, Errc::too_large over the limit of children;
/// the coroutine is then destroyed unrun. An exception that leaves a child goes to the error sink.
/// Threads: on its lane only (or while the lane has no thread). Children run on that lane.
/// Lifetime: make it the last data member; the destructor CHECKs that no child is left, which
/// holds after stop() has returned, or when nothing was spawned.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/lane.h"
#include "runtime/notifier.h"

namespace tidings::runtime {

struct TaskGroupOptions {
  std::size_t max_children = 1'000'000;
  /// Gets the child's name and the exception's text. Default: one line on stderr.
  std::function<void(std::string_view child, std::string_view what)> error_sink;
};

class TaskGroup {
 public:
  explicit TaskGroup(Lane& lane, TaskGroupOptions options = {});
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  Result<void> spawn(std::string name, awaitable<void> work);
  /// Returns when no child runs. Not from a child of this group. A second call waits as well.
  awaitable<void> stop(std::chrono::milliseconds grace);

  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] std::size_t size() const { return children_.size(); }
  [[nodiscard]] std::vector<std::string> names() const;  ///< of the children, oldest first
  [[nodiscard]] Lane& lane() const { return lane_; }

 private:
  struct Child;
  struct ChildEnded;
  using Children = std::list<std::shared_ptr<Child>>;
  awaitable<void> run_child(std::shared_ptr<Child> child, awaitable<void> work);
  void child_ended(const Child& child, const std::exception_ptr& exception);
  void emit(asio::cancellation_type type);
  void report(std::string_view child, std::string_view what) const;

  Lane& lane_;
  TaskGroupOptions options_;
  bool stopping_ = false;
  Children children_;
  Notifier emptied_;
};

}  // namespace tidings::runtime

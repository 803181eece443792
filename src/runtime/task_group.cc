#include "runtime/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdio>

#include "base/check.h"

namespace tidings::runtime {

struct TaskGroup::Child {
  std::string name;
  asio::cancellation_signal signal;
  Children::iterator place;
  bool begun = false;
};

/// Called by co_spawn on the lane when the child has ended, however it ended.
struct TaskGroup::ChildEnded {
  TaskGroup* group;
  std::shared_ptr<Child> child;
  void operator()(const std::exception_ptr& exception) const {
    group->child_ended(*child, exception);
  }
};

TaskGroup::TaskGroup(Lane& lane, TaskGroupOptions options)
    : lane_(lane), options_(std::move(options)), emptied_(lane) {}

TaskGroup::~TaskGroup() { CHECK(children_.empty()); }

Result<void> TaskGroup::spawn(std::string name, awaitable<void> work) {
  CHECK(lane_.is_home());
  if (stopping_) return fail(Errc::cancelled, "'" + name + "' not started: the group is stopping");
  if (children_.size() >= options_.max_children) {
    return fail(Errc::too_large, "'" + name + "' not started: the group has its limit of " +
                                     std::to_string(options_.max_children) + " children");
  }
  auto child = std::make_shared<Child>();
  child->name = std::move(name);
  child->place = children_.insert(children_.end(), child);
  auto slot = child->signal.slot();
  ChildEnded ended{this, child};
  asio::co_spawn(lane_.executor(), run_child(std::move(child), std::move(work)),
                 asio::bind_cancellation_slot(slot, std::move(ended)));
  return {};
}

awaitable<void> TaskGroup::run_child(std::shared_ptr<Child> child, awaitable<void> work) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  // A child whose group stopped before its first step never begins: the cancellation came when
  // nobody listened yet.
  if (stopping_) co_return;
  child->begun = true;
  co_await std::move(work);
}

void TaskGroup::child_ended(const Child& child, const std::exception_ptr& exception) {
  // Before its first step only co_spawn itself throws, because it was cancelled.
  if (exception && child.begun) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& caught) {
      report(child.name, caught.what());
    } catch (...) {
      report(child.name, "an exception of unknown type");
    }
  }
  children_.erase(child.place);
  if (children_.empty()) emptied_.notify_all();
}

awaitable<void> TaskGroup::stop(std::chrono::milliseconds grace) {
  CHECK(Lane::current() == &lane_);
  const auto deadline = Deadline::after(grace);
  if (!stopping_) {
    stopping_ = true;
    emit(asio::cancellation_type::total);
  }
  bool abandoned = false;
  while (!children_.empty()) {
    // Whoever stops a group must see its end, so cancellation of the caller only ends the grace.
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    const bool hurried = cancellation.cancelled() != asio::cancellation_type::none;
    if (!abandoned && (hurried || deadline.passed())) {
      abandoned = true;
      emit(asio::cancellation_type::terminal);
      continue;
    }
    if (hurried) co_await asio::this_coro::reset_cancellation_state();
    co_await emptied_.wait(abandoned ? Deadline::never() : deadline);
  }
}

void TaskGroup::emit(asio::cancellation_type type) {
  // A copy that keeps every signal alive: what emit() touches may end the child (asio issue 1332).
  const std::vector<std::shared_ptr<Child>> children(children_.begin(), children_.end());
  for (const auto& child : children) child->signal.emit(type);
}

std::vector<std::string> TaskGroup::names() const {
  std::vector<std::string> names;
  for (const auto& child : children_) names.push_back(child->name);
  return names;
}

void TaskGroup::report(std::string_view child, std::string_view what) const {
  if (options_.error_sink) {
    options_.error_sink(child, what);
  } else {
    std::fprintf(stderr, "task '%.*s' ended by an exception: %.*s\n",
                 static_cast<int>(child.size()), child.data(), static_cast<int>(what.size()),
                 what.data());
  }
}

}  // namespace tidings::runtime

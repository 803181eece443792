/// A thread that others wait for asks the scheduler for short turns: it then runs soon after it is
/// woken, where a thread with turns as long as everybody's would wait for one of them to end. Its share of
/// the CPU stays the same.
///
/// Linux 6.12 and later (EEVDF with custom slices); without effect elsewhere. Needs no privileges.
/// Source: sched_setattr(2), "sched_runtime" of SCHED_OTHER.
#pragma once

#include <linux/types.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

namespace tidings {

inline void ask_for_short_turns() {
  struct {  // the kernel's sched_attr in its first size; glibc has none before 2.41
    __u32 size, policy;
    __u64 flags;
    __s32 nice;
    __u32 priority;
    __u64 runtime, deadline, period;
  } attributes{};
  static_assert(sizeof attributes == 48);
  attributes.size = sizeof attributes;
  attributes.policy = SCHED_OTHER;
  attributes.nice = getpriority(PRIO_PROCESS, 0);
  attributes.runtime = std::chrono::nanoseconds{std::chrono::microseconds{100}}.count();
  if (sched_getscheduler(0) == SCHED_OTHER) (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace tidings

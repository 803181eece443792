// A wall clock that can be moved while a process runs, for the chaos scenarios: preloaded, it adds
// the seconds that the file SHIFTED_CLOCK_FILE holds (8 bytes, mapped) to the time of day. The
// monotonic clock is left alone, as a step of the real clock leaves it.
//
// It asks the kernel directly, and so needs neither memory nor other libraries at start: an
// allocator may ask for the time before anything else is set up.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

const volatile long* shift = nullptr;

__attribute__((constructor)) void map_shift() {
  const char* path = std::getenv("SHIFTED_CLOCK_FILE");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped != MAP_FAILED) shift = static_cast<const volatile long*>(mapped);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long failed = ::syscall(SYS_clock_gettime, clock, now);
  const bool of_day = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (failed == 0 && of_day && shift != nullptr) now->tv_sec += *shift;
  return static_cast<int>(failed);
}

extern "C" int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec precise{};
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

extern "C" time_t time(time_t* out) noexcept {
  timespec precise{};
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  if (out != nullptr) *out = precise.tv_sec;
  return precise.tv_sec;
}

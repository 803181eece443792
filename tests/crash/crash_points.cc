// Named crash points at the durability point itself, for the crash run: preloaded, it ends the
// process with SIGKILL at a chosen write or sync of a database's file.
//
//   write   half of the bytes are written: a commit that is torn
//   sync    all is written, nothing is synced: before the commit
//   synced  the commit is durable, nobody has been answered yet
//
// Armed from outside: the file CRASH_POINT_FILE (two 8-byte numbers, mapped) holds the point and how
// many passes of it are let through. The product knows nothing of this.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace {

enum Point : long { kNone = 0, kWrite = 1, kSync = 2, kSynced = 3 };

struct Armed {
  std::atomic<long> point;
  std::atomic<long> passes;
};
Armed* armed = nullptr;

__attribute__((constructor)) void map_points() {
  const char* path = std::getenv("CRASH_POINT_FILE");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = ::mmap(nullptr, sizeof(Armed), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped != MAP_FAILED) armed = static_cast<Armed*>(mapped);
}

bool due(Point point) {
  return armed != nullptr && armed->point == point && armed->passes.fetch_sub(1) <= 0;
}

void die() { ::kill(::getpid(), SIGKILL); }

ssize_t write_at(int file, const void* bytes, size_t size, off_t at) {
  if (due(kWrite)) {
    ::syscall(SYS_pwrite64, file, bytes, size / 2, at);
    die();
  }
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}

int sync_file(long call, int file) {
  if (due(kSync)) die();
  const long failed = ::syscall(call, file);
  if (due(kSynced)) die();
  return static_cast<int>(failed);
}

}  // namespace

extern "C" ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return write_at(file, bytes, size, at);
}
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  return write_at(file, bytes, size, at);
}
extern "C" int fsync(int file) { return sync_file(SYS_fsync, file); }
extern "C" int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

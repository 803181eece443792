/// For tests of inbox and mirror in a file: a folder that goes again, and batches as the committer
/// writes them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "receiver/mirror_apply.h"
#include "store/mirror_store.h"
#include "store_sqlite/database.h"

namespace tidings::receiver::testing {

class MirrorFolder {
 public:
  MirrorFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-mirror-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~MirrorFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MirrorFolder(const MirrorFolder&) = delete;
  MirrorFolder& operator=(const MirrorFolder&) = delete;
  [[nodiscard]] std::string file() const { return (path_ / "receiver.db").string(); }

 private:
  std::filesystem::path path_;
};

inline sqlite::OpenOptions quick() {
  sqlite::OpenOptions options;
  options.full_sync = false;  // durability is not what these tests look at
  return options;
}

struct Written {
  std::size_t accepted = 0;
  std::int64_t received_ms = 0;
  bool leaves_topics = false;
};

inline Result<Written> write_batch(store::MirrorUnitOfWork& engine, std::vector<Callback> batch,
                            std::int64_t now_ms, std::int64_t purge_before_ms = 0) {
  store::MirrorView view(now_ms);
  view.purge_before_ms = purge_before_ms;
  store::MirrorNeeds needs;
  for (const Callback& callback : batch) add_needs(callback, needs);
  if (auto loaded = engine.load(needs, view); !loaded) return loaded.error();
  go_on_ending(view);
  Written written;
  for (Callback& callback : batch) {
    written.accepted += apply(std::move(callback), view) == Applied::accepted ? 1 : 0;
  }
  written.received_ms = view.received_ms();
  written.leaves_topics = view.leaves_topics();
  if (auto committed = engine.commit(view); !committed) return committed.error();
  return written;
}

}  // namespace tidings::receiver::testing

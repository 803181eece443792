// Goal: the write-ahead log never takes more than a quarter of the disk's free space.
// Method: the limits as a function of the free space; contract/sqlite_faults_test.cc has them at work.
#include "store_sqlite/log_keeper.h"

#include <gtest/gtest.h>

namespace tidings::sqlite {
namespace {

constexpr LogLimits kAsked{.wake_pages = 4096, .most_pages = 16384};
constexpr std::int64_t kMebibyte = 1 << 20;

TEST(LogKeeper, ABigDiskGivesWhatWasAskedFor) {
  EXPECT_EQ(limits_on_disk(kAsked, 256 * kMebibyte), kAsked);
  EXPECT_EQ(limits_on_disk(kAsked, 1'000'000 * kMebibyte), kAsked);
}

TEST(LogKeeper, ASmallOneAQuarterOfItsFreeSpace) {
  EXPECT_EQ(limits_on_disk(kAsked, 255 * kMebibyte), (LogLimits{4080, 16320}));
  EXPECT_EQ(limits_on_disk(kAsked, 24 * kMebibyte), (LogLimits{384, 1536}));
}

TEST(LogKeeper, AFullOneAFewPages) {
  EXPECT_EQ(limits_on_disk(kAsked, 0), (LogLimits{4, 16}));
  EXPECT_EQ(limits_on_disk({.wake_pages = 1, .most_pages = 50}, 0), (LogLimits{1, 16}));
}

}  // namespace
}  // namespace tidings::sqlite

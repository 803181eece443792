// Goal: what is written is read back, up to the largest numbers, and damage is told.
// Method: round trips, and bytes that no encoder makes.
#include "store_sqlite/mirror_codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidings::sqlite {
namespace {

using Ranges = std::vector<store::SequenceRange>;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(MirrorCodec, RangesComeBackUpToTheLargestNumber) {
  for (const Ranges& ranges :
       {Ranges{}, Ranges{{3, 3}, {5, 900}}, Ranges{{7, 7}, {store::kMaxSequence, store::kMaxSequence}},
        Ranges{{2, store::kMaxSequence}}, Ranges{{9, 9}, {kMost - 1, kMost - 1}}, Ranges{{2, kMost}}}) {
    const auto decoded = decode_ranges(encode_ranges(ranges));
    ASSERT_TRUE(decoded) << decoded.error().what;
    EXPECT_EQ(*decoded, ranges);
  }
}

TEST(MirrorCodec, DamagedRangesAreTold) {
  const std::string most = encode_ranges(Ranges{{kMost, kMost}});
  for (const std::string& bytes : {std::string("\x05"), std::string("\x80"), most + "\x01" + '\0',
                                   encode_ranges(Ranges{{-1, 4}}), encode_ranges(Ranges{{5, 4}})}) {
    const auto decoded = decode_ranges(bytes);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().kind, Errc::corrupt);
  }
}

TEST(MirrorCodec, StampsComeBackAndANumberAboveTheLimitCountsAsNotSent) {
  const store::MirrorStamp usual{store::kMaxSequence, 1'735'689'600'000, 9};
  const store::MirrorStamp poisoned{kMost, 5, 4};
  const std::string bytes = encode_stamps({&usual, &poisoned});
  store::MirrorStamp first;
  store::MirrorStamp second;
  ASSERT_TRUE(decode_stamps(bytes, {&first, &second}));
  EXPECT_EQ(first, usual);
  EXPECT_EQ(second, (store::MirrorStamp{0, 5, 4}));
}

}  // namespace
}  // namespace tidings::sqlite

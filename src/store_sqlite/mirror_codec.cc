#include "store_sqlite/mirror_codec.h"

#include <cstdint>
#include <limits>

#include "store_sqlite/varint.h"

namespace tidings::sqlite {
namespace {

constexpr char kNone = 0;
constexpr char kSame = 1;
constexpr char kExplicit = 2;

}  // namespace

std::string encode_stamps(std::initializer_list<const store::MirrorStamp*> stamps) {
  std::string out;
  const store::MirrorStamp* last = nullptr;
  for (const store::MirrorStamp* stamp : stamps) {
    if (!*stamp) {
      out.push_back(kNone);
    } else if (last != nullptr && *last == *stamp) {
      out.push_back(kSame);
    } else {
      out.push_back(kExplicit);
      append_varint(out, stamp->sequence);
      append_varint(out, stamp->time_ms);
      append_varint(out, stamp->arrival);
      last = stamp;
    }
  }
  return out;
}

Result<void> decode_stamps(std::string_view bytes,
                           std::initializer_list<store::MirrorStamp*> stamps) {
  const store::MirrorStamp* last = nullptr;
  bool good = true;
  for (store::MirrorStamp* stamp : stamps) {
    *stamp = {};
    if (bytes.empty()) return fail(Errc::corrupt, "the stamps of a mirrored row end too early");
    const char form = bytes.front();
    bytes.remove_prefix(1);
    if (form == kSame && last != nullptr) {
      *stamp = *last;
    } else if (form == kExplicit) {
      good = good && read_varint(bytes, stamp->sequence) && read_varint(bytes, stamp->time_ms) &&
             read_varint(bytes, stamp->arrival);
      // From before there was a limit: it would be newer than everything, for good.
      if (stamp->sequence > store::kMaxSequence) stamp->sequence = 0;
      last = stamp;
    } else if (form != kNone) {
      good = false;
    }
  }
  if (!good || !bytes.empty()) {
    return fail(Errc::corrupt, "the stamps of a mirrored row are damaged");
  }
  return {};
}

std::string encode_ranges(std::span<const store::SequenceRange> ranges) {
  std::string out;
  std::int64_t end = 0;
  for (const store::SequenceRange& range : ranges) {
    append_varint(out, range.first - end);
    append_varint(out, range.last - range.first);
    end = range.last;
  }
  return out;
}

Result<std::vector<store::SequenceRange>> decode_ranges(std::string_view bytes) {
  std::vector<store::SequenceRange> ranges;
  std::int64_t end = 0;
  while (!bytes.empty()) {
    std::int64_t from = 0;
    std::int64_t length = 0;
    // Any number that fits: above kMaxSequence are some that were taken in before there was a limit,
    // and the set that is made of them leaves them out.
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (!read_varint(bytes, from) || !read_varint(bytes, length) || from < 0 || length < 0 ||
        from > kMost - end || length > kMost - end - from) {
      return fail(Errc::corrupt, "the arrived numbers of an app are damaged");
    }
    ranges.push_back({end + from, end + from + length});
    end = ranges.back().last;
  }
  return ranges;
}

}  // namespace tidings::sqlite

/// How a mirrored row's stamps are kept in one BLOB: most rows have one or two different stamps, so
/// a row of seven costs about twenty bytes.
///
/// Form: for each stamp a byte: 0 = none, 1 = the same as the one before that was not none,
/// 2 = three varints follow (sequence, time, arrival; least significant seven bits first).
/// Ranges of numbers: for each two varints, how far it begins behind the end of the one before, and
/// how far its last number is from its first.
///
/// Errors: Errc::corrupt for anything else. Threads: pure functions.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/mirror_rows.h"

namespace tidings::sqlite {

[[nodiscard]] std::string encode_stamps(std::initializer_list<const store::MirrorStamp*> stamps);
Result<void> decode_stamps(std::string_view bytes,
                           std::initializer_list<store::MirrorStamp*> stamps);

[[nodiscard]] std::string encode_ranges(std::span<const store::SequenceRange> ranges);
Result<std::vector<store::SequenceRange>> decode_ranges(std::string_view bytes);

}  // namespace tidings::sqlite

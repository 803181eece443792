#include "store_sqlite/field_blob.h"

#include <cstdint>
#include <optional>

namespace tidings::sqlite {
namespace {

void append_part(std::string& out, std::string_view part) {
  std::size_t length = part.size();
  for (; length >= 0x80; length >>= 7) out += static_cast<char>((length & 0x7f) | 0x80);
  out += static_cast<char>(length);
  out += part;
}

std::optional<std::string_view> take_part(std::string_view& rest) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (rest.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    if (length > rest.size()) return std::nullopt;
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(length);
    return part;
  }
  return std::nullopt;
}

}  // namespace

std::string write_fields(const community::FieldValues& values) {
  std::string blob;
  for (const KeyValue& each : values) {
    append_part(blob, each.key);
    append_part(blob, each.value);
  }
  return blob;
}

Result<community::FieldValues> read_fields(std::string_view blob) {
  community::FieldValues values;
  while (!blob.empty()) {
    const auto key = take_part(blob);
    const auto value = key ? take_part(blob) : std::nullopt;
    if (!value) {
      return fail(Errc::corrupt, "custom fields in the store are damaged: restore a backup");
    }
    values.push_back({std::string{*key}, std::string{*value}});
  }
  return values;
}

}  // namespace tidings::sqlite

#include "base/time_uuid.h"

#include <algorithm>

namespace tidings {

std::string time_uuid(std::int64_t time_ms, Random& random) {
  std::string text = random.uuid();  // the other version: 122 random bits, some of which stay
  auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(time_ms, 0));
  for (int at = 12; at >= 0; --at) {
    if (text[static_cast<std::size_t>(at)] == '-') continue;
    text[static_cast<std::size_t>(at)] = "0123456789abcdef"[time & 0xF];
    time >>= 4;
  }
  text[14] = '7';
  return text;
}

}  // namespace tidings

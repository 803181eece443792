/// Lower-case hexadecimal. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tidings {

[[nodiscard]] std::string hex_encode(std::string_view bytes);

}  // namespace tidings

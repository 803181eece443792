/// Comparison of secrets. Threads: pure function.
#pragma once

#include <string_view>

namespace tidings {

/// Equal bytes? Takes as long for a near miss as for a far one; only a difference in length shows.
[[nodiscard]] bool secure_equal(std::string_view a, std::string_view b);

}  // namespace tidings

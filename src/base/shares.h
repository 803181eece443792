/// A share of what there is for all: at most half of what the others leave. Who comes when much is taken
/// gets little, but the first ones never get all.
#pragma once

#include <cstddef>

namespace tidings {

/// Half of what the others leave of `total`, rounded up; 0 where they leave nothing.
[[nodiscard]] constexpr std::size_t half_of_rest(std::size_t total, std::size_t others) {
  const std::size_t rest = others < total ? total - others : 0;
  return rest - rest / 2;
}

}  // namespace tidings

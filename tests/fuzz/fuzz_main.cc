// The libFuzzer end of one target; TIDINGS_FUZZ_TARGET names it (tests/fuzz/CMakeLists.txt).
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidings::fuzz::TIDINGS_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}

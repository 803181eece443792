// Goal: what fuzzing once found stays found, in every build. Method: each file of
// tests/fuzz/corpus/<target> is given to its target, which CHECKs by itself; so are its beginnings,
// since a reader must take a message that was cut anywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/targets.h"

namespace tidings::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  std::size_t cuts;  // beginnings tried of each file
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsReadWithoutHarm) {
  const auto folder = std::filesystem::path(TIDINGS_SOURCE_DIR) / "tests/fuzz/corpus" /
                      GetParam().name;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    GetParam().run(text);
    const std::size_t step = std::max<std::size_t>(1, text.size() / GetParam().cuts);
    for (std::size_t size = 0; size < text.size(); size += step) {
      GetParam().run(std::string_view(text).substr(0, size));
    }
    ++files;
  }
  EXPECT_GE(files, 3U) << folder;
}

INSTANTIATE_TEST_SUITE_P(
    Fuzz, Corpus,
    testing::Values(Target{"http_request", http_request, 200},
                    Target{"http_response", http_response, 200},
                    Target{"rest_body", rest_body, 200},
                    Target{"callback_query", callback_query, 200},
                    Target{"callback_body", callback_body, 200}, Target{"usersig", usersig, 200},
                    Target{"websocket", websocket, 4}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace tidings::fuzz

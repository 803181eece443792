// A request's head and chunked body, whole and in two pieces: both must be understood alike.
#include "base/check.h"
#include "fuzz/targets.h"
#include "net/request_parser.h"

namespace tidings::fuzz {
namespace {

using Progress = net::RequestParser::Progress;
constexpr std::size_t kMaxHead = 4096;
constexpr std::size_t kMaxBody = 4096;

struct Read {
  Progress head = Progress::need_more;
  Progress chunks = Progress::need_more;
  std::string method;
  std::string path;
  std::string body;
  std::size_t head_bytes = 0;
  std::size_t length = 0;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view input, std::size_t first) {
  net::HttpRequest request;
  Read out;
  net::RequestParser parser(request, out.body, kMaxHead, kMaxBody);
  if (first > 0) out.head = parser.parse_head(input.substr(0, first));
  if (out.head == Progress::need_more) out.head = parser.parse_head(input);
  if (out.head == Progress::failed) {
    CHECK(parser.status() >= 400 && parser.status() < 600 && !parser.reason().empty());
    return out;
  }
  if (out.head != Progress::done) return out;
  out.method = request.method_text;
  out.path = request.path;
  out.head_bytes = parser.head_bytes();
  out.length = parser.body_bytes();
  CHECK(out.head_bytes <= input.size() && out.length <= kMaxBody);
  if (!parser.is_chunked()) return out;
  CHECK(out.length == 0);  // never both
  auto rest = input.substr(out.head_bytes);
  std::size_t used = 0;
  if (!rest.empty()) out.chunks = parser.parse_chunks(rest, used);
  CHECK(used <= rest.size() && out.body.size() <= kMaxBody);
  return out;
}

}  // namespace

void http_request(std::string_view input) {
  if (input.empty()) return;
  const auto whole = read(input, 0);
  const auto split = read(input, input.size() / 2);
  if (whole.head == Progress::done && split.head == Progress::done) CHECK(whole == split);
  CHECK((whole.head == Progress::done) == (split.head == Progress::done));
}

}  // namespace tidings::fuzz

// An app backend's answer, as the callback client reads it.
#include "base/check.h"
#include "fuzz/targets.h"
#include "net/response_parser.h"

namespace tidings::fuzz {

void http_response(std::string_view input) {
  constexpr std::size_t kMaxHead = 4096;
  constexpr std::size_t kMaxBody = 4096;
  using Progress = net::ResponseParser::Progress;
  for (const bool answers_head : {false, true}) {
    net::HttpExchange exchange;
    net::ResponseParser parser(exchange, kMaxHead, kMaxBody, answers_head);
    auto rest = input;
    auto progress = Progress::need_more;
    while (progress == Progress::need_more && !rest.empty()) {
      std::size_t used = 0;
      progress = parser.parse(rest, used);
      CHECK(used <= rest.size());
      if (used == 0 && progress == Progress::need_more) break;
      rest.remove_prefix(used);
    }
    if (progress == Progress::need_more) progress = parser.parse_end();
    CHECK(exchange.body.size() <= kMaxBody);
    if (progress == Progress::failed) {
      CHECK(parser.failure() != net::ExchangeFailure::none && !parser.detail().empty());
    }
  }
}

}  // namespace tidings::fuzz

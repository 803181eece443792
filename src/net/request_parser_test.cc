// Goal: a request is understood in exactly one way or refused, however its bytes arrive. Method: a
// table of heads, each given whole and byte by byte; the smuggling cases of RFC 9112 among them.
#include "net/request_parser.h"

#include <gtest/gtest.h>

#include "net/forwarded.h"

namespace tidings::net {
namespace {

using Progress = RequestParser::Progress;

struct Parsed {
  HttpRequest request;
  std::string chunk_body;
  Progress progress = Progress::need_more;
  unsigned status = 0;
  std::string reason;
  std::size_t body_bytes = 0;
  bool keeps_alive = false;
};

void parse(std::string_view text, bool byte_by_byte, Parsed& out) {
  RequestParser parser(out.request, out.chunk_body, 1024, 100);
  for (std::size_t size = byte_by_byte ? 1 : text.size(); size <= text.size(); ++size) {
    out.progress = parser.parse_head(text.substr(0, size));
    if (out.progress != Progress::need_more) break;
  }
  out.status = parser.status();
  out.reason = parser.reason();
  out.body_bytes = parser.body_bytes();
  if (out.progress == Progress::done) out.keeps_alive = parser.keeps_alive();
}

TEST(RequestParser, ReadsAHeadWholeAndByteByByte) {
  const std::string text =
      "POST /v4/x?a=1&b=%20 HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nContent-LENGTH: 5\r\n"
      "X-Two:  spaced \t\r\n\r\nhello";
  for (const bool byte_by_byte : {false, true}) {
    Parsed parsed;
    parse(text, byte_by_byte, parsed);
    ASSERT_EQ(parsed.progress, Progress::done) << parsed.reason;
    EXPECT_EQ(parsed.request.method, HttpMethod::post);
    EXPECT_EQ(parsed.request.path, "/v4/x");
    EXPECT_EQ(parsed.request.query, "a=1&b=%20");
    EXPECT_EQ(parsed.request.header("content-length"), "5");
    EXPECT_EQ(parsed.request.header("x-two"), "spaced");
    EXPECT_TRUE(parsed.request.has_header("X-Empty"));
    EXPECT_FALSE(parsed.request.has_header("X-None"));
    EXPECT_EQ(parsed.body_bytes, 5u);
    EXPECT_TRUE(parsed.keeps_alive);
  }
}

TEST(RequestParser, TakesTheAbsoluteForm) {
  Parsed parsed;
  parse("GET http://h:80/p?q HTTP/1.1\r\nHost: h\r\n\r\n", false, parsed);
  ASSERT_EQ(parsed.progress, Progress::done);
  EXPECT_EQ(parsed.request.path, "/p");
  EXPECT_EQ(parsed.request.query, "q");
}

struct HeadCase {
  const char* name;
  const char* head;
  unsigned status;  // 0: taken
};

class Heads : public testing::TestWithParam<HeadCase> {};

TEST_P(Heads, AreTakenOrRefused) {
  const auto& [name, head, status] = GetParam();
  for (const bool byte_by_byte : {false, true}) {
    Parsed parsed;
    parse(head, byte_by_byte, parsed);
    if (status == 0) {
      EXPECT_EQ(parsed.progress, Progress::done) << parsed.reason;
    } else {
      ASSERT_EQ(parsed.progress, Progress::failed);
      EXPECT_EQ(parsed.status, status) << parsed.reason;
      EXPECT_FALSE(parsed.reason.empty());
    }
  }
}

#define POST_HEAD "POST / HTTP/1.1\r\nHost: h\r\n"
INSTANTIATE_TEST_SUITE_P(
    Smuggling, Heads,
    testing::Values(
        HeadCase{"chunked", POST_HEAD "Transfer-Encoding: chunked\r\n\r\n", 0},
        HeadCase{"chunked_any_case", POST_HEAD "transfer-encoding: CHUNKED\r\n\r\n", 0},
        HeadCase{"same_length_twice", POST_HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 0},
        HeadCase{"length_and_chunked",
             POST_HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        HeadCase{"chunked_and_length",
             POST_HEAD "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        HeadCase{"not_ending_in_chunked", POST_HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
        HeadCase{"gzip_then_chunked", POST_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
        HeadCase{"identity", POST_HEAD "Transfer-Encoding: identity\r\n\r\n", 400},
        HeadCase{"identity_and_length",
             POST_HEAD "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n", 400},
        HeadCase{"chunked_twice",
             POST_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        HeadCase{"chunked_in_1_0",
             "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        HeadCase{"lengths_differ", POST_HEAD "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
        HeadCase{"length_list", POST_HEAD "Content-Length: 3, 3\r\n\r\n", 400},
        HeadCase{"length_signed", POST_HEAD "Content-Length: +3\r\n\r\n", 400},
        HeadCase{"length_hex", POST_HEAD "Content-Length: 0x3\r\n\r\n", 400},
        HeadCase{"length_empty", POST_HEAD "Content-Length:\r\n\r\n", 400},
        HeadCase{"blank_before_colon", POST_HEAD "Content-Length : 3\r\n\r\n", 400},
        HeadCase{"folded", POST_HEAD "X-A: one\r\n two\r\n\r\n", 400},
        HeadCase{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        HeadCase{"no_host_in_1_0", "GET / HTTP/1.0\r\n\r\n", 0},
        HeadCase{"two_hosts", POST_HEAD "Host: i\r\n\r\n", 400},
        HeadCase{"bare_line_feed", "GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", 505},
        HeadCase{"version_2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        HeadCase{"no_version", "GET /\r\n\r\n", 400},
        HeadCase{"binary", "\x16\x03\x01\x02\x01\r\n\r\n", 400},
        HeadCase{"body_at_the_limit", POST_HEAD "Content-Length: 100\r\n\r\n", 0},
        HeadCase{"body_over_the_limit", POST_HEAD "Content-Length: 101\r\n\r\n", 413}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(RequestParser, LimitsTheHead) {
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  for (const std::size_t total : {1024u, 1025u}) {
    const std::string head = start + std::string(total - start.size() - 4, 'x') + "\r\n\r\n";
    Parsed parsed;
    parse(head, false, parsed);
    EXPECT_EQ(parsed.progress, total <= 1024 ? Progress::done : Progress::failed) << total;
    if (total > 1024) {
      EXPECT_EQ(parsed.status, 431u);
    }
  }
}

TEST(RequestParser, DecodesChunksInAnyPieces) {
  const std::string head = POST_HEAD "Transfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nHost: trailer\r\n\r\nGET /next";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    HttpRequest request;
    std::string decoded;
    RequestParser parser(request, decoded, 1024, 100);
    ASSERT_EQ(parser.parse_head(head), Progress::done);
    std::string waiting;
    std::size_t given = 0;
    Progress progress = Progress::need_more;
    while (progress == Progress::need_more && given < body.size()) {
      waiting += body.substr(given, piece);
      given += std::min(piece, body.size() - given);
      std::size_t used = 0;
      progress = parser.parse_chunks(waiting, used);
      waiting.erase(0, used);
    }
    ASSERT_EQ(progress, Progress::done) << "pieces of " << piece;
    EXPECT_EQ(decoded, "hello world");
    EXPECT_EQ(waiting + body.substr(std::min(given, body.size())), "GET /next");
    EXPECT_EQ(request.header("Host"), "h");  // a trailer changes nothing
  }
}

TEST(RequestParser, LimitsTheSumOfChunks) {
  HttpRequest request;
  std::string decoded;
  RequestParser parser(request, decoded, 1024, 100);
  ASSERT_EQ(parser.parse_head(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n"), Progress::done);
  const std::string body = "40\r\n" + std::string(64, 'a') + "\r\n40\r\n" + std::string(64, 'b');
  std::size_t used = 0;
  EXPECT_EQ(parser.parse_chunks(body, used), Progress::failed);
  EXPECT_EQ(parser.status(), 413u);
}

TEST(ClientIp, IsTheRightMostUntrustedHop) {
  const std::vector<std::string> texts{"127.0.0.1", "10.0.0.0/8"};
  const auto trusted = parse_networks(texts).value();
  struct Row {
    const char* peer;
    std::vector<const char*> fields;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"198.51.100.1", {"203.0.113.9"}, "198.51.100.1"},  // not a proxy: not believed
      {"127.0.0.1", {}, "127.0.0.1"},
      {"127.0.0.1", {"203.0.113.9"}, "203.0.113.9"},
      {"127.0.0.1", {"1.1.1.1, 203.0.113.9, 10.0.0.7"}, "203.0.113.9"},
      {"127.0.0.1", {"1.1.1.1", "203.0.113.9"}, "203.0.113.9"},
      {"127.0.0.1", {"203.0.113.9:1234"}, "203.0.113.9"},
      {"127.0.0.1", {"[2001:db8::1]:443"}, "2001:db8::1"},
      {"127.0.0.1", {"2001:db8::1"}, "2001:db8::1"},
      {"127.0.0.1", {"garbage"}, "127.0.0.1"},
      {"127.0.0.1", {"203.0.113.9, garbage"}, "127.0.0.1"},
      {"127.0.0.1", {"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
      {"::ffff:127.0.0.1", {"203.0.113.9"}, "203.0.113.9"},
  };
  for (const auto& row : rows) {
    HttpRequest request;
    for (const char* value : row.fields) request.fields.push_back({"x-forwarded-for", value});
    EXPECT_EQ(client_ip(request, boost::asio::ip::make_address(row.peer), trusted), row.expected);
  }
}

}  // namespace
}  // namespace tidings::net

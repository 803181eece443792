#include "net/simple_http_client.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "net/http_client.h"
#include "runtime/run_on.h"

namespace tidings::net {

Result<ParsedUrl> parse_url(std::string_view url) {
  const auto bad = [url](std::string_view why) {
    return fail(Errc::invalid_argument, "URL '" + std::string(url) + "': " + std::string(why) +
                                            "; write for example https://host:8443/path");
  };
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return bad("not a URL");
  const std::string scheme = parsed->scheme();
  ParsedUrl out;
  if (scheme == "https" || scheme == "wss") {
    out.origin.https = true;
  } else if (scheme != "http" && scheme != "ws") {
    return bad("the scheme is not http, https, ws or wss");
  }
  if (parsed->has_userinfo()) return bad("a user or password in the URL is not supported");
  out.origin.host = std::string(parsed->encoded_host());
  if (out.origin.host.size() > 2 && out.origin.host.front() == '[') {
    out.origin.host = out.origin.host.substr(1, out.origin.host.size() - 2);
  }
  if (out.origin.host.empty()) return bad("the host is missing");
  out.origin.port = out.origin.https ? 443 : 80;
  if (parsed->has_port()) {
    // Boost 1.81 wraps a port like 99999 around, so its own number cannot be trusted.
    const std::string text = parsed->port();
    const auto [end, failed] =
        std::from_chars(text.data(), text.data() + text.size(), out.origin.port);
    if (failed != std::errc{} || end != text.data() + text.size() || out.origin.port == 0) {
      return bad("the port is not 1 to 65535");
    }
  }
  out.target = std::string(parsed->encoded_resource());
  if (const auto hash = out.target.find('#'); hash != std::string::npos) out.target.resize(hash);
  if (out.target.empty() || out.target[0] != '/') out.target.insert(0, 1, '/');
  return out;
}

/// Members end in reverse order: the pool's sockets before the lane's loop.
struct HttpClient::Parts {
  explicit Parts(std::chrono::milliseconds limit)
      : timeout(limit), blocking(1), resolver(blocking) {
    HttpClientOptions options;
    options.addresses = AddressPolicy::allow_all();  // its user says where to
    options.max_response_bytes = 64 * 1024 * 1024;
    options.user_agent = "tidings-cli";
    pool = std::make_unique<HttpClientPool>(lane, resolver, std::move(options));
    lane.start();
  }
  ~Parts() {
    // Nothing runs between two requests; without its thread the lane is at home everywhere.
    lane.abandon();
    lane.join();
    pool.reset();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  std::chrono::milliseconds timeout;
  runtime::Lane lane{"http-client"};
  runtime::BlockingPool blocking;
  SystemResolver resolver;
  std::unique_ptr<HttpClientPool> pool;
  std::shared_ptr<TlsClient> tls;
};

HttpClient::HttpClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::create(TlsClientOptions tls,
                                                       std::chrono::milliseconds timeout) {
  auto made = TlsClient::create(tls);
  if (!made) return std::move(made).error();
  auto parts = std::make_unique<Parts>(timeout);
  parts->tls = std::move(*made);
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(parts)));
}

Result<HttpExchange> HttpClient::request(std::string_view method, std::string_view url,
                                         std::string_view body, Headers headers) {
  auto parsed = parse_url(url);
  if (!parsed) return std::move(parsed).error();
  OutboundRequest request;
  request.origin = parsed->origin;
  request.method = method;
  request.target = parsed->target;
  request.headers = std::move(headers);
  request.body = body;
  request.deadline = runtime::Deadline::after(parts_->timeout);
  request.tls = parts_->tls;
  auto exchange = runtime::block_on(parts_->lane, parts_->pool->post(request));
  if (exchange.answered()) return exchange;
  const bool late = exchange.failure == ExchangeFailure::timeout ||
                    exchange.failure == ExchangeFailure::connect_timeout;
  return fail(late ? Errc::timeout : Errc::unavailable,
              std::string(method) + " " + std::string(url) + ": " +
                  std::string(to_string(exchange.failure)) + ": " + exchange.detail);
}

}  // namespace tidings::net

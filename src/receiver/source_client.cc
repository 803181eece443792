#include "receiver/source_client.h"

#include <algorithm>

#include "net/simple_http_client.h"
#include "tidings/json.h"
#include "tidings/usersig.h"

namespace tidings::receiver {
namespace {

namespace json = boost::json;

constexpr std::int64_t kTicketSeconds = 3600;
constexpr std::size_t kShownText = 200;

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  out += out.find('?') == std::string::npos ? '?' : '&';
  out += name;
  out += '=';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                       (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
}

/// Its begin, cut between two characters.
std::string shown(const json::value* info) {
  if (info == nullptr || !info->is_string()) return {};
  const std::string_view text = info->get_string();
  std::size_t end = std::min(text.size(), kShownText);
  const auto continues = [&] { return (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U; };
  while (end > 0 && end < text.size() && continues()) --end;
  return std::string(text.substr(0, end));
}

}  // namespace

Result<json::object> parse_source_answer(std::string_view answer, std::string_view no_what) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::corrupt, std::string(no_what) + ": " + std::string(why));
  };
  auto value = parse_json_strict(answer);
  if (!value) return wrong(value.error().what);
  json::object* object = value->if_object();
  if (object == nullptr) return wrong("it is no object");
  const json::value* code = object->if_contains("ErrorCode");
  if (code == nullptr || !code->is_int64() || code->get_int64() < 0) {
    return wrong("ErrorCode is missing or no number");
  }
  if (code->get_int64() == 0) return std::move(*object);
  const json::value* info = object->if_contains("ErrorInfo");
  return fail(Errc::unavailable,
              "it answers ErrorCode " + std::to_string(code->get_int64()) + ": " + shown(info),
              static_cast<int>(code->get_int64()));
}

SourceClient::SourceClient(SdkAppId app, SourceOptions options, net::CallbackTransport& transport,
                       const Clock& clock)
    : app_(app), options_(std::move(options)), transport_(transport), clock_(clock) {}

Result<std::unique_ptr<SourceClient>> SourceClient::create(SdkAppId app, SourceOptions options,
                                                       net::CallbackTransport& transport,
                                                       const Clock& clock) {
  if (options.credentials.key.empty() == options.credentials.user_sig.empty()) {
    return fail(Errc::invalid_argument, "the source of app " + app.str() +
                                            " needs the app's key or a UserSig, and not both");
  }
  TRY(auto url, net::parse_url(options.url));
  if (url.target.find('?') != std::string::npos) {
    return fail(Errc::invalid_argument,
                "the source URL '" + options.url + "' has a query; give scheme, host and port");
  }
  std::unique_ptr<SourceClient> client(new SourceClient(app, std::move(options), transport, clock));
  client->origin_ = std::move(url.origin);
  client->base_path_ = std::move(url.target);
  while (client->base_path_.ends_with('/')) client->base_path_.pop_back();
  if (!client->options_.ca_file.empty()) {
    net::TlsClientOptions tls;
    tls.ca_file = client->options_.ca_file;
    TRY(client->tls_, net::TlsClient::create(tls));
  }
  return client;
}

/// One ticket serves for half of its life, so that the source verifies it once.
const std::string& SourceClient::ticket() {
  if (!options_.credentials.user_sig.empty()) return options_.credentials.user_sig;
  const std::int64_t now_s = clock_.now_s();
  if (ticket_.empty() || now_s > ticket_until_s_ || now_s + kTicketSeconds < ticket_until_s_) {
    ticket_ = make_user_sig(app_, UserId(options_.identifier), options_.credentials.key, now_s,
                            kTicketSeconds);
    ticket_until_s_ = now_s + kTicketSeconds / 2;
  }
  return ticket_;
}

void SourceClient::set_credentials(SourceCredentials credentials) {
  options_.credentials = std::move(credentials);
  ticket_.clear();
}

std::string SourceClient::target(std::string_view path) {
  std::string target = base_path_ + std::string(path);
  append_parameter(target, "sdkappid", app_.str());
  append_parameter(target, "identifier", options_.identifier);
  append_parameter(target, "usersig", ticket());
  append_parameter(target, "contenttype", "json");
  return target;
}

runtime::awaitable<Result<std::string>> SourceClient::get(std::string_view path, Parameters more) {
  net::OutboundRequest request;
  request.method = "GET";
  request.target = target(path);
  for (const auto& [name, value] : more) append_parameter(request.target, name, value);
  auto asked = ask(std::move(request));
  co_return co_await std::move(asked);
}

runtime::awaitable<Result<std::string>> SourceClient::post(std::string_view path,
                                                           std::string body) {
  net::OutboundRequest request;
  request.target = target(path);
  // Required by the documentation (4.1), and nothing is made of it.
  append_parameter(request.target, "random", std::to_string(clock_.now_ms() & 0xffff'ffff));
  request.body = body;
  auto asked = ask(std::move(request));
  co_return co_await std::move(asked);
}

runtime::awaitable<Result<std::string>> SourceClient::ask(net::OutboundRequest request) {
  request.origin = origin_;
  request.deadline = runtime::Deadline::after(options_.timeout);
  request.tls = tls_;
  net::HttpExchange exchange = co_await transport_.post(request);
  if (!exchange.answered()) {
    co_return fail(Errc::unavailable, std::string(net::to_string(exchange.failure)) + ": " +
                                          exchange.detail);
  }
  if (exchange.status != 200) {
    co_return fail(Errc::unavailable, "it answers HTTP " + std::to_string(exchange.status) +
                                          "; the URL must be that of the source's REST listener");
  }
  co_return std::move(exchange.body);
}

}  // namespace tidings::receiver

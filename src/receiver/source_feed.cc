#include "receiver/source_feed.h"

#include <boost/json/object.hpp>
#include <utility>

#include "net/simple_http_client.h"
#include "store/sequence_set.h"
#include "tidings/json.h"
#include "tidings/usersig.h"

namespace tidings::receiver {
namespace {

namespace json = boost::json;

constexpr std::int64_t kTicketSeconds = 3600;
constexpr std::size_t kShownText = 200;

Error no_page(const std::string& why) {
  return fail(Errc::corrupt, "the answer is no page of events: " + why);
}

Result<std::int64_t> number_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value != nullptr && value->is_int64() && value->get_int64() >= 0) return value->get_int64();
  return no_page(std::string(name) + " is missing or no number");
}

Result<std::int64_t> sequence_in(const json::object& object, std::string_view name) {
  TRY(const std::int64_t number, number_in(object, name));
  if (number <= store::kMaxSequence) return number;
  return no_page(std::string(name) + " is " + std::to_string(number) +
                 ", and no number is higher than " + std::to_string(store::kMaxSequence));
}

Result<std::string> text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    return no_page(std::string(name) + " is missing or no text");
  }
  return std::string(value->get_string());
}

Result<SourceEvent> event_in(const json::value& value, std::string_view raw) {
  const json::object* object = value.if_object();
  if (object == nullptr) return no_page("an event is no object");
  SourceEvent event;
  TRY(event.sequence, sequence_in(*object, "Sequence"));
  TRY(event.command, text_in(*object, "CallbackCommand"));
  TRY(event.request_id, text_in(*object, "RequestID"));
  TRY(event.client_ip, text_in(*object, "ClientIP"));
  TRY(event.opt_platform, text_in(*object, "OptPlatform"));
  const auto body = raw_member(raw, "Body");
  if (!body || !body->starts_with('{')) return no_page("Body is missing or no object");
  event.body = *body;
  return event;
}

Result<void> check_code(const json::object& answer) {
  TRY(const std::int64_t code, number_in(answer, "ErrorCode"));
  if (code == 0) return {};
  const auto info = text_in(answer, "ErrorInfo");
  return fail(Errc::unavailable, "it answers ErrorCode " + std::to_string(code) + ": " +
                                     (info ? info->substr(0, kShownText) : ""));
}

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

}  // namespace

Result<SourcePage> parse_source_page(std::string_view answer) {
  auto value = parse_json_strict(answer);
  if (!value) return no_page(value.error().what);
  const json::object* object = value->if_object();
  if (object == nullptr) return no_page("it is no object");
  TRY_VOID(check_code(*object));
  SourcePage page;
  TRY(page.first, sequence_in(*object, "FirstSequence"));
  TRY(page.last, sequence_in(*object, "LastSequence"));
  TRY(page.next, sequence_in(*object, "Next"));
  const json::value* list = object->if_contains("EventList");
  const auto raw_list = raw_member(answer, "EventList");
  if (list == nullptr || !list->is_array() || !raw_list) return no_page("EventList is missing");
  RawElements raw(*raw_list);
  std::int64_t before = 0;
  for (const json::value& element : list->get_array()) {
    TRY(SourceEvent event, event_in(element, raw.next().value_or("")));
    if (event.sequence <= before) return no_page("the events do not ascend");
    before = event.sequence;
    page.events.push_back(std::move(event));
  }
  if (page.next < before) return no_page("Next is before the last event");
  return page;
}

SourceFeed::SourceFeed(SdkAppId app, SourceOptions options, net::CallbackTransport& transport,
                       const Clock& clock)
    : app_(app), options_(std::move(options)), transport_(transport), clock_(clock) {}

Result<std::unique_ptr<SourceFeed>> SourceFeed::create(SdkAppId app, SourceOptions options,
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
  std::unique_ptr<SourceFeed> feed(new SourceFeed(app, std::move(options), transport, clock));
  feed->origin_ = std::move(url.origin);
  feed->base_path_ = std::move(url.target);
  while (feed->base_path_.ends_with('/')) feed->base_path_.pop_back();
  if (!feed->options_.ca_file.empty()) {
    net::TlsClientOptions tls;
    tls.ca_file = feed->options_.ca_file;
    TRY(feed->tls_, net::TlsClient::create(tls));
  }
  return feed;
}

/// One ticket serves for half of its life, so that the source verifies it once.
const std::string& SourceFeed::ticket() {
  if (!options_.credentials.user_sig.empty()) return options_.credentials.user_sig;
  const std::int64_t now_s = clock_.now_s();
  if (ticket_.empty() || now_s > ticket_until_s_ || now_s + kTicketSeconds < ticket_until_s_) {
    ticket_ = make_user_sig(app_, UserId(options_.identifier), options_.credentials.key, now_s,
                            kTicketSeconds);
    ticket_until_s_ = now_s + kTicketSeconds / 2;
  }
  return ticket_;
}

void SourceFeed::set_credentials(SourceCredentials credentials) {
  options_.credentials = std::move(credentials);
  ticket_.clear();
}

std::string SourceFeed::target(std::int64_t after, std::int64_t limit) {
  std::string target = base_path_ + "/v4/tidings/events";
  append_parameter(target, "sdkappid", app_.str());
  append_parameter(target, "identifier", options_.identifier);
  append_parameter(target, "usersig", ticket());
  append_parameter(target, "contenttype", "json");
  append_parameter(target, "after", std::to_string(after));
  append_parameter(target, "limit", std::to_string(limit));
  return target;
}

runtime::awaitable<Result<SourcePage>> SourceFeed::read(std::int64_t after, std::int64_t limit) {
  net::OutboundRequest request;
  request.origin = origin_;
  request.method = "GET";
  request.target = target(after, limit);
  request.deadline = runtime::Deadline::after(options_.timeout);
  request.tls = tls_;
  const net::HttpExchange exchange = co_await transport_.post(request);
  if (!exchange.answered()) {
    co_return fail(Errc::unavailable, std::string(net::to_string(exchange.failure)) + ": " +
                                          exchange.detail);
  }
  if (exchange.status != 200) {
    co_return fail(Errc::unavailable, "it answers HTTP " + std::to_string(exchange.status) +
                                          "; the URL must be that of the source's REST listener");
  }
  co_return parse_source_page(exchange.body);
}

}  // namespace tidings::receiver

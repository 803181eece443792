#include "receiver/source_feed.h"

#include <boost/json/object.hpp>
#include <utility>

#include "store/sequence_set.h"
#include "tidings/json.h"

namespace tidings::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view kNoPage = "the answer is no page of events";

Error no_page(const std::string& why) {
  return fail(Errc::corrupt, std::string(kNoPage) + ": " + why);
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

}  // namespace

Result<SourcePage> parse_source_page(std::string_view answer) {
  TRY(const json::object object, parse_source_answer(answer, kNoPage));
  SourcePage page;
  TRY(page.first, sequence_in(object, "FirstSequence"));
  TRY(page.last, sequence_in(object, "LastSequence"));
  TRY(page.next, sequence_in(object, "Next"));
  const json::value* list = object.if_contains("EventList");
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

Result<std::unique_ptr<SourceFeed>> SourceFeed::create(SdkAppId app, SourceOptions options,
                                                       net::CallbackTransport& transport,
                                                       const Clock& clock) {
  TRY(auto client, SourceClient::create(app, std::move(options), transport, clock));
  return std::make_unique<SourceFeed>(std::move(client));
}

runtime::awaitable<Result<SourcePage>> SourceFeed::read(std::int64_t after, std::int64_t limit) {
  SourceClient::Parameters numbers{{"after", std::to_string(after)},
                                   {"limit", std::to_string(limit)}};
  CO_TRY(const std::string answer,
         co_await client_->get("/v4/tidings/events", std::move(numbers)));
  co_return parse_source_page(answer);
}

}  // namespace tidings::receiver

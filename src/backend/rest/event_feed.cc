#include "backend/rest/event_feed.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/rest/reply_text.h"
#include "backend/rest/request_fields.h"
#include "backend/rest/rest_door.h"

namespace tidings::backend::rest {
namespace {

/// What an item of the list takes besides its body, generously.
constexpr std::size_t kAroundBody = 1024;
/// How soon a client that went away is noticed.
constexpr std::chrono::seconds kLookForClient{1};

/// A whole number from the query; `otherwise` where it is not given.
Result<std::int64_t> feed_number(std::string_view query, std::string_view name,
                                 std::int64_t otherwise, std::int64_t low, std::int64_t high) {
  std::int64_t value = otherwise;
  bool seen = false;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    if (seen) {
      return fail(Errc::invalid_argument,
                  "query parameter " + std::string(name) + " is given twice; give it once", 60002);
    }
    seen = true;
    const std::string_view text = pair.substr(std::min(equals + 1, pair.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) {
      continue;
    }
    return fail(Errc::invalid_argument,
                std::string(name) + " is '" + std::string(text.substr(0, 40)) +
                    "'; it must be a whole number of " + std::to_string(low) + " to " +
                    std::to_string(high),
                kBadParameter);
  }
  return value;
}

net::HttpResponse feed_response(std::string body) {
  net::HttpResponse response;
  response.body = std::move(body);
  return response;
}

}  // namespace

struct EventFeed::Question {
  community::AppPtr app;  ///< as it was when it was let in
  std::int64_t after = 0;
  std::size_t limit = 100;
  std::chrono::seconds wait{0};

  static Result<Question> parse(std::string_view query) {
    Question question;
    TRY(question.after, feed_number(query, "after", 0, 0, std::numeric_limits<std::int64_t>::max()));
    TRY(const std::int64_t limit, feed_number(query, "limit", 100, 1, kMaxFeedLimit));
    question.limit = static_cast<std::size_t>(limit);
    TRY(const std::int64_t wait_s, feed_number(query, "wait", 0, 0, kMaxFeedWaitSeconds));
    question.wait = std::chrono::seconds(wait_s);
    return question;
  }
};

struct EventFeed::Page {
  std::vector<store::EventRecord> events;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

EventFeed::EventFeed(Parts parts)
    : parts_(parts),
      handed_out_(parts.metrics.counter("tidings_pull_feed_events_total",
                                        "Events handed out by the pull feed.")),
      figures_(parts.metrics.collect([&waiters = parts.waiters](MetricSink& sink) {
        sink.gauge("tidings_pull_feed_waiting", "Polls of the pull feed that wait for an event.",
                   {}, static_cast<double>(waiters.waiting()));
      })) {}

Result<EventFeed::Page> EventFeed::read(store::CommunityReader& community,
                                        store::EventReader& events, std::int64_t now_ms,
                                        Random& random, const Question& question) {
  Page page;
  // Before the list: whatever has a number up to `last` and is not in the list below is gone.
  community::View view(now_ms, random);
  community::Needs needs;
  needs.apps.push_back(question.app->id);
  TRY_VOID(community.read(needs, view));
  page.last = view.tally(question.app->id).event_sequence;

  // What an app had that was deleted is nothing to the one that has its number now: as if purged.
  store::EventFilter oldest;
  oldest.app = question.app->id;
  oldest.after_app_sequence = question.app->events_before;
  oldest.limit = 1;
  TRY(const auto kept, events.list(oldest));
  page.first = kept.empty() ? page.last + 1 : kept.front().event.app_sequence;

  store::EventFilter filter;
  filter.app = question.app->id;
  filter.after_app_sequence = std::max(question.after, question.app->events_before);
  filter.limit = question.limit;
  filter.with_body = true;
  TRY(page.events, events.list(filter));
  if (!page.events.empty()) {
    page.last = std::max(page.last, page.events.back().event.app_sequence);
  }
  return page;
}

runtime::awaitable<Result<EventFeed::Page>> EventFeed::read(const Question& question) {
  Service& service = parts_.service;
  auto call = [&service, question] {
    return read(service.community(), service.events(), service.clock().now_ms(), service.random(),
                question);
  };
  auto page = co_await service.read(std::move(call));
  CO_TRY_VOID(check_still_there(question));  // what was read may be another app's
  co_return page;
}

Result<void> EventFeed::check_still_there(const Question& question) const {
  const community::App& asked = *question.app;
  const community::AppPtr now = parts_.service.apps().find(asked.id);
  if (now && now->events_before == asked.events_before && now->created_s == asked.created_s) {
    return {};
  }
  return fail(Errc::not_found,
              "app " + asked.id.str() + " was deleted while it was asked about; check sdkappid",
              70020);
}

runtime::awaitable<Result<EventFeed::Page>> EventFeed::wait(const Question& question,
                                                            const net::EventStream& client) {
  const auto until = runtime::Deadline::after(question.wait);
  CO_TRY(const auto waiting, parts_.waiters.enter(question.app->id));
  for (;;) {
    const std::uint64_t generation = waiting->generation();
    CO_TRY(Page page, co_await read(question));
    while (waiting->generation() == generation) {
      if (!page.events.empty() || until.passed() || client.gone()) co_return page;
      const auto woken =
          co_await waiting->wait(until.sooner(runtime::Deadline::after(kLookForClient)));
      if (!woken && woken.error().kind == Errc::cancelled) co_return page;
      CO_TRY_VOID(check_still_there(question));
    }
    if (!page.events.empty()) co_return page;
  }
}

std::string EventFeed::text_of(const Page& page, const Question& question) {
  JsonText text = begin_reply();
  text.open_array("EventList");
  std::size_t taken = 0;
  for (const store::EventRecord& record : page.events) {
    const community::Event& event = record.event;
    if (taken > 0 && text.size() + event.body.size() + kAroundBody > kMaxReplyBytes) break;
    ++taken;
    text.open_object()
        .member("Sequence", event.app_sequence)
        .member("CallbackCommand", event.command)
        .member("RequestID", event.request_id)
        .member("ClientIP", event.origin.client_ip)
        .member("OptPlatform", event.origin.opt_platform)
        .member("EventTime", event.time_ms)
        .member("State", to_string(record.state))
        .raw_member("Body", event.body)
        .close_object();
  }
  text.close_array();
  handed_out_.add(taken);
  const bool all = taken == page.events.size() && taken < question.limit;
  std::int64_t next = taken == 0 ? question.after : page.events[taken - 1].event.app_sequence;
  if (all) next = std::max(next, page.last);
  text.member("FirstSequence", page.first).member("LastSequence", page.last).member("Next", next);
  return finish_reply(std::move(text));
}

runtime::awaitable<Result<std::string>> EventFeed::answer(const net::HttpRequest& request,
                                                          const net::EventStream& client) {
  CO_TRY(const GrantedFeed granted, parts_.access.check_feed(request));
  CO_TRY(Question question, Question::parse(request.query));
  question.app = granted.app;
  CO_TRY(Page page, co_await read(question));
  if (page.events.empty() && question.wait.count() > 0) {
    CO_TRY(page, co_await wait(question, client));
  }
  co_return text_of(page, question);
}

runtime::awaitable<net::HttpResponse> EventFeed::handle(const net::HttpRequest& request,
                                                        const net::EventStream& client) {
  auto body = co_await answer(request, client);
  const int code = body ? 0 : body.error().code != 0 ? body.error().code : 10002;
  parts_.metrics
      .counter(kRequestsName, kRequestsHelp,
               {{"command", std::string(kFeedCommand)}, {"code", std::to_string(code)}})
      .add();
  auto response = feed_response(body ? std::move(*body) : failure_reply(code, body.error().what));
  response.proven = code == 0;
  co_return response;
}

}  // namespace tidings::backend::rest

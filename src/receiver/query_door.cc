#include "receiver/query_door.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "receiver/mirror_json.h"
#include "receiver/query_params.h"
#include "tidings/json.h"
#include "tidings/secure_compare.h"

namespace tidings::receiver {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using store::MirrorFilter;

constexpr std::int64_t kMaxPage = 1000;
constexpr std::int64_t kMaxId = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxApp = std::numeric_limits<std::uint32_t>::max();

HttpResponse json_response(std::string body, unsigned status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

unsigned status_of(Errc kind) {
  switch (kind) {
    case Errc::invalid_argument:
      return 400;
    case Errc::unauthenticated:
      return 401;
    case Errc::not_found:
      return 404;
    case Errc::forbidden:
      return 405;
    case Errc::unavailable:
    case Errc::cancelled:
    case Errc::rate_limited:
      return 503;
    default:
      return 500;
  }
}

std::string_view kind_name(unsigned status) {
  switch (status) {
    case 400:
      return "invalid_argument";
    case 401:
      return "unauthenticated";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 503:
      return "unavailable";
    default:
      return "internal";
  }
}

HttpResponse error_response(const Error& error) {
  const unsigned status = status_of(error.kind);
  std::string body = R"({"error":{"kind":)";
  append_json_string(body, kind_name(status));
  const std::size_t colon = error.what.find(": ");
  if (status == 400 && colon != std::string::npos) {
    body += R"(,"parameter":)";
    append_json_string(body, std::string_view(error.what).substr(0, colon));
  }
  body += R"(,"message":)";
  // A file's path or a driver's text is for the log, not for the network.
  append_json_string(body, status >= 500 ? "the receiver cannot read its store now" : error.what);
  body += "}}";
  HttpResponse response = json_response(std::move(body), status);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 405) response.headers.emplace_back("Allow", "GET");
  return response;
}

HttpResponse too_many_feeds(const std::string& reader, std::size_t share, std::size_t total) {
  std::string body = R"({"error":{"kind":"unavailable","message":)";
  append_json_string(body, reader + " has " + std::to_string(share) + " feeds open, its share of " +
                               std::to_string(total) + "; end one of them, or read /inbox");
  return json_response(body + "}}", 503);
}

template <class Row, class Append>
std::string page_json(std::string_view name, const std::vector<Row>& rows, std::string_view next,
                      Append append) {
  std::string body = "{\"";
  body += name;
  body += "\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != 0) body += ',';
    append(body, rows[i]);
  }
  body += "],\"next\":";
  if (next.empty()) {
    body += "null";
  } else {
    append_json_string(body, next);
  }
  body += '}';
  return body;
}

Error not_found(std::string_view what, std::string_view id) {
  return fail(Errc::not_found, std::string(what) + " \"" + std::string(id) +
                                   "\" is not in the mirror: no callback has named it");
}

std::string tallies_json(const std::vector<std::pair<SdkAppId, store::MirrorTally>>& tallies) {
  std::string out = "[";
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (i != 0) out += ',';
    append_tally(out, tallies[i].first, tallies[i].second);
  }
  return out + "]";
}

/// Do the counts kept inside the commits say the same as the rows?
bool same_counts(std::vector<std::pair<SdkAppId, store::MirrorTally>> kept,
                 const std::vector<std::pair<SdkAppId, store::MirrorTally>>& counted) {
  for (auto& [app, tally] : kept) tally.accepted = tally.duplicates = tally.max_sequence = 0;
  return kept == counted;
}

}  // namespace

HttpResponse QueryDoor::refuse(const Error& error) {
  if (status_of(error.kind) >= 500) receiver_.query_failed(error);
  return error_response(error);
}

Result<void> QueryDoor::authorize(const HttpRequest& request) const {
  const std::string& token = receiver_.options().admin_token;
  if (token.empty()) return {};
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.header("Authorization");
  if (given.size() > kScheme.size() &&
      net::equal_ignoring_case(given.substr(0, kScheme.size()), kScheme) &&
      secure_equal(given.substr(kScheme.size()), token)) {
    return {};
  }
  return fail(Errc::unauthenticated,
              "this door needs the header Authorization: Bearer and the receiver's admin token");
}

Result<SdkAppId> QueryDoor::app_of(const QueryParams& params) const {
  TRY(const auto number, params.number("sdkappid", 1, kMaxApp));
  const auto apps = receiver_.apps();
  if (number) {
    const SdkAppId app{static_cast<std::uint32_t>(*number)};
    if (apps->contains(app)) return app;
    return fail(Errc::invalid_argument,
                "sdkappid: " + app.str() + " is not an app of this receiver");
  }
  if (apps->size() == 1) return apps->begin()->first;
  return fail(Errc::invalid_argument,
              "sdkappid: is missing; this receiver serves several apps, name one");
}

Result<MirrorFilter> QueryDoor::filter_of(const QueryParams& params) const {
  MirrorFilter filter;
  TRY(filter.app, app_of(params));
  TRY(filter.since_ms, params.time_ms("since"));
  TRY(filter.until_ms, params.time_ms("until"));
  TRY(const auto limit, params.number("limit", 1, kMaxPage));
  if (limit) filter.limit = static_cast<std::size_t>(*limit);
  filter.after = params.text("after").value_or("");
  if (auto id = params.text("group")) filter.group = GroupId{std::move(*id)};
  const std::string state = params.text("state").value_or("any");
  if (state == "alive") {
    filter.state = store::MirrorState::alive;
  } else if (state == "destroyed") {
    filter.state = store::MirrorState::destroyed;
  } else if (state != "any") {
    return fail(Errc::invalid_argument,
                "state: \"" + state + "\" is none of alive, destroyed and any");
  }
  return filter;
}

Result<store::InboxFilter> QueryDoor::inbox_filter(const QueryParams& params) const {
  store::InboxFilter filter;
  TRY(const auto app, params.number("sdkappid", 1, kMaxApp));
  if (app) filter.app = SdkAppId{static_cast<std::uint32_t>(*app)};
  filter.command = params.text("command");
  TRY(filter.since_ms, params.time_ms("since"));
  TRY(filter.until_ms, params.time_ms("until"));
  TRY(const auto after, params.number("after", 0, kMaxId));
  filter.after = after.value_or(0);
  TRY(const auto limit, params.number("limit", 1, kMaxPage));
  if (limit) filter.limit = static_cast<std::size_t>(*limit);
  return filter;
}

runtime::awaitable<HttpResponse> QueryDoor::handle(const HttpRequest& request) {
  auto routed = co_await route(request);
  HttpResponse response = routed ? std::move(*routed) : refuse(routed.error());
  response.proven = authorize(request).has_value();
  co_return response;
}

QueryDoor::Response QueryDoor::route(const HttpRequest& request) {
  if (request.method != net::HttpMethod::get && request.method != net::HttpMethod::head) {
    co_return fail(Errc::forbidden, "this door only answers GET");
  }
  const std::string_view path = request.path;
  if (path == "/healthz") co_return json_response(R"({"status":"ok"})");
  if (path == "/readyz") co_return co_await ready();
  if (path == "/metrics") co_return co_await metrics();
  CO_TRY_VOID(authorize(request));

  constexpr std::string_view kTopics = "/mirror/topics";
  constexpr std::string_view kGroups = "/mirror/groups";
  constexpr std::string_view kInbox = "/inbox";
  constexpr std::string_view kOfGroup = "/topics";
  if (path == kTopics) co_return co_await topics(request.query);
  if (path == kGroups) co_return co_await groups(request.query);
  if (path == kInbox) co_return co_await inbox(request.query);
  if (path == "/ledger") co_return co_await ledger(request.query);
  if (path == "/gaps") co_return co_await gaps(request.query);
  if (path == "/reconciliation") co_return co_await reconciliation(request.query);

  // What follows is /{list}/{id} and /mirror/groups/{id}/topics; an id holds no unencoded '/'.
  const auto list = path.substr(0, path.rfind('/'));
  std::string_view last = path.substr(std::min(list.size() + 1, path.size()));
  std::string_view owner = list;
  const bool of_group = path.ends_with(kOfGroup) && list.starts_with(kGroups) &&
                        list.size() > kGroups.size() + 1;
  if (of_group) {
    last = list.substr(kGroups.size() + 1);
    owner = kGroups;
  }
  auto id = percent_decode(last);
  if (!id) co_return fail(Errc::invalid_argument, "id: the path is not percent-encoded correctly");
  if (of_group) co_return co_await topics_of(std::move(*id), request.query);
  if (owner == kTopics) co_return co_await topic(std::move(*id), request.query);
  if (owner == kGroups) co_return co_await group(std::move(*id), request.query);
  if (owner == kInbox) co_return co_await inbox_entry(std::move(*id), request.query);
  co_return fail(Errc::not_found,
                 "no such path; there are /mirror/topics, /mirror/groups, /inbox, /feed, /ledger, "
                 "/gaps, /reconciliation, /metrics, /healthz and /readyz");
}

QueryDoor::Response QueryDoor::topic(std::string id, std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"sdkappid"}));
  CO_TRY(const SdkAppId app, app_of(params));
  auto read = [&reader = receiver_.reader(), key = store::MirrorTopicKey{app, TopicId{id}}] {
    return reader.topic(key);
  };
  const auto found = co_await receiver_.readers().run(std::move(read));
  if (!found) co_return found.error();
  if (!*found) co_return not_found("topic", id);
  std::string body;
  append_topic(body, **found);
  co_return json_response(std::move(body));
}

QueryDoor::Response QueryDoor::group(std::string id, std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"sdkappid"}));
  CO_TRY(const SdkAppId app, app_of(params));
  auto read = [&reader = receiver_.reader(), key = store::MirrorGroupKey{app, GroupId{id}}] {
    return reader.group(key);
  };
  const auto found = co_await receiver_.readers().run(std::move(read));
  if (!found) co_return found.error();
  if (!*found) co_return not_found("group", id);
  std::string body;
  append_group(body, **found);
  co_return json_response(std::move(body));
}

QueryDoor::Response QueryDoor::page_of_topics(MirrorFilter filter) {
  auto read = [&reader = receiver_.reader(), filter = std::move(filter)] {
    return reader.topics(filter);
  };
  const auto page = co_await receiver_.readers().run(std::move(read));
  if (!page) co_return page.error();
  co_return json_response(page_json("topics", page->rows, page->next, append_topic));
}

QueryDoor::Response QueryDoor::topics(std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"sdkappid", "group", "since", "until",
                                                       "state", "after", "limit"}));
  CO_TRY(auto filter, filter_of(params));
  co_return co_await page_of_topics(std::move(filter));
}

QueryDoor::Response QueryDoor::topics_of(std::string id, std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"sdkappid", "state", "after", "limit"}));
  CO_TRY(auto filter, filter_of(params));
  filter.group = GroupId{std::move(id)};
  co_return co_await page_of_topics(std::move(filter));
}

QueryDoor::Response QueryDoor::groups(std::string_view query) {
  CO_TRY(const auto params,
         QueryParams::parse(query, {"sdkappid", "since", "until", "state", "after", "limit"}));
  CO_TRY(auto filter, filter_of(params));
  auto read = [&reader = receiver_.reader(), filter = std::move(filter)] {
    return reader.groups(filter);
  };
  const auto page = co_await receiver_.readers().run(std::move(read));
  if (!page) co_return page.error();
  co_return json_response(page_json("groups", page->rows, page->next, append_group));
}

QueryDoor::Response QueryDoor::inbox(std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"sdkappid", "command", "since", "until",
                                                       "after", "limit"}));
  CO_TRY(auto filter, inbox_filter(params));
  auto read = [&reader = receiver_.reader(), filter = std::move(filter)] {
    return reader.inbox(filter);
  };
  const auto page = co_await receiver_.readers().run(std::move(read));
  if (!page) co_return page.error();
  const std::string next = page->next == 0 ? "" : std::to_string(page->next);
  co_return json_response(page_json("entries", page->entries, next, append_inbox_entry));
}

QueryDoor::Response QueryDoor::inbox_entry(std::string id, std::string_view query) {
  CO_TRY_VOID(QueryParams::parse(query, {}));
  CO_TRY(const auto params, QueryParams::parse("id=" + id, {"id"}));
  CO_TRY(const auto number, params.number("id", 1, kMaxId));
  store::InboxFilter filter;
  filter.after = *number - 1;
  filter.limit = 1;
  auto read = [&reader = receiver_.reader(), filter] { return reader.inbox(filter); };
  const auto page = co_await receiver_.readers().run(std::move(read));
  if (!page) co_return page.error();
  if (page->entries.empty() || page->entries.front().id != *number) {
    co_return fail(Errc::not_found,
                   "inbox entry " + id + " does not exist, or is out of retention");
  }
  std::string body;
  append_inbox_entry(body, page->entries.front());
  co_return json_response(std::move(body));
}

QueryDoor::Response QueryDoor::ledger(std::string_view query) {
  CO_TRY(const auto params, QueryParams::parse(query, {"recount"}));
  CO_TRY(const auto recount, params.number("recount", 0, 1));
  auto read = [&reader = receiver_.reader()] { return reader.tallies(); };
  const auto kept = co_await receiver_.readers().run(std::move(read));
  if (!kept) co_return kept.error();
  std::string body = "{\"apps\":" + tallies_json(*kept);
  if (recount == 1) {
    auto count = [&reader = receiver_.reader()] { return reader.recount(); };
    const auto counted = co_await receiver_.readers().run(std::move(count));
    if (!counted) co_return counted.error();
    body += ",\"balanced\":";
    body += same_counts(*kept, *counted) ? "true" : "false";
  }
  body += ",\"queued\":" + std::to_string(receiver_.queued()) + ",\"refused\":{";
  for (const Refusal reason : kRefusals) {
    if (body.back() != '{') body += ',';
    append_json_string(body, to_string(reason));
    body += ':' + std::to_string(static_cast<std::int64_t>(receiver_.metrics().refusals(reason)));
  }
  co_return json_response(body + "}}");
}

QueryDoor::Response QueryDoor::gaps(std::string_view query) {
  CO_TRY_VOID(QueryParams::parse(query, {}));
  auto read = [&reader = receiver_.reader()] { return reader.sequences(); };
  const auto rows = co_await receiver_.readers().run(std::move(read));
  if (!rows) co_return rows.error();
  const std::vector<GapStatus> known = gaps_ == nullptr ? std::vector<GapStatus>{}
                                                        : gaps_->status();
  std::string body = "{\"apps\":[";
  const auto apps = receiver_.apps();
  for (const auto& [app, checked] : *apps) {
    if (body.back() != '[') body += ',';
    const auto row = std::ranges::find(*rows, app, [](const auto& each) { return each.first; });
    const auto status = std::ranges::find(known, app, &GapStatus::app);
    append_gaps(body, app, row == rows->end() ? store::MirrorSequences{} : row->second,
                status == known.end() ? GapStatus{} : *status);
  }
  co_return json_response(body + "]}");
}

QueryDoor::Response QueryDoor::reconciliation(std::string_view query) {
  CO_TRY_VOID(QueryParams::parse(query, {}));
  std::string body = "{\"apps\":[";
  if (reconciler_ != nullptr) {
    for (const ReconcileStatus& status : reconciler_->status()) {
      if (body.back() != '[') body += ',';
      append_reconciliation(body, status);
    }
  }
  co_return json_response(body + "]}");
}

QueryDoor::Response QueryDoor::metrics() {
  ReceiverGauges gauges;
  gauges.queued = receiver_.queued();
  gauges.feed_clients = receiver_.feed().clients();
  gauges.healthy = receiver_.healthy();
  if (gaps_ != nullptr) {
    for (const GapStatus& gap : gaps_->status()) {
      const auto answers = gap.source.empty() ? std::nullopt : std::optional(gap.source_answers);
      gauges.gaps.push_back({gap.app, gap.open, answers});
    }
  }
  if (reconciler_ != nullptr) {
    for (const ReconcileStatus& of : reconciler_->status()) {
      gauges.reconciled.push_back({of.app, of.completed_ms, !of.trouble.empty()});
    }
  }
  if (listeners_) gauges.listeners = listeners_();
  auto read = [&reader = receiver_.reader()] { return reader.tallies(); };
  auto tallies = co_await receiver_.readers().run(std::move(read));
  if (tallies) {
    gauges.tallies = std::move(*tallies);
  } else {  // the other figures are worth having
    receiver_.query_failed(tallies.error());
  }
  auto read_numbers = [&reader = receiver_.reader()] { return reader.sequences(); };
  const auto numbers = co_await receiver_.readers().run(std::move(read_numbers));
  if (numbers) {
    for (const auto& [app, row] : *numbers) gauges.renumbered.emplace_back(app, row.renumbered);
  }
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = receiver_.metrics().text(gauges);
  co_return response;
}

QueryDoor::Response QueryDoor::ready() {
  auto read = [&reader = receiver_.reader()] { return reader.inbox_range(); };
  const auto range = co_await receiver_.readers().run(std::move(read));
  if (range && receiver_.healthy()) co_return json_response(R"({"status":"ready"})");
  if (!range) receiver_.query_failed(range.error());
  co_return json_response(range ? R"({"status":"the last commit failed"})"
                                : R"({"status":"the store cannot be read"})",
                          503);
}

runtime::awaitable<HttpResponse> QueryDoor::stream(const HttpRequest& request,
                                                   net::EventStream& out) {
  if (request.method != net::HttpMethod::get) {
    co_return error_response(fail(Errc::forbidden, "this door only answers GET"));
  }
  if (auto allowed = authorize(request); !allowed) co_return error_response(allowed.error());
  const auto params = QueryParams::parse(request.query, {"sdkappid", "command", "after"});
  if (!params) co_return error_response(params.error());
  auto filter = inbox_filter(*params);
  if (!filter) co_return error_response(filter.error());
  const std::string_view last_seen = request.header("Last-Event-ID");
  if (!last_seen.empty()) {
    const auto resumed = QueryParams::parse("after=" + std::string(last_seen), {"after"});
    if (!resumed) co_return error_response(resumed.error());
    const auto id = resumed->number("after", 0, kMaxId);
    if (!id) co_return error_response(id.error());
    filter->after = **id;
  } else if (!params->text("after")) {
    filter->after = -1;  // from now on
  }
  const std::string reader(request.client_ip);
  const auto place = feeds_.take(reader);
  if (!place) {
    receiver_.metrics().feed_refused();
    co_return too_many_feeds(reader, feeds_.share(reader), receiver_.options().max_feeds);
  }
  out.prove();
  const auto ended = co_await run_feed(std::move(*filter), out);
  // Only what fails before the first byte can still be answered.
  if (!ended) co_return refuse(ended.error());
  co_return HttpResponse{};
}

}  // namespace tidings::receiver

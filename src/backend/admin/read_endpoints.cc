// The admin API's read-only operations: events, groups, topics, statistics.
#include <charconv>
#include <memory>
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/app_json.h"
#include "backend/admin/document.h"
#include "backend/topic_order.h"
#include "runtime/run_on.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;

constexpr std::int64_t kDefaultLimit = 100;
constexpr std::int64_t kMaxLimit = 1000;

/// The query's parameters, each read once; what is left over is refused by name.
class Query {
 public:
  explicit Query(std::map<std::string, std::string> given) : given_(std::move(given)) {}

  std::optional<std::string> text(const std::string& name) {
    auto node = given_.extract(name);
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
  }
  std::optional<std::int64_t> integer(const std::string& name, std::int64_t min,
                                      std::int64_t max) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    std::int64_t value = 0;
    const auto* last = given->data() + given->size();
    const auto [end, error] = std::from_chars(given->data(), last, value);
    if (error != std::errc() || end != last || value < min || value > max) {
      complain(name, "give an integer from " + std::to_string(min) + " to " + std::to_string(max));
      return std::nullopt;
    }
    return value;
  }
  void complain(std::string_view name, std::string_view what) {
    if (!error_) error_ = field_error(Errc::invalid_argument, name, what);
  }
  Result<void> finish() {
    if (!error_ && !given_.empty()) {
      complain(given_.begin()->first.substr(0, 64), "no such parameter here");
    }
    if (error_) return Error(*error_);
    return {};
  }

 private:
  std::map<std::string, std::string> given_;
  std::optional<Error> error_;
};

Result<store::EventFilter> read_filter(SdkAppId app, Query query) {
  store::EventFilter out;
  out.app = app;
  out.group = query.text("group_id");
  out.topic = query.text("topic_id");
  out.command = query.text("command");
  if (const auto state = query.text("state")) {
    const auto states = store::parse_state_set(*state);
    if (!states) {
      query.complain("state",
                     "give pending, parked, delivered, dead, cancelled, or several with commas");
    }
    out.states = states.value_or(store::StateSet{});
  }
  out.from_ms = query.integer("from_ms", 0, INT64_MAX);
  out.until_ms = query.integer("until_ms", 0, INT64_MAX);
  out.after_app_sequence = query.integer("after", 0, INT64_MAX).value_or(0);
  out.limit =
      static_cast<std::size_t>(query.integer("limit", 1, kMaxLimit).value_or(kDefaultLimit));
  TRY_VOID(query.finish());
  return out;
}

// What runs on the reader pool. Each owns what it uses.

struct ReadEvents {
  store::EventReader& events;
  store::EventFilter filter;
  Result<std::vector<store::EventRecord>> operator()() const { return events.list(filter); }
};

struct EventAndAttempts {
  std::optional<store::EventRecord> record;
  std::vector<store::Attempt> attempts;
};
struct ReadEvent {
  store::EventReader& events;
  SdkAppId app;
  std::int64_t app_sequence;
  Result<EventAndAttempts> operator()() const {
    store::EventFilter filter;
    filter.app = app;
    filter.after_app_sequence = app_sequence - 1;
    filter.limit = 1;
    filter.with_body = true;
    TRY(auto found, events.list(filter));
    EventAndAttempts out;
    if (found.empty() || found.front().event.app_sequence != app_sequence) return out;
    out.record = std::move(found.front());
    TRY(out.attempts, events.attempts(out.record->event.seq));
    return out;
  }
};

struct GroupRows {
  std::vector<community::Group> groups;
  std::int64_t total = 0;
  std::int64_t next = 0;
};
struct ReadGroups {
  Service& service;
  SdkAppId app;
  std::optional<GroupType> type;
  std::int64_t after;
  std::size_t limit;
  Result<GroupRows> operator()() const {
    auto& reader = service.community();
    TRY(const auto page, reader.groups(app, type, after, limit));
    community::Needs needs;
    for (const auto& group : page.groups) needs.groups.push_back({app, group});
    community::View view(service.clock().now_ms(), service.random());
    TRY_VOID(reader.read(needs, view));
    GroupRows out{{}, page.total, page.next};
    for (const auto& key : needs.groups) {
      if (const auto* group = view.group(key)) out.groups.push_back(*group);
    }
    return out;
  }
};

struct TopicRows {
  bool group_exists = false;
  std::vector<community::Topic> topics;
};
struct ReadTopics {
  Service& service;
  community::GroupKey group;
  Result<TopicRows> operator()() const {
    community::Needs needs;
    needs.groups.push_back(group);
    needs.all_topics.push_back(group);
    community::View view(service.clock().now_ms(), service.random());
    TRY_VOID(service.community().read(needs, view));
    TopicRows out;
    out.group_exists = view.group(group) != nullptr;
    if (!out.group_exists) return out;
    for (const auto* topic : topics_by_creation(view, group)) out.topics.push_back(*topic);
    return out;
  }
};

}  // namespace

/// What the lanes say about the pending ones.
runtime::awaitable<delivery::EventJobs::Holds> AdminApi::holds_of(
    std::span<const store::EventRecord> records) {
  std::vector<delivery::EventJobs::Waiting> waiting;
  for (const auto& record : records) {
    if (record.state != store::EventState::pending) continue;
    const auto& event = record.event;
    waiting.push_back({{event.app, event.group, event.seq}, event.app_sequence});
  }
  if (waiting.empty() || parts_.jobs == nullptr) co_return delivery::EventJobs::Holds{};
  auto& jobs = *parts_.jobs;
  co_return co_await runtime::run_on(jobs.lane(), jobs.holds(std::move(waiting)));
}

AdminApi::Answer AdminApi::list_events(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(auto filter, read_filter(app->id, Query(std::move(call.query))));
  const std::size_t limit = filter.limit;
  ReadEvents read{parts_.service.events(), std::move(filter)};
  CO_TRY(const auto records, co_await parts_.service.read(std::move(read)));
  json::object body;
  auto& list = body["events"].emplace_array();
  const auto holds = co_await holds_of(records);
  const std::int64_t now_ms = parts_.service.clock().now_ms();
  for (const auto& record : records) {
    const auto hold = holds.find(record.event.seq);
    list.push_back(hold == holds.end() ? event_json(record, *app, now_ms)
                                       : event_json(record, *app, now_ms, hold->second));
  }
  body["next_after"] = nullptr;  // read to the end
  if (records.size() == limit) body["next_after"] = records.back().event.app_sequence;
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::get_event(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  Query path({{"seq", call.params.at(1)}});
  const auto seq = path.integer("seq", 1, INT64_MAX);
  CO_TRY_VOID(path.finish());
  ReadEvent read{parts_.service.events(), app->id, *seq};
  CO_TRY(const auto found, co_await parts_.service.read(std::move(read)));
  if (!found.record) {
    co_return field_error(Errc::not_found, "seq",
                          "there is no event " + std::to_string(*seq) + " (any more)");
  }
  auto holds = co_await holds_of({&*found.record, 1});
  json::object body = event_json(*found.record, *app, parts_.service.clock().now_ms(),
                                 holds[found.record->event.seq]);
  body["body"] = found.record->event.body;
  auto& attempts = body["attempt_list"].emplace_array();
  for (const auto& attempt : found.attempts) attempts.push_back(attempt_json(attempt));
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::list_groups(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  Query query(std::move(call.query));
  std::optional<GroupType> type;
  if (const auto given = query.text("type")) {
    type = parse_group_type(*given);
    if (!type) query.complain("type", "give Private, Public, ChatRoom, AVChatRoom or Community");
  }
  const auto after = query.integer("after", 0, INT64_MAX).value_or(0);
  const auto limit = query.integer("limit", 1, kMaxLimit).value_or(kDefaultLimit);
  CO_TRY_VOID(query.finish());
  ReadGroups read{parts_.service, app->id, type, after, static_cast<std::size_t>(limit)};
  CO_TRY(const auto rows, co_await parts_.service.read(std::move(read)));
  json::object body;
  auto& list = body["groups"].emplace_array();
  for (const auto& group : rows.groups) list.push_back(group_json(group));
  body["total"] = rows.total;
  body["next_after"] = nullptr;
  if (rows.next != 0) body["next_after"] = rows.next;
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::list_topics(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  ReadTopics read{parts_.service, {app->id, GroupId(call.params.at(1))}};
  CO_TRY(const auto rows, co_await parts_.service.read(std::move(read)));
  if (!rows.group_exists) {
    co_return field_error(Errc::not_found, "group_id", "there is no such group");
  }
  json::object body;
  auto& list = body["topics"].emplace_array();
  for (const auto& topic : rows.topics) list.push_back(topic_json(topic));
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::get_stats(AdminCall) {
  const auto stats = parts_.committer.stats();
  json::object body;
  body["apps"] = parts_.service.apps().all()->size();
  body["client_sessions"] = parts_.hub.online();
  body["commands"] = stats.commands;
  body["refused"] = stats.refused;
  body["batches"] = stats.batches;
  body["failed_batches"] = stats.failed_batches;
  body["queued"] = stats.queued;
  body["outcomes"] = stats.outcomes;
  body["commit_microseconds"] = stats.commit_microseconds;
  co_return answered(std::move(body));
}

}  // namespace tidings::backend

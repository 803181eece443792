// The admin API's operations on events: replay and cancel, one or by filter (docs/delivery.md).
#include <charconv>
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/app_json.h"
#include "backend/admin/document.h"
#include "runtime/run_on.h"
#include "tidings/callback_url.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;
using store::EventJob;
using store::EventState;
using store::StateSet;

constexpr std::int64_t kDefaultRate = 100;
constexpr std::int64_t kMaxRate = 100'000;
constexpr std::size_t kMaxTextBytes = 1024;

std::optional<EventJob::Kind> parse_kind(std::string_view text) {
  if (text == "replay") return EventJob::Kind::replay;
  if (text == "cancel") return EventJob::Kind::cancel;
  return std::nullopt;
}

std::optional<EventState> parse_end(std::string_view text) {
  if (text == "cancelled") return EventState::cancelled;
  if (text == "dead") return EventState::dead;
  return std::nullopt;
}

/// What an operator means who names no state: a replay is for what did not arrive, whether it was
/// ever tried or not; a cancellation for what still waits.
StateSet default_states(EventJob::Kind kind) {
  if (kind == EventJob::Kind::cancel) return EventState::pending;
  return StateSet{EventState::dead}.add(EventState::cancelled).add_parked();
}

void read_states(Document& document, EventJob& job) {
  job.filter.states = default_states(job.kind);
  const auto text = document.text("state", 1, 64);
  if (!text) return;
  const auto states =
      *text == "all" ? std::optional<StateSet>(StateSet{}) : store::parse_state_set(*text);
  if (!states) {
    document.complain("state", "'" + *text + "' is neither all nor a list of pending, parked, "
                               "delivered, dead, cancelled with commas");
    return;
  }
  job.filter.states = *states;
  const StateSet open = StateSet{EventState::pending}.add_parked();
  if (job.kind == EventJob::Kind::cancel && (states->bits() & ~open.bits()) != 0) {
    document.complain("state", "only pending and parked events can be cancelled");
  }
  if (job.kind == EventJob::Kind::cancel && states->all()) job.filter.states = EventState::pending;
}

void read_url(Document& document, EventJob& job, bool allow_local_hosts) {
  const auto url = document.text("url", 1, kMaxTextBytes);
  if (!url) return;
  const auto parsed = parse_callback_url(*url, allow_local_hosts);
  if (!parsed) document.complain("url", parsed.error().what);
  if (job.kind == EventJob::Kind::cancel) document.complain("url", "only a replay has one");
  job.url = *url;
}

Result<EventJob> read_job(SdkAppId app, const json::object& body, bool allow_local_hosts) {
  Document document(body);
  EventJob job;
  const auto kind = document.choice("kind", parse_kind, "replay, cancel");
  if (!kind) document.complain("kind", "required: replay or cancel");
  job.kind = kind.value_or(EventJob::Kind::replay);
  job.filter.app = app;
  job.filter.group = document.text("group_id", 1, kMaxTextBytes);
  job.filter.topic = document.text("topic_id", 1, kMaxTextBytes);
  job.filter.command = document.text("command", 1, kMaxTextBytes);
  job.filter.from_ms = document.integer("from_ms", 0, INT64_MAX);
  job.filter.until_ms = document.integer("until_ms", 0, INT64_MAX);
  job.filter.after_app_sequence = document.integer("after", 0, INT64_MAX).value_or(0);
  job.filter.through_app_sequence = document.integer("through", 1, INT64_MAX).value_or(INT64_MAX);
  read_states(document, job);
  read_url(document, job, allow_local_hosts);
  const std::int64_t rate = job.kind == EventJob::Kind::replay ? kDefaultRate : 0;
  job.rate = document.integer("rate", 0, kMaxRate).value_or(rate);
  job.end_as = document.choice("end_as", parse_end, "cancelled, dead").value_or(job.end_as);
  TRY_VOID(document.finish());
  return job;
}

json::object summary_json(const store::EventSummary& summary) {
  json::object out;
  out["count"] = summary.count;
  out["groups"] = summary.groups;
  out["oldest_ms"] = summary.oldest_ms;
  out["newest_ms"] = summary.newest_ms;
  out["last_seq"] = summary.last_app_sequence;
  return out;
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value();
}

json::object job_json(const EventJob& job) {
  json::object out;
  out["id"] = job.id;
  out["kind"] = to_string(job.kind);
  out["status"] = to_string(job.state);
  out["group_id"] = or_null(job.filter.group);
  out["topic_id"] = or_null(job.filter.topic);
  out["command"] = or_null(job.filter.command);
  out["state"] = job.filter.states.all() ? std::string("all") : to_string(job.filter.states);
  out["from_ms"] = or_null(job.filter.from_ms);
  out["until_ms"] = or_null(job.filter.until_ms);
  out["after"] = job.filter.after_app_sequence;
  out["through"] = job.filter.through_app_sequence;
  out["url"] = job.url.empty() ? json::value() : json::value(job.url);
  out["rate"] = job.rate;
  out["end_as"] = job.kind == EventJob::Kind::cancel ? json::value(store::to_string(job.end_as))
                                                     : json::value();
  out["planned"] = summary_json(job.planned);
  out["cursor"] = job.cursor;
  out["done"] = job.done;
  out["failed"] = job.failed;
  out["skipped"] = job.skipped;
  out["created_ms"] = job.created_ms;
  out["changed_ms"] = job.changed_ms;
  out["note"] = job.note;
  return out;
}

Result<std::int64_t> read_number(const std::string& text, std::string_view name) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last || number < 1) {
    return field_error(Errc::invalid_argument, name, "give an integer of at least 1");
  }
  return number;
}

}  // namespace

AdminApi::Answer AdminApi::replay_event(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(const auto seq, read_number(call.params.at(1), "seq"));
  Document document(call.body);
  EventJob job;
  read_url(document, job, rules_now().allow_local_callback_hosts);
  CO_TRY_VOID(document.finish());
  auto& jobs = *parts_.jobs;
  CO_TRY(const auto done, co_await runtime::run_on(
                              jobs.lane(), jobs.replay_one(app->id, seq, std::move(job.url))));
  json::object body;
  body["moved"] = done.moved;
  body["attempt"] = done.attempt ? json::value(attempt_json(*done.attempt)) : json::value();
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::cancel_event(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(const auto seq, read_number(call.params.at(1), "seq"));
  Document document(call.body);
  const EventState as =
      document.choice("end_as", parse_end, "cancelled, dead").value_or(EventState::cancelled);
  CO_TRY_VOID(document.finish());
  auto& jobs = *parts_.jobs;
  CO_TRY(const auto done,
         co_await runtime::run_on(jobs.lane(), jobs.cancel_one(app->id, seq, as)));
  json::object body;
  body["moved"] = done.moved;
  body["in_flight"] = done.in_flight;
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::preview_event_job(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(auto job, read_job(app->id, call.body, rules_now().allow_local_callback_hosts));
  auto& jobs = *parts_.jobs;
  CO_TRY(const auto summary, co_await jobs.preview(std::move(job.filter)));
  co_return answered(summary_json(summary));
}

AdminApi::Answer AdminApi::create_event_job(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(auto job, read_job(app->id, call.body, rules_now().allow_local_callback_hosts));
  auto& jobs = *parts_.jobs;
  CO_TRY(const auto made, co_await runtime::run_on(jobs.lane(), jobs.create(std::move(job))));
  auto reply = answered(job_json(made), 201);
  reply.location = std::string(kAdminPrefix) + "/apps/" + app->id.str() + "/event-jobs/" +
                   std::to_string(made.id);
  co_return reply;
}

AdminApi::Answer AdminApi::list_event_jobs(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(const auto jobs, co_await parts_.jobs->list(app->id));
  json::object body;
  auto& list = body["jobs"].emplace_array();
  for (const auto& job : jobs) list.push_back(job_json(job));
  co_return answered(std::move(body));
}

AdminApi::Answer AdminApi::get_event_job(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(const auto id, read_number(call.params.at(1), "job"));
  CO_TRY(const auto job, co_await parts_.jobs->find(app->id, id));
  co_return answered(job_json(job));
}

AdminApi::Answer AdminApi::cancel_event_job(AdminCall call) {
  CO_TRY(const auto app, find_app(call));
  CO_TRY(const auto id, read_number(call.params.at(1), "job"));
  auto& jobs = *parts_.jobs;
  CO_TRY(const auto job,
         co_await runtime::run_on(jobs.lane(), jobs.cancel_job(app->id, id)));
  co_return answered(job_json(job));
}

}  // namespace tidings::backend

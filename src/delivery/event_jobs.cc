#include "delivery/event_jobs.h"

#include <algorithm>
#include <set>
#include <utility>

#include "delivery/attempt_log.h"

namespace tidings::delivery {

using runtime::awaitable;
using store::EventFilter;
using store::EventJob;
using store::EventRecord;
using store::EventState;

namespace {

/// Calls on the reader pool. Each owns what it uses.
struct ReadSummary {
  store::EventReader& events;
  EventFilter filter;
  Result<store::EventSummary> operator()() const { return events.summarize(filter); }
};
struct ReadPage {
  store::EventReader& events;
  EventFilter filter;
  Result<std::vector<EventRecord>> operator()() const { return events.list(filter); }
};
struct ReadJobs {
  store::EventReader& events;
  SdkAppId app;
  Result<std::vector<EventJob>> operator()() const { return events.jobs(app); }
};

Error stopping() { return fail(Errc::unavailable, "the server is stopping: try again later"); }

Error no_such_job(std::int64_t id) {
  return fail(Errc::not_found, "job: there is no job " + std::to_string(id) + " (any more)");
}

}  // namespace

EventJobs::EventJobs(Parts parts, EventJobsOptions options)
    : parts_(std::move(parts)), options_(options), group_(parts_.lane) {}

EventJobs::~EventJobs() = default;

void EventJobs::start() {
  parts_.lane.post([this] { (void)group_.spawn("resume jobs", resume()); });
}

awaitable<void> EventJobs::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  co_await group_.stop(grace);
}

void EventJobs::log(std::string_view line) const {
  if (parts_.log) parts_.log(line);
}

// Looking -----------------------------------------------------------------------------------------

bool EventJobs::of_app_now(SdkAppId id, std::int64_t app_sequence) const {
  const community::AppPtr app = parts_.app(id);
  return app && app_sequence > app->events_before;
}

EventFilter EventJobs::without_former_app(EventFilter filter) const {
  const community::AppPtr app = parts_.app(filter.app);
  if (app) filter.after_app_sequence = std::max(filter.after_app_sequence, app->events_before);
  return filter;
}

awaitable<Result<store::EventSummary>> EventJobs::preview(EventFilter filter) {
  filter = without_former_app(std::move(filter));
  ReadSummary read{parts_.events, std::move(filter)};
  auto summary = co_await parts_.readers.run(std::move(read));
  co_return summary;
}

awaitable<Result<std::vector<EventJob>>> EventJobs::list(SdkAppId app) {
  ReadJobs read{parts_.events, app};
  auto jobs = co_await parts_.readers.run(std::move(read));
  co_return jobs;
}

awaitable<Result<EventJob>> EventJobs::find(SdkAppId app, std::int64_t id) {
  CO_TRY(const auto jobs, co_await list(app));
  for (const EventJob& job : jobs) {
    if (job.id == id) co_return job;
  }
  co_return no_such_job(id);
}

awaitable<Result<EventRecord>> EventJobs::read_one(SdkAppId app, std::int64_t app_sequence,
                                                   bool with_body) {
  ReadPage read{parts_.events, {}};
  read.filter.app = app;
  read.filter.after_app_sequence = app_sequence - 1;
  read.filter.through_app_sequence = app_sequence;
  read.filter.limit = 1;
  read.filter.with_body = with_body;
  CO_TRY(auto found, co_await parts_.readers.run(std::move(read)));
  if (found.empty()) {
    co_return fail(Errc::not_found,
                   "seq: there is no event " + std::to_string(app_sequence) + " (any more)");
  }
  if (!of_app_now(app, app_sequence)) {
    co_return fail(Errc::not_found, "seq: event " + std::to_string(app_sequence) +
                                        " is of an app with this number that was deleted");
  }
  co_return std::move(found.front());
}

// One event ---------------------------------------------------------------------------------------

awaitable<Result<EventJobs::OneDone>> EventJobs::replay_one(SdkAppId app,
                                                            std::int64_t app_sequence,
                                                            std::string url) {
  if (stopping_) co_return stopping();
  CO_TRY(const auto record, co_await read_one(app, app_sequence, !url.empty()));
  Dispatcher::Decision decision;
  OneDone done;
  if (url.empty()) {
    parts_.dispatcher.decide_replay({record}, decision);
    done.moved = decision.moved > 0;
  } else {
    CO_TRY(const auto endpoint, endpoint_at(app, url));
    bool endpoint_failed = false;
    CO_TRY(done.attempt, co_await post(endpoint, record.event, endpoint_failed));
    done.attempt->detail = "replay to another URL: " + done.attempt->detail;
    decision.outcomes.push_back(attempt_note(record, *done.attempt));
  }
  if (!decision.outcomes.empty()) {
    CO_TRY_VOID(co_await parts_.dispatcher.commit(std::move(decision)));
  }
  co_return done;
}

awaitable<Result<EventJobs::OneDone>> EventJobs::cancel_one(SdkAppId app,
                                                            std::int64_t app_sequence,
                                                            EventState as) {
  if (stopping_) co_return stopping();
  CO_TRY(const auto record, co_await read_one(app, app_sequence, false));
  Dispatcher::Decision decision;
  parts_.dispatcher.decide_cancel({record}, as, decision);
  OneDone done;
  done.moved = decision.moved > 0;
  done.in_flight = decision.in_flight > 0;
  if (!decision.outcomes.empty()) {
    CO_TRY_VOID(co_await parts_.dispatcher.commit(std::move(decision)));
  }
  co_return done;
}

// Jobs --------------------------------------------------------------------------------------------

awaitable<void> EventJobs::resume() {
  while (!stopping_) {
    auto jobs = co_await list(SdkAppId{});
    if (jobs) {
      for (const EventJob& job : *jobs) {
        last_id_ = std::max(last_id_, job.id);
        if (job.state != EventJob::State::running || running_.contains(job.id)) continue;
        auto running = std::make_shared<Running>();
        running->job = job;
        running_.emplace(job.id, running);
        (void)group_.spawn("job " + std::to_string(job.id), run(running));
      }
      co_return;
    }
    log("delivery: jobs cannot be read, trying again: " + jobs.error().what);
    auto slept = co_await runtime::sleep_for(options_.retry);
    if (!slept) co_return;
  }
}

awaitable<Result<std::int64_t>> EventJobs::next_id() {
  if (last_id_ == 0) {
    CO_TRY(const auto jobs, co_await list(SdkAppId{}));
    if (!jobs.empty()) last_id_ = std::max(last_id_, jobs.front().id);
  }
  co_return ++last_id_;
}

awaitable<Result<EventJob>> EventJobs::create(EventJob job) {
  if (stopping_) co_return stopping();
  const auto of_app = std::ranges::count_if(running_, [&job](const auto& entry) {
    return entry.second->job.filter.app == job.filter.app;
  });
  const bool crowded = static_cast<std::size_t>(of_app) >= options_.max_running_of_app;
  if (crowded || running_.size() >= options_.max_running) {
    co_return fail(Errc::conflict, (crowded ? std::to_string(of_app) + " jobs of the app"
                                            : std::to_string(running_.size()) + " jobs") +
                                       " are running already; wait for one or cancel it");
  }
  if (!job.url.empty()) {
    CO_TRY_VOID(endpoint_at(job.filter.app, job.url));
  }
  job.filter = without_former_app(std::move(job.filter));
  // What is committed after the preview is not its business.
  CO_TRY(job.planned, co_await preview(job.filter));
  job.filter.through_app_sequence =
      std::min(job.filter.through_app_sequence, job.planned.last_app_sequence);
  job.cursor = job.filter.after_app_sequence;
  CO_TRY(job.id, co_await next_id());
  job.created_ms = job.changed_ms = parts_.clock.now_ms();
  job.state = job.planned.count == 0 ? EventJob::State::done : EventJob::State::running;
  Dispatcher::Decision decision;
  decision.jobs.push_back(job);
  auto running = std::make_shared<Running>();
  running->job = job;
  running_.emplace(job.id, running);
  auto stored = co_await parts_.dispatcher.commit(std::move(decision));
  if (!stored || job.state != EventJob::State::running) running_.erase(job.id);
  if (!stored) co_return std::move(stored).error();
  if (job.state == EventJob::State::running) {
    (void)group_.spawn("job " + std::to_string(job.id), run(running));
  }
  co_return job;
}

awaitable<Result<EventJob>> EventJobs::cancel_job(SdkAppId app, std::int64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second->job.filter.app != app) {
    CO_TRY(const auto job, co_await find(app, id));
    co_return fail(Errc::conflict, "job: it is " + std::string(to_string(job.state)) + " already");
  }
  const RunningPtr running = found->second;
  if (running->job.state != EventJob::State::running) {
    co_return fail(Errc::conflict,
                   "job: it is " + std::string(to_string(running->job.state)) + " already");
  }
  running->cancelled = true;
  running->job.state = EventJob::State::cancelled;
  running->job.changed_ms = parts_.clock.now_ms();
  Dispatcher::Decision decision;
  decision.jobs.push_back(running->job);
  CO_TRY_VOID(co_await parts_.dispatcher.commit(std::move(decision)));
  co_return running->job;
}

EventFilter EventJobs::next_page(const EventJob& job) const {
  EventFilter filter = job.filter;
  filter.after_app_sequence = job.cursor;
  filter.with_body = !job.url.empty();
  // States without an index are looked for among all events: a bounded number at a time.
  if (filter.states.all() || filter.states.names(EventState::delivered)) {
    filter.through_app_sequence =
        std::min(filter.through_app_sequence, job.cursor + options_.window);
  }
  const std::int64_t each = options_.breath.count();
  const std::int64_t at_once = job.rate == 0 ? options_.chunk : job.rate * each / 1000;
  filter.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(at_once, 1, options_.chunk));
  return filter;
}

std::chrono::milliseconds EventJobs::pause(const EventJob& job, std::int64_t taken) const {
  if (job.rate == 0) return std::chrono::milliseconds{0};
  return std::chrono::milliseconds{taken * 1000 / job.rate};
}

awaitable<void> EventJobs::run(RunningPtr running) {
  while (!stopping_ && !running->cancelled) {
    const auto began = parts_.clock.monotonic();
    const std::int64_t before = running->job.done + running->job.failed;
    auto more = co_await step(running);
    if (!more && more.error().kind == Errc::cancelled) break;
    if (!more) log("delivery: job " + std::to_string(running->job.id) +
                   " is held up, trying again: " + more.error().what);
    if (more && !*more) break;
    const std::int64_t taken = running->job.done + running->job.failed - before;
    auto wait = more ? pause(running->job, taken) : options_.retry;
    const bool crowded = running->job.kind == EventJob::Kind::replay && running->job.url.empty() &&
                         parts_.dispatcher.queued_now(running->job.filter.app) > options_.max_queued;
    if (crowded) wait = std::max(wait, options_.breath);
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
        parts_.clock.monotonic() - began);
    if (spent >= wait) continue;
    auto slept = co_await runtime::sleep_for(wait - spent);
    if (!slept) break;
  }
  running_.erase(running->job.id);
}

/// One chunk. False: the job has ended.
awaitable<Result<bool>> EventJobs::step(RunningPtr running) {
  EventJob job = running->job;
  Dispatcher::Decision decision;
  if (job.kind == EventJob::Kind::replay && job.url.empty() &&
      parts_.dispatcher.queued_now(job.filter.app) > options_.max_queued) {
    co_return true;  // what is queued goes first
  }
  ReadPage read{parts_.events, next_page(job)};
  const std::int64_t through = read.filter.through_app_sequence;
  const std::size_t limit = read.filter.limit;
  CO_TRY(const auto page, co_await parts_.readers.run(std::move(read)));
  if (running->cancelled) co_return false;
  // Behind the read, so that nothing is moved of an app that was deleted, and made anew, meanwhile.
  if (!of_app_now(job.filter.app, job.filter.through_app_sequence)) {
    job.state = EventJob::State::failed;
    job.note = "the app was deleted";
  } else {
    job.cursor = page.size() < limit ? through : page.back().event.app_sequence;
    if (job.kind == EventJob::Kind::cancel) {
      parts_.dispatcher.decide_cancel(page, job.end_as, decision);
    } else if (job.url.empty()) {
      parts_.dispatcher.decide_replay(page, decision);
    } else {
      running->job.cursor = job.cursor;
      CO_TRY_VOID(co_await send_elsewhere(running, page, decision));
      job = running->job;
    }
    job.done += decision.moved + decision.in_flight;
    job.skipped += decision.skipped;
    if (job.state == EventJob::State::running && job.cursor >= job.filter.through_app_sequence) {
      job.state = EventJob::State::done;
    }
  }
  if (running->cancelled) job.state = EventJob::State::cancelled;
  job.changed_ms = parts_.clock.now_ms();
  running->job = job;
  decision.jobs.push_back(job);
  CO_TRY_VOID(co_await parts_.dispatcher.commit(std::move(decision)));
  co_return job.state == EventJob::State::running;
}

// An alternate URL --------------------------------------------------------------------------------

Result<std::shared_ptr<const Endpoint>> EventJobs::endpoint_at(SdkAppId id,
                                                               const std::string& url) const {
  const community::AppPtr app = parts_.app(id);
  if (!app) return fail(Errc::not_found, "sdkappid: there is no app " + id.str());
  auto elsewhere = std::make_shared<community::App>(*app);
  elsewhere->callback.url = url;
  return Endpoint::create(std::move(elsewhere), parts_.tls);
}

awaitable<Result<store::Attempt>> EventJobs::post(std::shared_ptr<const Endpoint> endpoint,
                                                  const community::Event& event,
                                                  bool& endpoint_failed) {
  const CallbackMessage message{event.command, event.request_id, event.origin, event.body,
                                event.app_sequence};
  const auto request = make_request(*endpoint, message, parts_.clock.now_s(),
                                    runtime::Deadline::after(kExchangeTimeout));
  const net::HttpExchange exchange = co_await parts_.transport.post(request);
  if (exchange.failure == net::ExchangeFailure::cancelled) co_return stopping();
  if (exchange.failure == net::ExchangeFailure::overloaded) {
    co_return fail(Errc::unavailable, exchange.detail);  // our limit: the URL has not failed
  }
  const std::int64_t now_ms = parts_.clock.now_ms();
  const AttemptResult result = classify(exchange, now_ms / 1000);
  // An address that is not allowed will not be allowed for the next event either.
  endpoint_failed = endpoint_failing(result) || result.what == AttemptClass::forbidden_address;
  co_return log_of(exchange, result, endpoint->origin, now_ms);
}

awaitable<Result<void>> EventJobs::send_elsewhere(RunningPtr running, const Records& page,
                                                  Dispatcher::Decision& decision) {
  EventJob& job = running->job;
  const std::int64_t end = job.cursor;
  const auto began = parts_.clock.monotonic();
  CO_TRY(const auto endpoint, endpoint_at(job.filter.app, job.url));
  for (const EventRecord& record : page) {
    if (running->cancelled || stopping_) {
      job.cursor = record.event.app_sequence - 1;
      co_return Result<void>{};
    }
    bool endpoint_failed = false;
    auto sent = co_await post(endpoint, record.event, endpoint_failed);
    if (!sent) {  // we gave up, not the URL: what was sent before it counts
      job.cursor = record.event.app_sequence - 1;
      if (decision.outcomes.empty()) co_return std::move(sent).error();
      co_return Result<void>{};
    }
    store::Attempt attempt = std::move(*sent);
    const bool arrived = attempt.outcome == to_string(AttemptClass::ok);
    attempt.detail = "replay job " + std::to_string(job.id) + ": " + attempt.detail;
    decision.outcomes.push_back(attempt_note(record, attempt));
    job.cursor = record.event.app_sequence;
    if (arrived) {
      ++job.done;
      running->failures_in_row = 0;
      if (parts_.clock.monotonic() - began > options_.commit_after) co_return Result<void>{};
      continue;
    }
    ++job.failed;
    job.note = "event " + std::to_string(record.event.app_sequence) + ": " + attempt.outcome +
               (attempt.http_status == 0 ? "" : " " + std::to_string(attempt.http_status));
    running->failures_in_row = endpoint_failed ? running->failures_in_row + 1 : 0;
    if (running->failures_in_row >= options_.failures_to_stop) {
      job.state = EventJob::State::failed;
      job.note += "; stopped after " + std::to_string(options_.failures_to_stop) +
                  " failures of the URL in a row";
      co_return Result<void>{};
    }
    if (parts_.clock.monotonic() - began > options_.commit_after) co_return Result<void>{};
  }
  job.cursor = end;
  co_return Result<void>{};
}

// What they wait for ------------------------------------------------------------------------------

awaitable<EventJobs::Holds> EventJobs::holds(std::vector<Waiting> events) {
  Holds holds;
  std::unordered_map<std::int64_t, std::int64_t> numbers;  // of the app's sequence, by seq
  for (const Waiting& each : events) {
    holds[each.place.seq] = parts_.dispatcher.hold(each.place);
    numbers[each.place.seq] = each.app_sequence;
  }
  std::set<std::int64_t> in_front;  // not asked about, so their number is not known
  for (const auto& [seq, hold] : holds) {
    if (hold.behind != 0 && !numbers.contains(hold.behind)) in_front.insert(hold.behind);
  }
  if (!in_front.empty()) {
    std::vector<std::int64_t> seqs(in_front.begin(), in_front.end());
    store::EventReader& reader = parts_.events;
    auto read = [&reader, seqs = std::move(seqs)] { return reader.events(seqs); };
    const auto found = co_await parts_.readers.run(std::move(read));
    if (found) {
      for (const community::Event& event : *found) numbers[event.seq] = event.app_sequence;
    }
  }
  for (auto& [seq, hold] : holds) {
    if (hold.behind != 0) hold.behind = numbers[hold.behind];
  }
  co_return holds;
}

}  // namespace tidings::delivery

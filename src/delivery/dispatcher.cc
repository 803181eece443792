#include "delivery/dispatcher.h"

#include <algorithm>
#include <utility>

namespace tidings::delivery {

namespace {

constexpr std::int64_t kExpireEveryMs = 60'000;
constexpr std::int64_t kPostponeMs = 100;
constexpr std::size_t kBodiesAtOnce = 512;
constexpr int kBreakerLinesAMinute = 30;

/// Whether what failed before may succeed now: what a receiver sees or checks is another. Another
/// URL is seen by the scheduler itself.
bool promising(const community::App* before, const community::App& now) {
  if (before == nullptr) return false;
  const auto& was = before->callback;
  const auto& is = now.callback;
  return was.sign != is.sign || was.token != is.token || was.additive != is.additive ||
         was.webhook_secrets != is.webhook_secrets || was.trusted_pem != is.trusted_pem;
}

}  // namespace

Dispatcher::Dispatcher(Parts parts, DispatcherOptions options)
    : parts_(std::move(parts)),
      options_(options),
      scheduler_(options.scheduler),
      fresh_(options.fresh_bytes),
      timers_(parts_.lane),
      group_(parts_.lane, {.max_children = 1'000'000, .error_sink = [this](auto child, auto what) {
                             log(std::string("delivery: ").append(child).append(": ").append(what));
                           }}) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::start() {
  parts_.lane.post([this] {
    (void)group_.spawn("timers", run_timers());
    paging_ = true;
    (void)group_.spawn("page in", page_in());
  });
}

runtime::awaitable<void> Dispatcher::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  timers_.notify_all();
  while (resting_.wake_one()) {
  }
  co_await group_.stop(grace);
  turn();  // hands over what the last attempts left
}

void Dispatcher::log(std::string_view line) const {
  if (parts_.log) parts_.log(line);
}

Now Dispatcher::now() const {
  const auto steady = std::chrono::duration_cast<std::chrono::milliseconds>(
      parts_.clock.monotonic().time_since_epoch());
  return Now{parts_.clock.now_ms(), steady.count()};
}

// Events in -----------------------------------------------------------------------------------

void Dispatcher::offer(std::vector<community::Event> events) {
  if (events.empty()) return;
  parts_.lane.post([this, events = std::move(events)]() mutable { accept(std::move(events)); });
}

void Dispatcher::accept(std::vector<community::Event> events) {
  arrived_.clear();
  SdkAppId app;
  std::size_t room = 0;
  for (community::Event& event : events) {
    if (event.app != app) {
      app = event.app;
      room = room_of(app);
    }
    if (!backlog_.arrived(app, event.seq, room > 0) || !knows(app)) continue;
    --room;
    // What is sent does not name the group.
    arrived_.push_back({event.seq, app, std::move(event.group), event.time_ms, 0, 0});
    fresh_.keep(std::move(event), /*held=*/!routes_.contains(app));
  }
  scheduler_.add(arrived_, /*fresh=*/true, now());
  schedule_turn();
}

/// False: the app was deleted since, and its events were cancelled.
bool Dispatcher::knows(SdkAppId app) {
  if (!scheduler_.knows(app)) configure(app);
  return scheduler_.knows(app);
}

void Dispatcher::add(const store::PendingEvent& event) {
  if (knows(event.app)) scheduler_.add(event, /*fresh=*/false, now());
}

/// The next event of the app's backlog. What an operator moved before it was known here is his affair.
void Dispatcher::know(const store::PendingEvent& event) {
  if (!backlog_.read(event.app, event.seq)) return;
  const auto wished = store::wished_end(event.next_attempt_ms);
  if (!wished) return add(event);
  // Its attempt ended with the run before this one, and nobody knows how.
  store::Outcome outcome;
  outcome.seq = event.seq;
  outcome.app = event.app;
  outcome.state = *wished;
  outcome.attempts = event.attempts;
  dead_ += *wished == store::EventState::dead ? 1 : 0;
  outcomes_.push_back(std::move(outcome));
}

std::size_t Dispatcher::share() const {
  return scheduler_.counts().queued < options_.max_queued ? options_.max_queued_of_app
                                                          : options_.page;
}

std::size_t Dispatcher::room_of(SdkAppId app) const {
  const std::size_t queued = scheduler_.queued(app), all = share();
  return queued < all ? all - queued : 0;
}

/// Fewer of the app's events are in memory than before: there is room for more once it is a page's.
void Dispatcher::read_on(SdkAppId app) {
  if (!backlog_.behind(app)) return;
  if (room_of(app) >= std::min(options_.page, share() / 2)) backlog_.wants(app);
  if (paging_ || stopping_ || !backlog_.anything_wanted()) return;
  paging_ = true;
  (void)group_.spawn("page in", page_in());
}

runtime::awaitable<void> Dispatcher::page_in() {
  bool on = true;
  while (on && !stopping_) {
    if (!backlog_.is_listed()) {
      on = co_await page_apps();
      continue;
    }
    const auto turn = backlog_.begin_turn();
    if (!turn) break;
    on = co_await page_events(*turn);
  }
  paging_ = false;
  behind_shown_ = backlog_.any_behind();
}

/// The apps that something is left over of. False: stop paging.
runtime::awaitable<bool> Dispatcher::page_apps() {
  store::EventReader& reader = parts_.events;
  auto read = [&reader] { return reader.apps_with_pending(); };
  auto apps = co_await parts_.readers.run(std::move(read));
  if (!apps) {
    const bool again = co_await read_failed(std::move(apps).error());
    co_return again;
  }
  backlog_.listed(*apps);
  co_return true;
}

runtime::awaitable<bool> Dispatcher::page_events(Backlog::Turn turn) {
  const std::size_t limit = std::min(options_.page, room_of(turn.app));
  if (limit == 0) {
    backlog_.end_turn(turn, /*to_the_end=*/false, /*room=*/false);
    co_return true;
  }
  store::EventReader& reader = parts_.events;
  auto read = [&reader, turn, limit] { return reader.pending(turn.app, turn.after, limit); };
  auto page = co_await parts_.readers.run(std::move(read));
  if (!backlog_.is_current(turn)) co_return true;
  if (!page) {
    backlog_.end_turn(turn, /*to_the_end=*/false, /*room=*/true);
    const bool again = co_await read_failed(std::move(page).error());
    co_return again;
  }
  for (const store::PendingEvent& event : *page) know(event);
  schedule_turn();
  backlog_.end_turn(turn, page->size() < limit, room_of(turn.app) > 0);
  co_return true;
}

runtime::awaitable<bool> Dispatcher::read_failed(Error error) {
  if (error.kind == Errc::cancelled) co_return false;
  log("delivery: undelivered events cannot be read, trying again: " + error.what);
  auto slept = co_await runtime::sleep_for(options_.read_retry);
  co_return slept.has_value();
}

// Settings --------------------------------------------------------------------------------------

void Dispatcher::settings_changed(SdkAppId app) {
  parts_.lane.post([this, app] {
    configure(app);
    schedule_turn();
  });
}

void Dispatcher::app_removed(SdkAppId app) {
  parts_.lane.post([this, app] {
    scheduler_.remove(app);
    routes_.erase(app);
    fresh_.forget(app);
    backlog_.forget(app);
    schedule_turn();
  });
}

void Dispatcher::configure(SdkAppId id) {
  const community::AppPtr app = parts_.app(id);
  if (!app) return;
  Target target;
  target.retry = app->callback.retry;
  target.dead_head = app->callback.dead_head;
  target.enabled =
      app->status == community::AppStatus::enabled && !app->callback.endpoint_disabled;
  const auto before = routes_.find(id);
  const auto known = before == routes_.end() ? nullptr : before->second.endpoint;
  auto endpoint = app->callback.url.empty()
                      ? Result<std::shared_ptr<const Endpoint>>(fail(Errc::not_found, "no URL"))
                      : Endpoint::create(app, parts_.tls);
  if (endpoint) {
    target.url = Endpoint::whose(*app);
    routes_[id] = {std::move(*endpoint), {}};
  } else if (!app->callback.url.empty()) {
    log("delivery: events of app " + id.str() + " are held: " + endpoint.error().what);
  }
  const bool try_now = promising(known ? known->app.get() : nullptr, *app);
  // What waits for its body now may not be sent where it may not go any more.
  if (!target.enabled || target.url.empty()) routes_.erase(id);
  scheduler_.configure(id, std::move(target), try_now);
}

// One turn of the lane: what came in is scheduled, what ended is handed over, once for all ---------

void Dispatcher::schedule_turn() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  parts_.lane.post([this] {
    turn_scheduled_ = false;
    turn();
  });
}

void Dispatcher::turn() {
  const Now at = now();
  if (at.steady_ms >= next_expire_ms_) {
    next_expire_ms_ = at.steady_ms + kExpireEveryMs;
    const std::size_t before = outcomes_.size();
    scheduler_.expire(at, outcomes_);
    dead_ += outcomes_.size() - before;
    for (std::size_t i = before; i < outcomes_.size(); ++i) (void)fresh_.take(outcomes_[i].seq);
    backlog_.each_behind([this](SdkAppId app) { read_on(app); });
  }
  if (dead_ != dead_told_) tell_dead(at);
  if (!outcomes_.empty()) parts_.committer.submit_outcomes(std::exchange(outcomes_, {}));
  if (!stopping_) {
    tickets_.clear();
    scheduler_.start(at, tickets_);
    send_started();
    if (backlog_.any_behind()) {
      for (const Scheduler::Ticket& ticket : tickets_) read_on(ticket.app);
    }
    if (!bodiless_.empty() && !loading_) {
      loading_ = true;
      (void)group_.spawn("load bodies", load_bodies());
    }
  }
  const Scheduler::Counts counts = scheduler_.counts();
  in_flight_ = counts.in_flight;
  queued_ = counts.queued;
  open_breakers_ = counts.open_breakers;
  parked_ = counts.parked;
  behind_shown_ = backlog_.any_behind();
  if (scheduler_.next_wake().value_or(INT64_MAX) < armed_ms_) timers_.notify_all();
}

void Dispatcher::send_started() {
  leaving_.clear();
  for (const Scheduler::Ticket& ticket : tickets_) leaving_.push_back(fresh_.take(ticket.seq));
  prefetch(leaving_);
  for (std::size_t i = 0; i < tickets_.size(); ++i) {
    if (leaving_[i]) {
      send({tickets_[i], std::move(leaving_[i])});
    } else {
      bodiless_.push_back(tickets_[i]);
    }
  }
}

runtime::awaitable<void> Dispatcher::run_timers() {
  while (!stopping_) {
    armed_ms_ = std::min(scheduler_.next_wake().value_or(INT64_MAX), next_expire_ms_);
    const std::int64_t wait_ms = std::max<std::int64_t>(0, armed_ms_ - now().steady_ms);
    auto woken =
        co_await timers_.wait(runtime::Deadline::after(std::chrono::milliseconds{wait_ms}));
    if (!woken && woken.error().kind == Errc::cancelled) break;
    if (!woken) schedule_turn();  // a deadline passed: something is due
    if (!woken && wait_ms == 0) {
      auto slept = co_await runtime::sleep_for(std::chrono::milliseconds{1});
      if (!slept) break;
    }
  }
}

// Attempts ------------------------------------------------------------------------------------

runtime::awaitable<void> Dispatcher::load_bodies() {
  while (!bodiless_.empty()) {
    std::vector<Scheduler::Ticket> tickets;
    const std::size_t count = std::min(bodiless_.size(), kBodiesAtOnce);
    tickets.assign(bodiless_.begin(), bodiless_.begin() + static_cast<std::ptrdiff_t>(count));
    bodiless_.erase(bodiless_.begin(), bodiless_.begin() + static_cast<std::ptrdiff_t>(count));
    std::sort(tickets.begin(), tickets.end(),
              [](const auto& a, const auto& b) { return a.seq < b.seq; });
    std::vector<std::int64_t> seqs;
    for (const auto& ticket : tickets) seqs.push_back(ticket.seq);
    store::EventReader& reader = parts_.events;
    auto read = [&reader, seqs = std::move(seqs)] { return reader.events(seqs); };
    auto loaded = co_await parts_.readers.run(std::move(read));
    if (!loaded) log("delivery: bodies cannot be read, trying again: " + loaded.error().what);
    std::size_t next = 0;
    for (const auto& ticket : tickets) {
      while (loaded && next < loaded->size() && (*loaded)[next].seq < ticket.seq) ++next;
      if (scheduler_.app_gone(ticket)) {
        scheduler_.forget(ticket);  // and what has its number now is another one
      } else if (loaded && next < loaded->size() && (*loaded)[next].seq == ticket.seq) {
        send({ticket, std::make_unique<const community::Event>(std::move((*loaded)[next]))});
      } else if (loaded) {
        scheduler_.forget(ticket);  // purged since it was chosen: nothing is left to send
      } else {
        give_back(ticket, options_.read_retry.count());
      }
    }
    schedule_turn();
  }
  loading_ = false;
}

void Dispatcher::give_back(const Scheduler::Ticket& ticket, std::int64_t delay_ms) {
  if (auto cancelled = scheduler_.postpone(ticket, delay_ms, now())) {
    outcomes_.push_back(std::move(*cancelled));
  }
}

void Dispatcher::send(Sending sending) {
  if (resting_.count() > 0) {
    handed_ = std::move(sending);
    (void)resting_.wake_one();
    return;
  }
  const Scheduler::Ticket ticket = sending.ticket;
  if (!group_.spawn("attempts", make_attempts(std::move(sending)))) give_back(ticket, kPostponeMs);
}

/// One after the other: to spawn a coroutine for each costs more than to wake one that is there.
runtime::awaitable<void> Dispatcher::make_attempts(Sending sending) {
  for (;;) {
    const auto found = routes_.find(sending.ticket.app);
    if (found == routes_.end()) {  // its settings changed between start() and here
      give_back(sending.ticket, kPostponeMs);
    } else {
      const std::shared_ptr<const Endpoint> endpoint = found->second.endpoint;
      const auto request = request_of(found->second, *sending.event);
      ++attempts_;
      const net::HttpExchange exchange = co_await parts_.transport.post(request);
      settle(sending, *endpoint, exchange);
    }
    schedule_turn();
    sending = {};
    if (stopping_) co_return;
    co_await resting_.rest();
    if (!handed_.event) co_return;
    sending = std::exchange(handed_, {});
  }
}

net::OutboundRequest Dispatcher::request_of(Route& route, const community::Event& event) {
  const std::int64_t now_s = parts_.clock.now_s();
  if (route.at.second != now_s) route.at = sign_second(*route.endpoint, now_s);
  const CallbackMessage message{event.command, event.request_id, event.origin, event.body,
                                event.app_sequence};
  return make_request(*route.endpoint, message, route.at,
                      runtime::Deadline::after(options_.exchange_timeout));
}

/// An attempt has ended.
void Dispatcher::settle(const Sending& sending, const Endpoint& endpoint,
                        const net::HttpExchange& exchange) {
  const Scheduler::Ticket& ticket = sending.ticket;
  using net::ExchangeFailure;
  if (exchange.failure == ExchangeFailure::cancelled ||
      exchange.failure == ExchangeFailure::overloaded) {
    return give_back(ticket, kPostponeMs);  // we gave up, not the endpoint: no attempt
  }
  const Now at = now();
  const AttemptResult result = classify(exchange, at.wall_ms / 1000);
  const double jitter = result.what == AttemptClass::ok ? 0 : parts_.random.next_unit();
  const std::size_t open_before = scheduler_.counts().open_breakers;
  auto finished = scheduler_.finish(ticket, result, at, jitter);
  tell_breaker(open_before, endpoint, result, exchange, at);
  if (finished.app_gone) return;
  if (finished.outcome.state == store::EventState::delivered) {
    ++delivered_;
  } else if (finished.outcome.state == store::EventState::dead) {
    ++dead_;
  }
  finished.outcome.attempt = log_of(exchange, result, endpoint.origin, at.wall_ms);
  if (parts_.observe) {
    parts_.observe(Tried{ticket.app, finished.outcome.state, result.what,
                         at.wall_ms - sending.event->time_ms, exchange.timings.total_us});
  }
  if (parts_.trace) {
    const community::Event& event = *sending.event;
    parts_.trace({ticket.app, event.app_sequence, event.command, event.request_id, endpoint.origin,
                  *finished.outcome.attempt, store::to_string(finished.outcome.state)});
  }
  outcomes_.push_back(std::move(finished.outcome));
  if (finished.disable_endpoint && parts_.disable_endpoint) parts_.disable_endpoint(ticket.app);
}

/// An operator reads that a URL has begun to fail, or answers again; what flaps does not fill the log.
void Dispatcher::tell_breaker(std::size_t open_before, const Endpoint& endpoint,
                              const AttemptResult& result, const net::HttpExchange& exchange,
                              Now at) {
  const std::size_t open = scheduler_.counts().open_breakers;
  const bool opened = open > open_before;
  if (open == open_before || opened != endpoint_failing(result)) return;
  const std::int64_t minute = at.steady_ms / 60'000;
  if (minute != breaker_minute_) breaker_lines_ = 0;
  breaker_minute_ = minute;
  if (++breaker_lines_ > kBreakerLinesAMinute) return;
  const std::string where = std::string(endpoint.origin.https ? "https://" : "http://") +
                            endpoint.origin.host + ":" + std::to_string(endpoint.origin.port);
  if (!opened) return log("delivery: " + where + " answers again");
  log("delivery: " + where + " fails, its events wait and it is probed (app " + endpoint.app->id.str() +
      ", " + std::string(to_string(result.what)) +
      (exchange.detail.empty() ? "" : ": " + exchange.detail) + ")");
}

/// At once, then once a minute.
void Dispatcher::tell_dead(Now at) {
  if (at.steady_ms < next_dead_line_ms_) return;
  next_dead_line_ms_ = at.steady_ms + 60'000;
  const std::uint64_t dead = dead_ - std::exchange(dead_told_, dead_);
  log("delivery: " + std::to_string(dead) + (dead == 1 ? " event has" : " events have") +
      " ended dead; `tidings events list SDKAPPID --state dead` shows why, `tidings events replay` sends "
      "them again");
}

DispatcherStats Dispatcher::stats() const {
  DispatcherStats stats;
  stats.attempts = attempts_;
  stats.delivered = delivered_;
  stats.dead = dead_;
  stats.in_flight = in_flight_;
  stats.queued = queued_;
  stats.open_breakers = open_breakers_;
  stats.parked = parked_;
  stats.behind = behind_shown_;
  return stats;
}

}  // namespace tidings::delivery

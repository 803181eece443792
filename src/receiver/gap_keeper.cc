#include "receiver/gap_keeper.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "receiver/gap_watched.h"

namespace tidings::receiver {
namespace {

using store::SequenceRange;
using store::SequenceSet;

/// Numbers named in one log line.
constexpr std::size_t kNamedRanges = 8;

constexpr const char* kWayOut =
    "give receive.app the source's address and credentials (source.url, source.identifier, "
    "source.key_file), and they are fetched; or set first_sequence behind them";

std::string text_of(const std::vector<SequenceRange>& ranges) {
  std::string text;
  for (const SequenceRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text += std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

}  // namespace

GapKeeper::GapKeeper(Parts parts, GapOptions options, std::vector<WatchedApp> apps)
    : parts_(std::move(parts)), options_(options), group_(parts_.lane) {
  for (WatchedApp& app : apps) {
    const SdkAppId id = app.id;
    apps_.emplace(id, std::make_shared<Watched>(parts_.lane, std::move(app), options_));
  }
}

GapKeeper::~GapKeeper() = default;

void GapKeeper::start() {
  for (const auto& [id, app] : apps_) {
    const auto spawned = group_.spawn("gaps of app " + id.str(), watch(*app));
    if (!spawned) log("error", "gaps", {{"what", spawned.error().what}});
  }
}

void GapKeeper::committed(const BatchReport& report) {
  for (const SdkAppId id : report.with_holes) {
    const auto found = apps_.find(id);
    if (found == apps_.end() || found->second->told.exchange(true)) continue;
    parts_.lane.post([app = found->second] {
      app->told = false;
      app->poked = true;
      app->poke.notify_all();
    });
  }
}

void GapKeeper::set_credentials(SdkAppId id, SourceCredentials credentials) {
  const auto found = apps_.find(id);
  if (found == apps_.end() || !found->second->source) return;
  parts_.lane.post([app = found->second, credentials = std::move(credentials)]() mutable {
    app->source->set_credentials(std::move(credentials));
    app->renewed = true;
    app->poke.notify_all();
  });
}

std::vector<GapStatus> GapKeeper::status() const {
  std::vector<GapStatus> all;
  for (const auto& [id, app] : apps_) {
    const std::lock_guard lock(app->mutex);
    all.push_back(app->status);
  }
  return all;
}

bool GapKeeper::is_filling(SdkAppId id) const {
  const auto found = apps_.find(id);
  if (found == apps_.end() || !found->second->source) return false;
  const std::lock_guard lock(found->second->mutex);
  return found->second->status.open > 0 && found->second->status.source_answers;
}

void GapKeeper::log(std::string_view level, std::string_view event, LogFields fields) const {
  if (parts_.log) parts_.log(level, event, fields);
}

runtime::awaitable<void> GapKeeper::watch(Watched& app) {
  while (!group_.stopping()) {
    const auto looked = co_await look(app);
    if (looked) {
      healed(app);
      app.backoff = options_.first_backoff;
    } else if (!group_.stopping()) {
      failed(app, looked.error());
    }
    co_await rest(app);
  }
}

/// Until there may be something new to see.
runtime::awaitable<void> GapKeeper::rest(Watched& app) {
  using runtime::Deadline;
  const auto now = Deadline::SteadyClock::now();
  auto until = Deadline::never();
  if (app.source) until = Deadline::at(app.next_check);
  if (app.failing) {
    // A quarter of chance keeps receivers of one source apart.
    const auto wait = app.backoff * (0.75 + 0.25 * parts_.random.next_unit());
    app.backoff = std::min<decltype(app.backoff)>(app.backoff * 2, options_.longest_backoff);
    const auto next =
        Deadline::at(now + std::chrono::duration_cast<Deadline::SteadyClock::duration>(wait));
    while (!app.renewed && !next.passed() && !group_.stopping()) {
      const auto woken = co_await app.poke.wait(next);
      if (!woken) break;
    }
    co_return;
  }
  if (const auto due = app.clock.next_due()) {
    (void)co_await runtime::sleep_until(until.sooner(Deadline::at(*due)));
    co_return;
  }
  // Holes that stay, for want of a source, must not make every batch a reason to look.
  if (app.holes) (void)co_await runtime::sleep_until(Deadline::at(now + options_.settle));
  while (!app.poked && !until.passed() && !group_.stopping()) {
    const auto woken = co_await app.poke.wait(until);
    if (!woken) break;
  }
}

runtime::awaitable<Result<void>> GapKeeper::look(Watched& app) {
  app.poked = app.renewed = false;
  CO_TRY(store::MirrorSequences row, co_await arrived(app));
  app.holes = !row.have.beyond().empty();
  const auto now = runtime::Deadline::SteadyClock::now();
  app.clock.heard_of(row.have.highest(), now);
  std::int64_t last = app.clock.overdue(now);
  if (app.source && (runtime::Deadline::at(app.next_check).passed() ||
                     (last > app.source_last && app.missing(row.have, last) > 0))) {
    const auto asked = co_await ask_for_newest(app, row.have.highest());
    if (!asked) {
      tell_of_gaps(app, row.have, last);
      co_return asked.error();
    }
    last = app.clock.overdue(now);
  }
  if (app.source) last = std::min(last, app.source_last);  // others it does not know either
  tell_of_gaps(app, row.have, last);
  if (app.open == 0 || !app.source) co_return Result<void>{};

  CO_TRY(const Filled done, co_await fill(app, last));
  log(done.gone + done.unreadable > 0 ? "error" : "info", "gap closed",
      {{"sdkappid", app.id.str()},
       {"filled", std::to_string(done.filled)},
       {"gone", std::to_string(done.gone)},
       {"unreadable", std::to_string(done.unreadable)}});
  CO_TRY(row, co_await arrived(app));
  tell_of_gaps(app, row.have, last);
  co_return Result<void>{};
}

runtime::awaitable<Result<store::MirrorSequences>> GapKeeper::arrived(Watched& app) {
  auto call = [&reader = parts_.reader] { return reader.sequences(); };
  auto rows = co_await parts_.readers.run(std::move(call));
  if (!rows) co_return rows.error();
  for (auto& [id, row] : *rows) {
    if (id == app.id) co_return std::move(row);
  }
  co_return store::MirrorSequences{};
}

runtime::awaitable<Result<void>> GapKeeper::ask_for_newest(Watched& app, std::int64_t after) {
  CO_TRY(const SourcePage page, co_await read(app, after, 1));
  const auto now = runtime::Deadline::SteadyClock::now();
  app.next_check = now + options_.check_every;
  if (!std::exchange(app.asked, true)) {
    app.clock.heard_of_long_ago(page.last);
  } else {
    app.clock.heard_of(page.last, now);
  }
  if (page.last >= after) co_return Result<void>{};
  const std::string what =
      "the source's newest number is " + std::to_string(page.last) + ", and " +
      std::to_string(after) +
      " has arrived here: its store was replaced, or it is another one. Gaps cannot be told: correct "
      "source.url; or stop the receiver, run `tidings forget-numbers " + app.id.str() + " --through " +
      std::to_string(page.last) + "`, and start it again";
  if (!std::exchange(app.ahead, true)) {
    log("error", "source counts less", {{"sdkappid", app.id.str()}, {"what", what}});
  }
  const std::lock_guard lock(app.mutex);
  app.status.trouble = what;
  co_return Result<void>{};
}

runtime::awaitable<Result<SourcePage>> GapKeeper::read(Watched& app, std::int64_t after,
                                                       std::int64_t limit) {
  auto page = co_await app.source->read(after, limit);
  if (page) {
    answered(app, *page);
  } else {
    app.source_down = true;
    const std::lock_guard lock(app.mutex);
    app.status.source_answers = false;
  }
  co_return page;
}

void GapKeeper::answered(Watched& app, const SourcePage& page) {
  app.source_last = std::max(app.source_last, page.last);
  const bool was_down = std::exchange(app.source_down, false);
  if (was_down) {
    log("info", "source answers again", {{"sdkappid", app.id.str()}, {"url", app.source->url()}});
  }
  const std::lock_guard lock(app.mutex);
  app.status.source_answers = true;
  app.status.source_last = page.last;
  app.status.asked_ms = parts_.clock.now_ms();
  if (was_down || !app.failing) app.status.trouble.clear();  // else it is our own store's
}

void GapKeeper::healed(Watched& app) {
  if (!std::exchange(app.failing, false)) return;
  const std::lock_guard lock(app.mutex);
  if (app.status.trouble == app.shown_trouble) app.status.trouble.clear();
}

/// One line when it begins, not one for every try. The source, or our own store: the text says so.
void GapKeeper::failed(Watched& app, const Error& error) {
  if (!app.failing || error.what != app.last_trouble) {
    log("error", "gaps cannot be filled",
        {{"sdkappid", app.id.str()},
         {"url", app.source ? app.source->url() : ""},
         {"what", error.what},
         {"next", "tried again, at most every " +
                      std::to_string(options_.longest_backoff.count() / 1000) + " s"}});
  }
  app.failing = true;
  app.last_trouble = error.what;
  const bool of_source = app.source_down || error.kind == Errc::conflict;
  app.shown_trouble = of_source ? error.what : kOwnStore;
  const std::lock_guard lock(app.mutex);
  app.status.trouble = app.shown_trouble;
}

void GapKeeper::tell_of_gaps(Watched& app, const SequenceSet& have, std::int64_t last) {
  app.open = app.missing(have, last);
  const std::int64_t fresh = last > app.told_of ? app.open - app.missing(have, app.told_of) : 0;
  if (fresh > 0) {
    const auto named = have.holes(std::max(app.told_of, app.floor), last, kNamedRanges);
    LogFields fields{{"sdkappid", app.id.str()},
                     {"missing", std::to_string(fresh)},
                     {"numbers", text_of(named)}};
    fields.emplace_back("what", app.source ? "asking the source for them" : kWayOut);
    log("warn", "callbacks were missed", std::move(fields));
    parts_.metrics.gaps_seen(fresh);
  }
  app.told_of = std::max(app.told_of, last);
  const std::lock_guard lock(app.mutex);
  app.status.open = app.open;
  app.status.seen += fresh;
  if (!app.source) app.status.trouble = app.open > 0 ? kWayOut : "";
}

}  // namespace tidings::receiver

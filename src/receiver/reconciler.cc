#include "receiver/reconciler.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/line_limit.h"
#include "receiver/mirror_lookup.h"
#include "runtime/notifier.h"
#include "runtime/sleep.h"

namespace tidings::receiver {
namespace {

using runtime::Deadline;
using store::MirrorGroup;

/// Error codes of the protocol (appendix A.3).
constexpr int kGroupCodes = 10'000, kBehindGroupCodes = 20'000;  // what is wrong with one group
constexpr int kNoTopicsHere = 10007, kNoSuchGroup = 10010, kBadId = 10015, kNoTopicFeature = 11000;

constexpr std::size_t kCallbacksAtOnce = 500;
constexpr std::size_t kMirrorPage = 1000;
constexpr int kSettlesForGaps = 120;  // then a gap that does not close is waited for no longer

std::uint64_t hash_of(const GroupId& id) { return std::hash<GroupId>{}(id); }

std::string text_of(std::int64_t number) { return std::to_string(number); }

}  // namespace

struct Reconciler::Reconciled {
  Reconciled(runtime::Lane& lane, App app, const ReconcileOptions& options)
      : id(app.id),
        source(std::move(app.source)),
        every(app.every),
        between_calls(std::chrono::nanoseconds{1'000'000'000 / app.calls_per_second}),
        max_destroyed(app.max_destroyed),
        backoff(options.first_backoff),
        poke(lane) {
    status.app = id;
    status.source = source->client().url();
  }

  template <class Change>
  void update(Change change) {
    const std::lock_guard lock(mutex);
    change(status);
  }

  const SdkAppId id;
  const std::unique_ptr<SourceState> source;
  const std::chrono::milliseconds every;
  const std::chrono::nanoseconds between_calls;
  const std::int64_t max_destroyed;

  // Lane only.
  Deadline::TimePoint next_call{}, next_list{};
  bool asking = false;  // the source; where that fails, the reason is its own
  bool failing = false;
  std::string last_trouble;
  std::chrono::duration<double, std::milli> backoff;
  bool renewed = false;  // new credentials are worth a question at once
  /// Groups and topics, since a pass came to its end with none held: passes that fail, or leave some
  /// alone, must not empty the mirror bit by bit.
  std::int64_t destroyed = 0;
  LineLimit lines;
  runtime::Notifier poke;

  std::mutex mutex;  // protects status
  ReconcileStatus status;
};

/// A group of which the source tells something else than the mirror.
struct Reconciler::Looked {
  GroupId group;
  std::vector<Missed> missed;
  store::MirrorStamp reread;  // the mark it had, where its topics have been read since
  std::int64_t topics = 0;    // that the source told of
  std::string unread;         // why it did not
};

struct Reconciler::Looks {
  std::vector<Looked> differing;
  std::size_t groups = 0;  // looked at; fewer than asked for where much differs
  std::int64_t topics = 0;
  std::int64_t unread = 0;
  std::string unread_why;
};

struct Reconciler::Pass {
  std::int64_t began_ms = 0;
  std::vector<std::uint64_t> listed;  // hashes of the ids that the source listed, ascending
  std::vector<Looked> differing;      // to be looked at again
  std::size_t looked_at = 0, missed = 0;  // since that was done last
  std::int64_t healed = 0;
  std::int64_t held = 0;
  std::int64_t unread = 0;  // communities whose topics the source did not tell
  std::string unread_why;   // of the last one

  /// Leaves those of a page that none before held. False: there are none, and yet the list goes on.
  bool take_page(SourceGroupIds& page) {
    std::unordered_set<std::uint64_t> fresh;
    const bool empty = page.groups.empty();
    std::erase_if(page.groups, [&](const GroupId& id) {
      const std::uint64_t hash = hash_of(id);
      return std::ranges::binary_search(listed, hash) || !fresh.insert(hash).second;
    });
    const auto known = static_cast<std::ptrdiff_t>(listed.size());
    listed.insert(listed.end(), fresh.begin(), fresh.end());
    std::ranges::sort(listed.begin() + known, listed.end());
    std::ranges::inplace_merge(listed, listed.begin() + known);
    return empty || !fresh.empty() || page.next == 0;
  }
};

Reconciler::Reconciler(Parts parts, ReconcileOptions options, std::vector<App> apps, Filling filling)
    : parts_(std::move(parts)),
      options_(options),
      filling_(std::move(filling)),
      group_(parts_.lane) {
  for (App& app : apps) {
    const SdkAppId id = app.id;
    apps_.emplace(id, std::make_shared<Reconciled>(parts_.lane, std::move(app), options_));
  }
}

Reconciler::~Reconciler() = default;

void Reconciler::start() {
  for (const auto& [id, app] : apps_) {
    const auto spawned = group_.spawn("reconciliation of app " + id.str(), watch(*app));
    if (!spawned) log("error", "reconciliation", {{"what", spawned.error().what}});
  }
}

void Reconciler::set_credentials(SdkAppId id, SourceCredentials credentials) {
  const auto found = apps_.find(id);
  if (found == apps_.end()) return;
  parts_.lane.post([app = found->second, credentials = std::move(credentials)]() mutable {
    app->source->client().set_credentials(std::move(credentials));
    app->renewed = true;
    app->poke.notify_all();
  });
}

std::vector<ReconcileStatus> Reconciler::status() const {
  std::vector<ReconcileStatus> all;
  for (const auto& [id, app] : apps_) {
    app->update([&](const ReconcileStatus& status) { all.push_back(status); });
  }
  return all;
}

void Reconciler::log(std::string_view level, std::string_view event, LogFields fields) const {
  if (parts_.log) parts_.log(level, event, fields);
}

runtime::awaitable<void> Reconciler::watch(Reconciled& app) {
  using Wait = Deadline::SteadyClock::duration;
  while (!group_.stopping()) {
    app.renewed = false;
    const auto passed = co_await run_pass(app);
    if (group_.stopping()) co_return;
    Wait wait = app.every;
    if (passed) {
      app.backoff = options_.first_backoff;
      app.failing = false;
    } else {
      failed(app, passed.error());
      // A quarter of chance keeps receivers of one source apart.
      wait = std::chrono::duration_cast<Wait>(app.backoff *
                                              (0.75 + 0.25 * parts_.random.next_unit()));
      app.backoff = std::min<decltype(app.backoff)>(app.backoff * 2, options_.longest_backoff);
    }
    const auto next = Deadline::at(Deadline::SteadyClock::now() + wait);
    while (!next.passed() && !group_.stopping() && !(app.failing && app.renewed)) {
      const auto woken = co_await app.poke.wait(next);
      if (!woken) break;
    }
  }
}

Reconciler::Task<void> Reconciler::run_pass(Reconciled& app) {
  app.asking = false;
  Pass pass;
  pass.began_ms = parts_.clock.now_ms();
  app.update([&](ReconcileStatus& status) {
    status.running = true;
    status.started_ms = pass.began_ms;
    status.groups = status.topics = 0;
  });
  std::int64_t next = 0;
  do {
    CO_TRY(SourceGroupIds page, co_await list(app, pass, next));
    next = page.next;
    CO_TRY_VOID(co_await look_at(app, pass, std::move(page.groups)));
  } while (next != 0);
  CO_TRY_VOID(co_await look_at_unlisted(app, pass));
  CO_TRY_VOID(co_await heal(app, pass));
  completed(app, pass);
  co_return Result<void>{};
}

/// Until the next call may be made.
Reconciler::Task<void> Reconciler::paced(Reconciled& app) {
  // Where calls take long there is nothing to wait for, and nothing that a stop would interrupt.
  if (group_.stopping()) co_return fail(Errc::cancelled, "stopped between two calls");
  const auto at = std::max(Deadline::SteadyClock::now(), app.next_call);
  app.next_call = at + std::chrono::duration_cast<Deadline::SteadyClock::duration>(app.between_calls);
  if (Deadline::at(at).passed()) co_return Result<void>{};
  co_return co_await runtime::sleep_until(Deadline::at(at));
}

Reconciler::Task<SourceGroupIds> Reconciler::list(Reconciled& app, Pass& pass,
                                                  std::int64_t next) {
  if (!Deadline::at(app.next_list).passed()) {
    CO_TRY_VOID(co_await runtime::sleep_until(Deadline::at(app.next_list)));
  }
  CO_TRY_VOID(co_await paced(app));
  app.next_list = Deadline::SteadyClock::now() + options_.between_lists;
  app.asking = true;
  CO_TRY(SourceGroupIds page, co_await app.source->group_ids(next));
  if (!pass.take_page(page)) {
    co_return fail(Errc::corrupt, "the source's list of groups does not end: what follows Next " +
                                      text_of(next) + " is what stood before it");
  }
  app.asking = false;
  co_return page;
}

Reconciler::Task<void> Reconciler::look_at(Reconciled& app, Pass& pass, std::vector<GroupId> ids) {
  for (std::size_t begin = 0; begin < ids.size();) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = std::min(kGroupsAtOnce, ids.size() - begin);
    std::vector<GroupId> some(first, first + static_cast<std::ptrdiff_t>(count));
    CO_TRY(Looks looks, co_await look(app, std::move(some)));
    for (Looked& each : looks.differing) {
      pass.missed += each.missed.size();
      pass.differing.push_back(std::move(each));
    }
    begin += looks.groups;
    pass.looked_at += looks.groups;
    pass.unread += looks.unread;
    if (looks.unread > 0) pass.unread_why = std::move(looks.unread_why);
    app.update([&](ReconcileStatus& status) {
      status.groups += static_cast<std::int64_t>(looks.groups);
      status.topics += looks.topics;
    });
    if (pass.looked_at < options_.groups_at_once && pass.missed < options_.missed_at_once) continue;
    CO_TRY_VOID(co_await heal(app, pass));
  }
  co_return Result<void>{};
}

/// Groups that are alive in the mirror and that the source did not list.
Reconciler::Task<void> Reconciler::look_at_unlisted(Reconciled& app, Pass& pass) {
  store::MirrorFilter filter;
  filter.app = app.id;
  filter.state = store::MirrorState::alive;
  filter.limit = kMirrorPage;
  do {
    auto read = [&reader = parts_.reader, filter] { return reader.groups(filter); };
    CO_TRY(const auto page, co_await parts_.readers.run(std::move(read)));
    std::vector<GroupId> unlisted;
    for (const MirrorGroup& group : page.rows) {
      if (!std::ranges::binary_search(pass.listed, hash_of(group.group))) {
        unlisted.push_back(group.group);
      }
    }
    filter.after = page.next;
    CO_TRY_VOID(co_await look_at(app, pass, std::move(unlisted)));
  } while (!filter.after.empty());
  co_return Result<void>{};
}

/// What the source says of these groups, beside what the mirror holds; those without a difference are
/// left out.
Reconciler::Task<Reconciler::Looks> Reconciler::look(Reconciled& app, std::vector<GroupId> ids) {
  CO_TRY_VOID(co_await paced(app));
  app.asking = true;
  CO_TRY(auto answered, co_await app.source->groups(ids));
  app.asking = false;
  for (SourceGroup& group : answered) doubt_creation(group, parts_.clock.now_s());
  std::unordered_map<GroupId, const SourceGroup*> there;
  for (const SourceGroup& group : answered) there.emplace(group.group, &group);
  auto read = [&reader = parts_.reader, id = app.id, ids] { return read_groups(reader, id, ids); };
  CO_TRY(const MirrorGroups here, co_await parts_.readers.run(std::move(read)));
  Looks all;
  std::size_t missed = 0;
  while (all.groups < ids.size() && missed < options_.missed_at_once) {
    const std::size_t i = all.groups++;
    const auto found = there.find(ids[i]);
    if (found == there.end()) continue;
    const SourceGroup& group = *found->second;
    const MirrorGroup* const mirrored = here[i] ? &*here[i] : nullptr;
    Looked looked{ids[i], {}, {}, 0, {}};
    if (group.code == kNoSuchGroup && mirrored != nullptr && mirrored->alive()) {
      auto read_all = [&reader = parts_.reader, id = app.id, gone = ids[i]] {
        return read_topics(reader, id, gone);
      };
      CO_TRY(const auto topics, co_await parts_.readers.run(std::move(read_all)));
      group_is_gone(*mirrored, topics, looked.missed);
    }
    if (group.code == 0) {
      compare_group(group, mirrored, looked.missed);
      CO_TRY_VOID(co_await look_at_topics(app, group, mirrored, looked));
    }
    missed += looked.missed.size();
    all.topics += looked.topics;
    if (!looked.unread.empty()) {
      ++all.unread;
      all.unread_why = looked.group.str() + ": " + looked.unread;
    }
    if (!looked.missed.empty() || looked.reread) all.differing.push_back(std::move(looked));
  }
  co_return all;
}

Reconciler::Task<void> Reconciler::look_at_topics(Reconciled& app, const SourceGroup& there,
                                                  const MirrorGroup* here, Looked& looked) {
  if (!there.has_topics) co_return Result<void>{};
  CO_TRY_VOID(co_await paced(app));
  app.asking = true;
  auto topics = co_await app.source->topics(there.group, &parts_.readers);
  if (!topics) {
    const int code = topics.error().code;
    // Gone meanwhile, or without topics after all.
    if (code == kNoSuchGroup || code == kBadId || code == kNoTopicsHere || code == kNoTopicFeature) {
      app.asking = false;
      co_return Result<void>{};
    }
    if (code < kGroupCodes || code >= kBehindGroupCodes) co_return topics.error();
    // One community that cannot be read keeps nobody else from being read.
    app.asking = false;
    looked.unread = topics.error().what;
    co_return Result<void>{};
  }
  app.asking = false;
  looked.topics = static_cast<std::int64_t>(topics->size());
  // A community may have very many; the lane has others to serve.
  auto compare = [&reader = parts_.reader, id = app.id, group = there, topics = std::move(*topics),
                  ended_ms = here != nullptr ? here->destroyed.time_ms : 0,
                  now_s = parts_.clock.now_s()]() mutable {
    return compare_with_mirror(reader, id, group, std::move(topics), ended_ms, now_s);
  };
  CO_TRY(auto compared, co_await parts_.readers.run(std::move(compare)));
  if (compared.all && here != nullptr) looked.reread = here->reread;
  std::ranges::move(compared.missed, std::back_inserter(looked.missed));
  co_return Result<void>{};
}

/// Until what is on its way has had time to arrive.
Reconciler::Task<void> Reconciler::settle(const Reconciled& app) {
  for (int waited = 0; waited < kSettlesForGaps; ++waited) {
    CO_TRY_VOID(co_await runtime::sleep_for(options_.settle));
    if (!filling_ || !filling_(app.id)) break;
  }
  co_return Result<void>{};
}

/// What differs as it did before the settle time was missed.
Reconciler::Task<void> Reconciler::heal(Reconciled& app, Pass& pass) {
  const std::vector<Looked> before = std::exchange(pass.differing, {});
  pass.looked_at = pass.missed = 0;
  if (before.empty()) co_return Result<void>{};
  CO_TRY_VOID(co_await settle(app));
  for (std::size_t begin = 0; begin < before.size();) {
    const std::size_t end = std::min(begin + kGroupsAtOnce, before.size());
    std::vector<GroupId> ids;
    for (std::size_t i = begin; i < end; ++i) ids.push_back(before[i].group);
    CO_TRY(const Looks again, co_await look(app, std::move(ids)));
    begin += again.groups;
    std::vector<Missed> missed;
    std::int64_t destroying = app.destroyed;
    std::vector<const Looked*> read;  // marked, and the mirror will hold what was read
    for (const Looked& now : again.differing) {
      const auto then = std::ranges::find(before, now.group, &Looked::group);
      std::vector<Missed> still = still_missed(then->missed, now.missed);
      bool all = still.size() == now.missed.size();
      for (Missed& each : still) {
        if (destroys(each.kind) && ++destroying > app.max_destroyed) {
          ++pass.held;
          all = false;
          continue;
        }
        missed.push_back(std::move(each));
      }
      if (now.reread && all) read.push_back(&now);
    }
    pass.healed += static_cast<std::int64_t>(missed.size());
    CO_TRY_VOID(co_await commit(app, missed));
    for (const Looked* now : read) {
      store::MirrorGroupKey key{app.id, now->group};  // g++ 12 destroys one that is made there twice
      CO_TRY_VOID(co_await parts_.inbox.reread(std::move(key), now->reread));
    }
  }
  co_return Result<void>{};
}

Reconciler::Task<void> Reconciler::commit(Reconciled& app, const std::vector<Missed>& missed) {
  const std::int64_t now_ms = parts_.clock.now_ms();
  for (std::size_t begin = 0; begin < missed.size(); begin += kCallbacksAtOnce) {
    const std::size_t end = std::min(begin + kCallbacksAtOnce, missed.size());
    std::vector<Callback> callbacks;
    for (std::size_t i = begin; i < end; ++i) {
      callbacks.push_back(callback_of(missed[i], app.id, now_ms));
    }
    CO_TRY(const auto applied, co_await parts_.inbox.commit_all(std::move(callbacks)));
    for (std::size_t i = begin; i < end; ++i) {
      if (applied[i - begin] == Applied::accepted) tell_of(app, missed[i]);
    }
  }
  co_return Result<void>{};
}

void Reconciler::tell_of(Reconciled& app, const Missed& missed) {
  if (destroys(missed.kind)) ++app.destroyed;
  parts_.metrics.reconciled(missed.kind);
  app.update([&](ReconcileStatus& status) { ++status.healed[static_cast<std::size_t>(missed.kind)]; });
  const auto left_out = app.lines.admit(parts_.clock.now_s());
  if (!left_out) return;
  LogFields fields{{"sdkappid", app.id.str()},
                   {"what", std::string(to_string(missed.kind))},
                   {"group", missed.group.str()}};
  if (!missed.topic.empty()) fields.emplace_back("topic", missed.topic.str());
  if (*left_out != 0) fields.emplace_back("left_out", std::to_string(*left_out));
  log("warn", "no callback told", std::move(fields));
}

void Reconciler::completed(Reconciled& app, const Pass& pass) {
  const std::int64_t now_ms = parts_.clock.now_ms();
  std::string trouble;
  if (pass.unread > 0) {
    trouble = "communities whose topics could not be read, and stay as they are: " +
              text_of(pass.unread) + "; of " + pass.unread_why;
    log("error", "topics were not told", {{"sdkappid", app.id.str()}, {"what", trouble}});
  }
  if (pass.held == 0) {
    app.destroyed = 0;
  } else {
    trouble = text_of(pass.held) +
              " groups and topics more than source.reconcile_max_destroyed (" +
              text_of(app.max_destroyed) +
              ") are alive in the mirror, and the source has them no longer; they were left alone. Is "
              "source.url this app's, and whole? Then raise source.reconcile_max_destroyed";
    log("error", "much is missing at the source", {{"sdkappid", app.id.str()}, {"what", trouble}});
  }
  ReconcileStatus now;
  app.update([&](ReconcileStatus& status) {
    status.running = false;
    status.completed_ms = now_ms;
    status.held = pass.held;
    status.trouble = trouble;
    now = status;
  });
  log("info", "reconciled",
      {{"sdkappid", app.id.str()},
       {"groups", text_of(now.groups)},
       {"topics", text_of(now.topics)},
       {"healed", text_of(pass.healed)},
       {"seconds", text_of((now_ms - pass.began_ms) / 1000)}});
}

/// One line when it begins, not one for every try.
void Reconciler::failed(Reconciled& app, const Error& error) {
  if (!app.failing || error.what != app.last_trouble) {
    log("error", "the source cannot be reconciled with",
        {{"sdkappid", app.id.str()},
         {"url", app.source->client().url()},
         {"what", error.what},
         {"next", "begun anew, at most every " +
                      text_of(options_.longest_backoff.count() / 1000) + " s"}});
  }
  app.failing = true;
  app.last_trouble = error.what;
  app.update([&](ReconcileStatus& status) {
    status.running = false;
    status.trouble = app.asking ? error.what : kOwnStore;
  });
}

}  // namespace tidings::receiver

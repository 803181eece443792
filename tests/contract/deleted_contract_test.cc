// Goal: what was deleted as a whole is gone for every reader at once, whether its rows are still there or
// not; the same id can be made anew and neither sees nor loses anything; rows go a few a commit, across
// restarts, until none is left. Method: apps and groups full of everything, deleted, and read again after
// each step of the purge; each case runs over every engine.
#include "contract/events_contract.h"
#include "tidings/identifier.h"

namespace tidings::store {
namespace {

using namespace community;

constexpr const char* kUsers[] = {"ada", "bo", "cy"};

/// The ids of a full app: every app has the same.
struct Ids {
  explicit Ids(SdkAppId id)
      : app(id),
        community{id, GroupId{"@TGS#_makers"}},
        room{id, GroupId{"room"}},
        account{id, UserId{kUsers[0]}},
        member{community, account.user},
        own{community, TopicId{community.group.str() + "@TOPIC#_own"}},
        mute{community, TopicId{}, account.user},
        topic_mute{community, own.topic, account.user} {}
  [[nodiscard]] Needs needs() const {
    return {.apps = {app},
            .accounts = {account},
            .groups = {community, room},
            .members = {member},
            .topics = {own},
            .mutes = {mute, topic_mute},
            .user_tallies = {account},
            .all_topics = {community},
            .all_members = {room},
            .memberships = {account}};
  }
  SdkAppId app;
  GroupKey community, room;
  AccountKey account;
  MemberKey member;
  TopicKey own;
  MuteKey mute, topic_mute;
};

/// Two groups of three members, three topics, two mutes, all of them named after `name`.
void put_rows(View& view, const Ids& ids, const std::string& name, std::uint64_t number) {
  for (const char* user : kUsers) {
    view.put(Account{{ids.app, UserId{user}}, name, "", 1, 0});
  }
  for (const GroupKey& key : {ids.community, ids.room}) {
    Group group;
    group.key = key;
    group.type = key == ids.room ? GroupType::public_group : GroupType::community;
    group.name = name;
    group.owner = ids.account.user;
    group.member_num = 3;
    group.topic_num = key == ids.room ? 0 : 3;
    view.put(group);
    for (const char* user : kUsers) {
      Member member;
      member.key = {key, UserId{user}};
      member.name_card = name;
      view.put(member);
    }
  }
  for (const TopicId& id : {make_topic_id(ids.community.group, number), ids.own.topic,
                            make_topic_id(ids.community.group, number + 1)}) {
    Topic topic;
    topic.key = {ids.community, id};
    topic.name = name;
    view.put(topic);
  }
  view.put(Mute{ids.mute, 7});
  view.put(Mute{ids.topic_mute, 7});
}

class DeletedContract : public EventsContract {
 protected:
  void fill(const Ids& ids, const std::string& name) {
    View filled = load({.apps = {ids.app}, .groups = {ids.community, ids.room}});
    number_ += 10;
    put_rows(filled, ids, name, number_);
    commit(filled);
  }
  void drop(SdkAppId app, std::int64_t now_ms = kNowMs) {
    View gone{now_ms, random_};
    ASSERT_TRUE(store_->unit().load({.apps = {app}}, gone));
    gone.drop(app);
    commit(gone);
  }
  void dissolve(const GroupKey& group) {
    View gone = load({.groups = {group}});
    gone.dissolve(group);
    commit(gone);
  }
  void purge(std::int64_t rows, SdkAppId app = {}) {
    View purged = view();
    purged.set_changes.emplace_back(ForgetDeleted{app, rows});
    commit(purged);
  }
  /// True while it did something.
  bool purge_some() {
    if (!store_->reader().unpurged({}).value()) return false;
    purge(2);
    return ++purges_ < 100;
  }

  void expect_nothing(const Ids& ids) {
    for (const View& got : {load(ids.needs()), read(ids.needs())}) {
      EXPECT_EQ(got.app(ids.app), nullptr);
      EXPECT_EQ(got.tally(ids.app).groups, 0);
      EXPECT_EQ(got.account(ids.account), nullptr);
      expect_no_groups(ids, got);
    }
    expect_lists(ids, 0);
  }
  static void expect_no_groups(const Ids& ids, const View& got) {
    EXPECT_EQ(got.group(ids.community), nullptr);
    EXPECT_EQ(got.group(ids.room), nullptr);
    EXPECT_EQ(got.member(ids.member), nullptr);
    EXPECT_EQ(got.topic(ids.own), nullptr);
    EXPECT_EQ(got.mute(ids.mute), nullptr);
    EXPECT_EQ(got.mute(ids.topic_mute), nullptr);
    EXPECT_EQ(got.user_tally(ids.account).joined, 0);
    for (const std::int64_t owned : got.user_tally(ids.account).owned) EXPECT_EQ(owned, 0);
    EXPECT_TRUE(got.topics_of(ids.community).empty());
    EXPECT_TRUE(got.members_of(ids.room).empty());
  }
  /// What put_rows() made, and nothing else.
  void expect_full(const Ids& ids, const std::string& name) {
    for (const View& got : {load(ids.needs()), read(ids.needs())}) {
      ASSERT_NE(got.app(ids.app), nullptr);
      ASSERT_NE(got.account(ids.account), nullptr);
      EXPECT_EQ(got.account(ids.account)->nick, name);
      for (const GroupKey& key : {ids.community, ids.room}) {
        ASSERT_NE(got.group(key), nullptr);
        EXPECT_EQ(got.group(key)->name, name);
        EXPECT_EQ(got.group(key)->member_num, 3);
      }
      ASSERT_NE(got.member(ids.member), nullptr);
      EXPECT_EQ(got.member(ids.member)->name_card, name);
      EXPECT_EQ(got.topics_of(ids.community).size(), 3U);
      for (const Topic* topic : got.topics_of(ids.community)) EXPECT_EQ(topic->name, name);
      ASSERT_NE(got.topic(ids.own), nullptr);
      EXPECT_NE(got.mute(ids.mute), nullptr);
      EXPECT_NE(got.mute(ids.topic_mute), nullptr);
      EXPECT_EQ(got.members_of(ids.room).size(), 3U);
      EXPECT_EQ(got.user_tally(ids.account).joined, 2);
      EXPECT_EQ(got.user_tally(ids.account).owned[static_cast<int>(GroupType::community)], 1);
    }
    expect_lists(ids, 1);
  }
  void expect_lists(const Ids& ids, std::int64_t each) {
    CommunityReader& reader = store_->reader();
    EXPECT_EQ(reader.groups(ids.app, {}, 0, 100).value().total, 2 * each);
    EXPECT_EQ(std::ssize(reader.groups(ids.app, {}, 0, 100).value().groups), 2 * each);
    EXPECT_EQ(reader.joined({.account = ids.account}).value().total, 2 * each);
    EXPECT_EQ(std::ssize(reader.members({.group = ids.community}).value().members), 3 * each);
    EXPECT_EQ(std::ssize(reader.mutes(ids.community, TopicId{}, 0, 100'000).value()), each);
  }

  /// Of one app; what was accepted is the sum.
  void expect_events(SdkAppId app, Ledger want) {
    want.accepted = want.delivered + want.pending + want.dead + want.cancelled;
    Ledger got = store_->log().ledger(app).value();
    EXPECT_EQ(got, store_->log().recount(app).value());
    EXPECT_EQ(got.oldest_pending_ms == 0, want.pending == 0);
    got.oldest_pending_ms = 0;
    EXPECT_EQ(got, want);
    for (const LedgerAudit& audit : store_->log().audit().value()) EXPECT_TRUE(audit.agrees());
    const auto count = [&](StateSet states) {
      const EventFilter filter{.app = app, .states = states};
      const auto found = static_cast<std::int64_t>(store_->log().list(filter).value().size());
      EXPECT_EQ(store_->log().summarize(filter).value().count, found) << to_string(states);
      return found;
    };
    EXPECT_EQ(count({}), want.accepted);
    EXPECT_EQ(count(EventState::pending), want.pending);
    EXPECT_EQ(count(EventState::delivered), want.delivered);
    EXPECT_EQ(count(EventState::dead), want.dead);
    EXPECT_EQ(count(EventState::cancelled), want.cancelled);
    EXPECT_EQ(count(StateSet{EventState::delivered}.add(EventState::cancelled)),
              want.delivered + want.cancelled);
    EXPECT_EQ(count(StateSet{EventState::pending}.add(EventState::delivered)),
              want.pending + want.delivered);
    EXPECT_EQ(std::ssize(store_->log().pending(app, 0, 100).value()), want.pending);
  }

  std::uint64_t number_ = 100'000'000'000'000;
  int purges_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, DeletedContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(DeletedContract, WhatAnAppHadIsGoneAtOnceAndAnotherKeepsItsOwn) {
  const Ids gone{app_};
  const Ids other{SdkAppId{7}};
  put_app(other.app);
  fill(gone, "old");
  fill(other, "other");
  drop(app_);
  EXPECT_FALSE(store_->reader().unpurged(other.app).value());
  do {
    expect_nothing(gone);
    expect_full(other, "other");
    if (purges_ % 4 == 3) store_->reopen();
  } while (purge_some());
  EXPECT_FALSE(store_->reader().unpurged({}).value());
  expect_nothing(gone);
  expect_full(other, "other");
}

TEST_P(DeletedContract, AnAppMadeAnewSeesNothingOfTheOldOneAndLosesNothingToItsPurge) {
  for (int before = 0; before < 12; ++before) {
    SCOPED_TRACE(before);
    const Ids ids{SdkAppId{static_cast<std::uint32_t>(100 + before)}};
    put_app(ids.app);
    fill(ids, "old");
    drop(ids.app);
    for (int step = 0; step < before && purge_some(); ++step) {
    }
    put_app(ids.app);
    EXPECT_FALSE(store_->reader().unpurged(ids.app).value());
    {
      const View empty = load(ids.needs());
      EXPECT_EQ(empty.account(ids.account), nullptr);
      expect_no_groups(ids, empty);
    }
    expect_lists(ids, 0);
    fill(ids, "new");
    do {
      expect_full(ids, "new");
      if (purges_ % 3 == 2) store_->reopen();
    } while (purge_some());
    expect_full(ids, "new");
    purges_ = 0;
  }
}

TEST_P(DeletedContract, ADissolvedGroupsIdComesBackEmptyAndKeepsWhatIsNew) {
  const Ids ids{app_};
  for (int before = 0; before < 8; ++before) {
    SCOPED_TRACE(before);
    fill(ids, "old");
    dissolve(ids.community);
    dissolve(ids.room);
    for (int step = 0; step < before && purge_some(); ++step) {
      expect_no_groups(ids, read(ids.needs()));
    }
    expect_no_groups(ids, load(ids.needs()));
    expect_lists(ids, 0);
    EXPECT_FALSE(store_->reader().unpurged(app_).value()) << "groups are in no app's way";
    fill(ids, "new");
    do {
      expect_full(ids, "new");
      if (purges_ % 3 == 2) store_->reopen();
    } while (purge_some());
    expect_full(ids, "new");
    purges_ = 0;
    dissolve(ids.community);
    dissolve(ids.room);
  }
}

TEST_P(DeletedContract, AForgottenAccountTakesNothingFromCountsThroughDissolvedGroups) {
  const Ids ids{app_};
  fill(ids, "old");
  dissolve(ids.community);
  View forgotten = load({.accounts = {ids.account}, .memberships = {ids.account}});
  forgotten.forget(ids.account);
  commit(forgotten);
  EXPECT_EQ(read({.groups = {ids.room}}).group(ids.room)->member_num, 2);
  while (purge_some()) {
  }
  EXPECT_EQ(store_->reader().members({.group = ids.room}).value().members.size(), 2U);
}

TEST_P(DeletedContract, EventsThatWaitedAreCancelledAtOnceAndStayInTheLog) {
  constexpr std::int64_t kLater = kNowMs + 5000;
  const SdkAppId other{7};
  put_app(other);
  append(other, 2);
  const auto seqs = append(app_, 7);
  Outcome parked = outcome(seqs[4], EventState::pending);
  parked.next_attempt_ms = kParked;
  settle({outcome(seqs[0], EventState::delivered), outcome(seqs[1], EventState::dead),
          outcome(seqs[3], EventState::pending, 2, "timeout"), parked});
  drop(app_, kLater);
  do {
    expect_events(app_, {.delivered = 1, .dead = 1, .cancelled = 5});
    expect_events(other, {.pending = 2});
    EXPECT_EQ(store_->log().apps_with_pending().value(), std::vector{other});
    const auto all = store_->log().list({.app = app_}).value();
    ASSERT_EQ(all.size(), 7U);
    for (const std::size_t i : {2, 3, 4, 5, 6}) {
      EXPECT_EQ(all[i].state, EventState::cancelled);
      EXPECT_EQ(all[i].since_ms, kLater);
      EXPECT_EQ(all[i].settled_ms, kLater);
      EXPECT_EQ(all[i].next_attempt_ms, 0);
      EXPECT_FALSE(all[i].parked());
    }
    EXPECT_EQ(all[3].attempts, 2);
    EXPECT_EQ(all[3].last_outcome, "timeout");
    EXPECT_TRUE(
        store_->log().list({.app = app_, .states = StateSet{}.add_parked()}).value().empty());
    EXPECT_EQ(store_->log().attempts(seqs[3]).value().size(), 1U);
    const bool moved = !store_->reader().unpurged(app_).value();
    EXPECT_EQ(store_->log().apps_with_ended(6).value(),
              moved ? std::vector{app_} : std::vector<SdkAppId>{})
        << "retention is to take the oldest, so it waits until all are where it looks";
    if (purges_ % 2 == 1) store_->reopen();
  } while (purge_some());
  expect_events(app_, {.delivered = 1, .dead = 1, .cancelled = 5});
  EXPECT_EQ(store_->log().list({.app = app_, .states = EventState::cancelled}).value()[0].since_ms,
            kLater);
}

TEST_P(DeletedContract, OutcomesComeTooLateWhetherTheirEventsWereMovedOrNot) {
  const auto seqs = append(app_, 5);
  drop(app_);
  do {
    Outcome note = outcome(seqs[4], EventState::delivered);
    note.kind = OutcomeKind::note;
    settle({outcome(seqs[0], EventState::delivered), outcome(seqs[1], EventState::dead, 3),
            outcome(seqs[2], EventState::pending), replay(seqs[3]), note});
    expect_events(app_, {.cancelled = 5});
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(store_->log().attempts(seqs[i]).value().empty());
    }
  } while (purge_some());
  EXPECT_EQ(std::ssize(store_->log().attempts(seqs[4]).value()), purges_ + 1)
      << "what an operator tried elsewhere is kept";
}

TEST_P(DeletedContract, EventsOfTheOldAppAreNeverReplayedToTheNewOne) {
  const auto old = append(app_, 3);
  drop(app_);
  put_app(app_);
  const auto seqs = append(app_, 3);
  settle({outcome(seqs[0], EventState::dead), outcome(seqs[1], EventState::cancelled)});
  do {
    settle({replay(old[0]), replay(old[1]), replay(old[2])});
    expect_events(app_, {.pending = 1, .dead = 1, .cancelled = 4});
    if (purges_ % 2 == 1) store_->reopen();
  } while (purge_some());
  // Settings that are committed together with a replay count for it.
  View changed = load({.apps = {app_}});
  App app = *changed.app(app_);
  app.name = "another";
  changed.put(app);
  commit(changed, {replay(old[2]), replay(seqs[0]), replay(seqs[1]), replay(seqs[2])});
  expect_events(app_, {.pending = 3, .cancelled = 3});
  EXPECT_EQ(store_->log().pending(app_, 0, 10).value()[0].seq, seqs[0]);
}

TEST_P(DeletedContract, WhatIsLeftOfOneAppCanBePurgedAlone) {
  const Ids first{app_};
  const Ids second{SdkAppId{7}};
  put_app(second.app);
  fill(first, "first");
  fill(second, "second");
  drop(first.app);
  drop(second.app);
  for (int step = 0; step < 10; ++step) purge(2, second.app);
  EXPECT_FALSE(store_->reader().unpurged(second.app).value());
  purge(100, second.app);
  EXPECT_EQ(store_->reader().unpurged(first.app).value(), GetParam().name == "Sqlite");
  expect_nothing(first);
  expect_nothing(second);
}

/// What is in the file.
class SqliteDeleted : public testing::Test {
 protected:
  SqliteDeleted() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-deleted-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open();
    View made = load();
    App app;
    app.id = ids_.app;
    made.put(app);
    put_rows(made, ids_, "old", 100'000'000'000'010);
    for (int i = 0; i < 100; ++i) {
      Member member;
      member.key = {ids_.room, UserId{"user" + std::to_string(i)}};
      made.put(member);
      made.put(Account{{ids_.app, member.key.user}, "", "", 1, 0});
      Event event;
      event.app = ids_.app;
      event.app_sequence = ++made.tallies.change(ids_.app).event_sequence;
      made.events.push_back(event);
    }
    EXPECT_TRUE(engine_->commit(made, {}));
  }
  ~SqliteDeleted() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    engine_.reset();
    sqlite::EngineOptions options;
    options.path = (folder_ / "a.db").string();
    options.readers = 1;
    auto opened = sqlite::Engine::open(options);
    ASSERT_TRUE(opened) << opened.error().what;
    engine_ = std::move(*opened);
  }
  View load() {
    View view{1'735'689'600'000, random_};
    EXPECT_TRUE(engine_->load(ids_.needs(), view));
    return view;
  }
  std::int64_t integer(const std::string& sql) const {
    auto file = sqlite::Database::open((folder_ / "a.db").string(), {.read_only = true});
    return file.value().integer(sql).value();
  }
  std::int64_t rows() const {
    std::int64_t sum = 0;
    for (const char* table : {"account", "grp", "member", "topic", "mute", "pending"}) {
      sum += integer(std::string{"SELECT count(*) FROM "} + table);
    }
    return sum;
  }

  const Ids ids_{SdkAppId{1'400'000'001}};
  std::filesystem::path folder_;
  SeededRandom random_{7};
  std::unique_ptr<sqlite::Engine> engine_;
};

TEST_F(SqliteDeleted, NoCommitTakesManyRowsAndInTheEndNoneIsLeft) {
  constexpr std::int64_t kAtOnce = 16;
  const std::int64_t all = rows();
  ASSERT_GT(all, 300);
  View gone = load();
  gone.drop(ids_.app);
  ASSERT_TRUE(engine_->commit(gone, {}));
  EXPECT_EQ(rows(), all) << "the deletion itself took some";
  EXPECT_EQ(integer("SELECT count(*) FROM app"), 0) << "its secrets go with it";
  int steps = 0;
  for (std::int64_t before = all; engine_->unpurged({}).value(); ++steps) {
    ASSERT_LT(steps, 100) << "it never ends";
    View purged{0, random_};
    purged.set_changes.emplace_back(ForgetDeleted{{}, kAtOnce});
    ASSERT_TRUE(engine_->commit(purged, {}));
    const std::int64_t now = rows();
    EXPECT_LE(before - now, kAtOnce);
    before = now;
    if (steps % 5 == 4) open();
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(integer("SELECT count(*) FROM grp_count"), 0);
  EXPECT_EQ(integer("SELECT count(*) FROM ended WHERE state = 3"), 100);
  EXPECT_LT(steps, all / kAtOnce + 10);
}

TEST_F(SqliteDeleted, ADissolutionTakesOneRowAndLeavesTheOtherGroup) {
  const std::int64_t all = rows();
  View gone = load();
  gone.dissolve(ids_.room);
  ASSERT_TRUE(engine_->commit(gone, {}));
  EXPECT_EQ(rows(), all - 1);
  while (engine_->unpurged({}).value()) {
    View purged{0, random_};
    purged.set_changes.emplace_back(ForgetDeleted{{}, 10});
    ASSERT_TRUE(engine_->commit(purged, {}));
  }
  EXPECT_EQ(rows(), all - 1 - 103);
  EXPECT_EQ(integer("SELECT count(*) FROM member"), 3);
}

/// That reads groups before they are named.
TEST_F(SqliteDeleted, GroupsOfADeletedAppAreNotReadAhead) {
  View gone = load();
  gone.drop(ids_.app);
  ASSERT_TRUE(engine_->commit(gone, {}));
  const Ids other{SdkAppId{7}};
  View asked{0, random_};
  ASSERT_TRUE(engine_->load({.groups = {other.room}}, asked));
  View got{0, random_};
  ASSERT_TRUE(engine_->load({.groups = {ids_.room, ids_.community}}, got));
  EXPECT_EQ(got.group(ids_.room), nullptr);
  EXPECT_EQ(got.group(ids_.community), nullptr);
}

}  // namespace
}  // namespace tidings::store

// Goal: every engine gives rows back exactly as they were written, applies set changes before
// rows, and pages its lists completely and in order.
// Method: Views are filled by hand, without the rules; each case runs over every engine, and looks
// again after the store was closed and opened.
#include <algorithm>
#include <atomic>
#include <thread>

#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;
using namespace std::string_literals;

class RowsContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, RowsContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

const std::string kStrange = "Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x93\xac 'quoted' \"%_\\ \n"s;
const FieldValues kFields = {{"binary", "abc\0\1\0"s}, {"z", std::string(512, 'v')}, {"a", ""}};

Group full_group(const GroupKey& key) {
  Group group;
  group.key = key;
  group.type = GroupType::public_group;
  group.name = kStrange;
  group.introduction = "in\0tro"s;
  group.notification = std::string(300, 'n');
  group.face_url = "https://faces.test/g.png";
  group.owner = UserId{"vera_01"};
  group.create_time_s = 1;
  group.info_seq = INT64_MAX;
  group.last_info_time_s = 3;
  group.last_msg_time_s = 4;
  group.next_msg_seq = 5;
  group.member_num = 6;
  group.max_member_num = INT64_MAX;
  group.topic_num = 7;
  group.apply_join = JoinOption::disable_apply;
  group.mute_all = true;
  group.support_topic = true;
  group.fields = kFields;
  return group;
}

void expect_same(const Group& got, const Group& want) {
  EXPECT_EQ(got.key, want.key);
  EXPECT_EQ(got.type, want.type);
  EXPECT_EQ(got.name, want.name);
  EXPECT_EQ(got.introduction, want.introduction);
  EXPECT_EQ(got.notification, want.notification);
  EXPECT_EQ(got.face_url, want.face_url);
  EXPECT_EQ(got.owner, want.owner);
  EXPECT_EQ(got.create_time_s, want.create_time_s);
  EXPECT_EQ(got.info_seq, want.info_seq);
  EXPECT_EQ(got.last_info_time_s, want.last_info_time_s);
  EXPECT_EQ(got.last_msg_time_s, want.last_msg_time_s);
  EXPECT_EQ(got.next_msg_seq, want.next_msg_seq);
  EXPECT_EQ(got.member_num, want.member_num);
  EXPECT_EQ(got.max_member_num, want.max_member_num);
  EXPECT_EQ(got.topic_num, want.topic_num);
  EXPECT_EQ(got.apply_join, want.apply_join);
  EXPECT_EQ(got.mute_all, want.mute_all);
  EXPECT_EQ(got.support_topic, want.support_topic);
  EXPECT_EQ(got.fields, want.fields);
}

TEST_P(RowsContract, GroupsComeBackAsWrittenAndAsChanged) {
  const auto key = group_key(" odd 'id' ~");
  Group group = full_group(key);
  View created = load({.groups = {key}});
  EXPECT_EQ(created.group(key), nullptr);
  created.put(group);
  commit(created);
  expect_same(*load({.groups = {key}}).group(key), group);
  expect_same(*read({.groups = {key}}).group(key), group);

  View counted = load({.groups = {key}});  // only the counts change
  counted.groups.change(key).member_num = 60;
  counted.groups.change(key).topic_num = 70;
  commit(counted);
  group.member_num = 60;
  group.topic_num = 70;
  expect_same(*read({.groups = {key}}).group(key), group);

  View changed = load({.groups = {key}});  // everything becomes empty or small
  Group bare = make_group(key, GroupType::private_group);
  bare.row = changed.group(key)->row;
  bare.next_msg_seq = 0;
  changed.put(bare);
  commit(changed);
  store_->reopen();
  expect_same(*load({.groups = {key}}).group(key), bare);
  expect_same(*read({.groups = {key}}).group(key), bare);
}

TEST_P(RowsContract, TopicsComeBackAsWrittenWhateverTheirIdLooksLike) {
  const auto key = group_key("@TGS#_@TGS#cBJYDIIM62CB");
  put_group(key);
  std::vector<TopicId> ids = {
      TopicId{key.group.str() + "@TOPIC#_@TOPIC#cCJYDIIM62CC"},  // a default id
      TopicId{key.group.str() + "@TOPIC#_@TOPIC#cCJYDIIM62CA"},  // the same number, other trailer
      TopicId{key.group.str() + "@TOPIC#_woodwork"},
      TopicId{key.group.str() + "@TOPIC#_\x01"},
      TopicId{key.group.str() + "@TOPIC#_12"},
      TopicId{key.group.str() + "@TOPIC#_"},
      TopicId{"@TGS#_other@TOPIC#_x"},
  };
  View created = load({.groups = {key}});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Topic topic;
    topic.key = {key, ids[i]};
    topic.name = kStrange + std::to_string(i);
    topic.introduction = "i\0"s;
    topic.notification = "n";
    topic.face_url = "f";
    topic.custom_string = std::string(3000, static_cast<char>('a' + i));
    topic.mute_all = i % 2 == 1;
    topic.create_time_s = INT64_MAX;
    topic.last_msg_time_s = 2;
    topic.next_msg_seq = 3;
    topic.creator = UserId{"omar"};
    topic.fields = kFields;
    created.put(topic);
  }
  commit(created);
  store_->reopen();
  const View all = read({.groups = {key}, .all_topics = {key}});
  EXPECT_EQ(all.topics_of(key).size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const TopicKey topic_id{key, ids[i]};
    const View one = load({.groups = {key}, .topics = {topic_id}});
    const Topic* topic = one.topic(topic_id);
    ASSERT_NE(topic, nullptr) << ids[i];
    EXPECT_EQ(topic->key, topic_id);
    EXPECT_EQ(topic->name, kStrange + std::to_string(i));
    EXPECT_EQ(topic->introduction, "i\0"s);
    EXPECT_EQ(topic->custom_string, std::string(3000, static_cast<char>('a' + i)));
    EXPECT_EQ(topic->mute_all, i % 2 == 1);
    EXPECT_EQ(topic->create_time_s, INT64_MAX);
    EXPECT_EQ(topic->creator, UserId{"omar"});
    EXPECT_EQ(topic->fields, kFields);
  }
}

TEST_P(RowsContract, AppsTalliesAccountsMembersAndMutesComeBackAsWritten) {
  const auto key = group_key("g");
  put_group(key);
  const AccountKey account{app_, UserId{"vera@01.#:"}};
  const MemberKey member{key, account.user};
  const MuteKey mute{key, TopicId{}, account.user};
  const MuteKey topic_mute{key, topic_key(key, "t").topic, account.user};
  View created = load({.apps = {app_},
                       .accounts = {account},
                       .groups = {key},
                       .members = {member},
                       .mutes = {mute, topic_mute}});
  EXPECT_EQ(created.member(member), nullptr);
  App app = *created.app(app_);
  app.introduction = kStrange;
  app.version = 2;
  app.keys = {{"secret", 5, 0}};
  app.callback.url = "https://hooks.riverside.test/im";
  app.callback.switches = 0x3ff;
  created.put(app);
  created.put(Tally{app_, 1, 2, 3, 4, 5, 6, 7});
  created.put(Account{account, kStrange, "face", INT64_MIN, 0});
  Member row;
  row.key = member;
  row.role = Role::owner;
  row.join_time_s = 2;
  row.msg_seq = 3;
  row.msg_flag = "Discard";
  row.last_send_msg_time_s = 4;
  row.name_card = kStrange;
  row.unread_msg_num = 5;
  row.fields = kFields;
  created.put(row);
  created.put(Mute{mute, INT64_MAX});
  created.put(Mute{topic_mute, 9});
  commit(created);
  store_->reopen();
  const View got = load({.apps = {app_},
                         .accounts = {account},
                         .groups = {key},
                         .members = {member},
                         .mutes = {mute, topic_mute}});
  EXPECT_EQ(*got.app(app_), app);
  EXPECT_EQ(store_->reader().apps().value(), std::vector{app});
  EXPECT_EQ(got.tally(app_).net_new_today, 5);
  EXPECT_EQ(got.tally(app_).event_sequence, 6);
  EXPECT_EQ(got.tally(app_).av_chat_rooms, 7);
  EXPECT_EQ(got.account(account)->nick, kStrange);
  EXPECT_EQ(got.account(account)->created_s, INT64_MIN);
  EXPECT_EQ(got.member(member)->role, Role::owner);
  EXPECT_EQ(got.member(member)->msg_flag, "Discard");
  EXPECT_EQ(got.member(member)->name_card, kStrange);
  EXPECT_EQ(got.member(member)->unread_msg_num, 5);
  EXPECT_EQ(got.member(member)->fields, kFields);
  EXPECT_EQ(got.mute(mute)->until_s, INT64_MAX);
  EXPECT_EQ(store_->reader().mutes(key, TopicId{}, 0, 10).value().size(), 1U);
  EXPECT_EQ(store_->reader().mutes(key, topic_mute.topic, 8, 10).value().at(0).until_s, 9);
  EXPECT_TRUE(store_->reader().mutes(key, topic_mute.topic, 9, 10).value().empty()) << "it has ended";
  EXPECT_TRUE(store_->reader().mutes(key, topic_mute.topic, 8, 0).value().empty());
}

TEST_P(RowsContract, TheSameAppNumberWithNewSettingsIsNeverAnsweredFromAnOldCopy) {
  (void)read({.apps = {app_}});
  View dropped = load({.apps = {app_}});
  dropped.drop(app_);
  commit(dropped);
  EXPECT_EQ(read({.apps = {app_}}).app(app_), nullptr);
  EXPECT_EQ(load({.apps = {app_}}).app(app_), nullptr);
  put_app(app_);  // version 1 again
  View renamed = load({.apps = {app_}});
  App app = *renamed.app(app_);
  app.name = "another";
  renamed.put(app);  // still version 1: only the rules count versions
  commit(renamed);
  EXPECT_EQ(read({.apps = {app_}}).app(app_)->name, "another");
  EXPECT_EQ(load({.apps = {app_}}).app(app_)->name, "another");
}

TEST_P(RowsContract, ErasedRowsAreGoneAndATopicTakesItsMutesAlong) {
  const auto key = group_key("g");
  put_group(key);
  const TopicKey topic = topic_key(key, "t");
  const MemberKey member{key, UserId{"omar"}};
  const MuteKey mute{key, topic.topic, member.user};
  const MuteKey group_mute{key, TopicId{}, member.user};
  const Needs needs{.groups = {key}, .members = {member}, .topics = {topic},
                    .mutes = {mute, group_mute}};
  View created = load(needs);
  Topic row;
  row.key = topic;
  created.put(row);
  Member joined;
  joined.key = member;
  created.put(joined);
  created.put(Mute{mute, 5});
  created.put(Mute{group_mute, 5});
  commit(created);
  View erased = load({.groups = {key}, .members = {member}, .topics = {topic}});
  erased.erase(topic);
  erased.erase(member);
  commit(erased);
  store_->reopen();
  const View got = load(needs);
  EXPECT_EQ(got.topic(topic), nullptr);
  EXPECT_EQ(got.member(member), nullptr);
  EXPECT_EQ(got.mute(mute), nullptr);
  EXPECT_NE(got.mute(group_mute), nullptr) << "a mute in the group outlives membership";
}

TEST_P(RowsContract, ADissolvedGroupLeavesNothingAndItsIdCanComeBackInTheSameBatch) {
  const auto key = group_key("again");
  const auto other = group_key("other");
  put_group(key);
  put_group(other);
  const TopicKey old_topic = topic_key(key, "old");
  const TopicKey new_topic = topic_key(key, "new");
  const MemberKey old_member{key, UserId{"old"}};
  const MemberKey new_member{key, UserId{"new"}};
  const Needs needs{.groups = {key, other},
                    .members = {old_member, new_member},
                    .topics = {old_topic, new_topic},
                    .mutes = {{key, TopicId{}, UserId{"old"}}}};
  View filled = load(needs);
  for (const auto& each : {old_topic, topic_key(other, "stays")}) {
    Topic topic;
    topic.key = each;
    filled.put(topic);
  }
  Member member;
  member.key = old_member;
  filled.put(member);
  filled.put(Mute{{key, TopicId{}, UserId{"old"}}, 5});
  commit(filled);

  View replaced = load(needs);
  replaced.dissolve(key);
  Group fresh = make_group(key);
  fresh.name = "fresh";
  replaced.put(fresh);
  Topic topic;
  topic.key = new_topic;
  replaced.put(topic);
  member.key = new_member;
  replaced.put(member);
  commit(replaced);
  store_->reopen();

  const View got = load(needs);
  EXPECT_EQ(got.group(key)->name, "fresh");
  EXPECT_EQ(got.topic(old_topic), nullptr);
  EXPECT_EQ(got.member(old_member), nullptr);
  EXPECT_EQ(got.mute({key, TopicId{}, UserId{"old"}}), nullptr);
  EXPECT_NE(got.topic(new_topic), nullptr);
  EXPECT_NE(got.member(new_member), nullptr);
  EXPECT_EQ(read({.groups = {other}, .all_topics = {other}}).topics_of(other).size(), 1U);
  EXPECT_EQ(store_->reader().groups(app_, {}, 0, 10).value().total, 2);
}

TEST_P(RowsContract, AForgottenAccountLeavesItsGroupsItsMutesAndItsOwnership) {
  const AccountKey omar{app_, UserId{"omar"}};
  std::vector<GroupKey> keys = {group_key("a"), group_key("b")};
  View created = load({.accounts = {omar}, .groups = keys});
  created.put(Account{omar, "Omar", "", 1, 0});
  for (const GroupKey& key : keys) {
    Group group = make_group(key, GroupType::public_group);
    group.member_num = 2;
    group.owner = key == keys[0] ? omar.user : UserId{"lin"};
    created.put(group);
    for (const char* user : {"omar", "lin"}) {
      Member member;
      member.key = {key, UserId{user}};
      created.put(member);
    }
    created.put(Mute{{key, TopicId{}, omar.user}, 9});
  }
  commit(created);
  (void)load({.groups = keys});  // whatever is cached must not survive

  View gone = load({.accounts = {omar}, .user_tallies = {omar}, .memberships = {omar}});
  EXPECT_EQ(gone.user_tally(omar).joined, 2);
  EXPECT_EQ(gone.user_tally(omar).owned[static_cast<int>(GroupType::public_group)], 1);
  gone.forget(omar);
  commit(gone);
  store_->reopen();

  const View got = load({.accounts = {omar},
                         .groups = keys,
                         .members = {{keys[0], omar.user}, {keys[1], UserId{"lin"}}},
                         .mutes = {{keys[0], TopicId{}, omar.user}},
                         .user_tallies = {omar}});
  EXPECT_EQ(got.account(omar), nullptr);
  EXPECT_TRUE(got.group(keys[0])->owner.empty());
  EXPECT_EQ(got.group(keys[0])->member_num, 1);
  EXPECT_EQ(got.group(keys[1])->member_num, 1);
  EXPECT_EQ(got.group(keys[1])->owner, UserId{"lin"});
  EXPECT_EQ(got.member({keys[0], omar.user}), nullptr);
  EXPECT_NE(got.member({keys[1], UserId{"lin"}}), nullptr);
  EXPECT_EQ(got.mute({keys[0], TopicId{}, omar.user}), nullptr);
  EXPECT_EQ(got.user_tally(omar).joined, 0);
}

TEST_P(RowsContract, WhatGroupsHoldIsLoadedWholeButNotACommunitysMembers) {
  const auto small = group_key("small");
  const auto huge = group_key("@TGS#_huge");
  View created = load({.groups = {small, huge}});
  for (const GroupKey& key : {small, huge}) {
    Group group = make_group(key, key == small ? GroupType::chat_room : GroupType::community);
    group.owner = UserId{"lin"};
    created.put(group);
    for (const char* user : {"lin", "omar", "vera"}) {
      Member member;
      member.key = {key, UserId{user}};
      created.put(member);
    }
  }
  commit(created);
  const auto missing = group_key("missing");
  const View got = load({.groups = {small, huge, missing},
                         .all_topics = {missing},
                         .all_members = {small, huge, missing},
                         .owners = {huge, missing}});
  EXPECT_EQ(got.members_of(small).size(), 3U);
  EXPECT_EQ(got.members_of(missing).size(), 0U);
  EXPECT_EQ(got.topics_of(missing).size(), 0U);
  EXPECT_FALSE(got.all_members_loaded.contains(huge));
  EXPECT_NE(got.member({huge, UserId{"lin"}}), nullptr) << "its owner's row was asked for";
  EXPECT_FALSE(got.members.known({huge, UserId{"omar"}}));
}

TEST_P(RowsContract, ListsPageCompletelyInOrderAndCountTheWholeFilter) {
  constexpr int kGroups = 7;
  std::vector<GroupKey> keys;
  View created = load({});
  for (int i = 0; i < kGroups; ++i) {
    keys.push_back(group_key(("g" + std::to_string(100 - i)).c_str()));
    created.groups.load(keys.back(), std::nullopt);
    Group group = make_group(keys.back(), i % 2 == 0 ? GroupType::community : GroupType::chat_room);
    group.support_topic = i % 4 == 0;
    created.put(group);
    Member member;
    member.key = {keys.back(), UserId{"omar"}};
    created.put(member);
  }
  for (int i = 0; i < 5; ++i) {
    Member member;
    member.key = {keys[0], UserId{"user" + std::to_string(9 - i)}};
    member.role = i == 2 ? Role::admin : Role::member;
    created.put(member);
  }
  commit(created);
  CommunityReader& reader = store_->reader();

  std::vector<GroupId> all;
  std::int64_t next = 0;
  do {
    const GroupPage page = reader.groups(app_, {}, next, 3).value();
    EXPECT_EQ(page.total, kGroups);
    all.insert(all.end(), page.groups.begin(), page.groups.end());
    next = page.next;
  } while (next != 0);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kGroups));
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::unique(all).begin(), all.end());
  EXPECT_EQ(reader.groups(app_, GroupType::chat_room, 0, 10).value().total, 3);
  EXPECT_EQ(reader.groups(app_, GroupType::chat_room, 0, 3).value().next, 0) << "the last page";
  EXPECT_EQ(reader.groups(SdkAppId{1}, {}, 0, 10).value().total, 0);

  const AccountKey omar{app_, UserId{"omar"}};
  EXPECT_EQ(reader.joined({.account = omar}).value().total, kGroups);
  const JoinedPage topics = reader.joined({.account = omar, .support_topic = true}).value();
  EXPECT_EQ(topics.total, 2);
  EXPECT_EQ(topics.groups.at(0).member.key.user, omar.user);
  const JoinedPage second =
      reader.joined({.account = omar, .type = GroupType::community, .offset = 3, .limit = 5})
          .value();
  EXPECT_EQ(second.total, 4);
  EXPECT_EQ(second.groups.size(), 1U);

  std::vector<UserId> members;
  next = 0;
  do {
    const MemberPage page = reader.members({.group = keys[0], .after = next, .limit = 2}).value();
    for (const Member& each : page.members) members.push_back(each.key.user);
    next = page.next;
  } while (next != 0);
  EXPECT_EQ(members.size(), 6U);
  const MemberPage offset = reader.members({.group = keys[0], .offset = 5, .limit = 2}).value();
  ASSERT_EQ(offset.members.size(), 1U);
  EXPECT_EQ(offset.members[0].key.user, members[5]);
  const MemberPage admins =
      reader.members({.group = keys[0], .roles = std::vector{Role::admin}}).value();
  ASSERT_EQ(admins.members.size(), 1U);
  EXPECT_EQ(admins.members[0].key.user, UserId{"user7"});
  EXPECT_TRUE(reader.members({.group = group_key("missing")}).value().members.empty());
}

TEST_P(RowsContract, NumbersThatWereDrawnAreNeverDrawnAgain) {
  View first = load({});
  const std::uint64_t community = first.draw_community_number();
  const std::uint64_t group = first.draw_group_number();
  ASSERT_TRUE(store_->unit().load({}, first)) << "loading more does not give numbers back";
  EXPECT_EQ(first.draw_community_number(), community + 1);
  commit(first);
  store_->reopen();
  View second = load({});
  EXPECT_EQ(second.draw_community_number(), community + 2);
  EXPECT_EQ(second.draw_group_number(), group + 1);
}

TEST_P(RowsContract, AReaderSeesWholeCommitsOnly) {
  const auto key = group_key("busy");
  put_group(key);
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::thread reader{[&] {
    while (!done || reads == 0) {
      SeededRandom random{1};
      View seen{kNowMs, random};
      ASSERT_TRUE(store_->reader().read({.groups = {key}, .all_topics = {key}}, seen));
      EXPECT_EQ(static_cast<std::size_t>(seen.group(key)->topic_num), seen.topics_of(key).size());
      ++reads;
    }
  }};
  for (int i = 0; i < 50; ++i) {
    View changed = load({.groups = {key}});
    Topic topic;
    topic.key = topic_key(key, std::to_string(i));
    changed.put(topic);
    ++changed.groups.change(key).topic_num;
    commit(changed);
  }
  done = true;
  reader.join();
  EXPECT_EQ(read({.groups = {key}}).group(key)->topic_num, 50);
}

}  // namespace
}  // namespace tidings::store

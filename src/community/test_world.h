/// A stored world for the tests of the rules: rows in plain maps, loaded into a View as an engine
/// would and written back after. No database, no threads; every run has the same ids and times.
///
/// run() also checks what holds for every command: a refused one leaves the View as it was, with
/// the one exception of 7.11.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "community/decide.h"

namespace tidings::community {

inline constexpr std::uint32_t kTestApp = 1400112233;
inline constexpr std::int64_t kTestNowMs = 1'735'689'600'456;  // 2025-01-01T00:00:00.456Z

class World {
 public:
  /// The app of protocol's samples: communities and topics on, every switch on, a URL, the admin
  /// `administrator`, the accounts vera_01, omar, lin-7 and outsider. No group yet.
  World();

  /// One command as a batch of its own, committed when accepted.
  Result<Reply> run(const Command& command);
  /// Several in one View, committed together.
  std::vector<Result<Reply>> run_batch(const std::vector<Command>& commands);
  /// What the before-callback would be asked.
  Result<std::optional<Question>> ask(const Command& command);

  /// A topic-enabled community: owner vera_01, admin omar, member lin-7. The first one's id is
  /// kCommunity. Its events are not kept.
  GroupKey make_community();
  /// A group of this type with the same members, as far as the type has them.
  GroupKey make_group(GroupType type);

  [[nodiscard]] const Group* group(const GroupKey& key) const { return find(groups, key); }
  [[nodiscard]] const Topic* topic(const GroupKey& group, const std::string& id) const {
    return find(topics, TopicKey{group, TopicId{id}});
  }
  [[nodiscard]] const Member* member(const GroupKey& group, const std::string& user) const {
    return find(members, MemberKey{group, UserId{user}});
  }
  [[nodiscard]] const App& app() const { return *apps.at(app_id); }
  /// Changes the app's settings as if they had been stored so.
  void set_app(const App& app) { apps[app.id] = std::make_shared<const App>(app); }
  void add_account(const std::string& user);
  /// `count` more members named m0, m1, ... straight into the rows.
  void add_members(const GroupKey& group, int count);
  /// `count` more topics straight into the rows.
  void add_topics(const GroupKey& group, int count);

  /// The bodies of the last run's events, in order.
  [[nodiscard]] std::vector<std::string> bodies() const;
  /// Their commands without "Group.Callback".
  [[nodiscard]] std::vector<std::string> event_names() const;
  /// The last run's notices as text, e.g. "TopicCreated", "MembersAdded omar lin-7".
  [[nodiscard]] std::vector<std::string> notice_names() const;

  template <class Key, class Row>
  static const Row* find(const std::map<Key, Row>& rows, const Key& key) {
    const auto found = rows.find(key);
    return found == rows.end() ? nullptr : &found->second;
  }

  SdkAppId app_id{kTestApp};
  std::int64_t now_ms = kTestNowMs;
  std::map<SdkAppId, AppPtr> apps;
  std::map<SdkAppId, Tally> tallies;
  std::map<AccountKey, Account> accounts;
  std::map<GroupKey, Group> groups;
  std::map<MemberKey, Member> members;
  std::map<TopicKey, Topic> topics;
  std::map<MuteKey, Mute> mutes;
  /// Added to what counting the members finds, for quotas of thousands.
  std::map<AccountKey, std::int64_t> extra_joined;
  IdCounters counters;
  std::vector<Event> events;
  std::vector<Notice> notices;

 private:
  void load(const Needs& needs, View& view);
  void commit(View& view);
  void apply(const DissolveGroup& change);
  void apply(const ForgetAccount& change);
  void apply(const DropApp& change);
  void apply(const ForgetEvents& change);
  void apply(const ForgetDeleted& change);

  SeededRandom random_{20250101};
};

#define COMMUNITY "@TGS#_@TGS#cBJYDIIM62CB"
#define TOPIC_MARK COMMUNITY "@TOPIC#_"

/// An app admin on REST, or a client.
Caller rest(const std::string& identifier = "administrator");
Caller client(const std::string& user);

// Commands with what they must have; tests change the rest.
CreateTopic create_topic(const Caller& caller, const std::string& name = "Woodwork");
CreateTopic custom_topic(const std::string& suffix = "woodwork");
CreateGroup create_group(const Caller& caller, GroupType type, const std::string& owner);
AddMembers add_members(const Caller& caller, const GroupKey& group,
                       const std::vector<std::string>& users);

/// For EXPECT_TRUE: says what came instead.
testing::AssertionResult accepted(const Result<Reply>& result);
testing::AssertionResult refused(const Result<Reply>& result, int code,
                                 std::string_view text = {});
testing::AssertionResult refused(const Result<Reply>& result, Errc kind, std::string_view text);

/// The reply as T. REQUIRES: accepted, with that type.
template <class T>
T as(const Result<Reply>& result) {
  if (!accepted(result) || !std::holds_alternative<T>(*result)) {
    ADD_FAILURE() << "another reply: " << accepted(result).message();
    return T{};
  }
  return std::get<T>(*result);
}

using Strings = std::vector<std::string>;

}  // namespace tidings::community

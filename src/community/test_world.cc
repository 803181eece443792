#include "community/test_world.h"

#include <algorithm>
#include <variant>

#include "tidings/callback_command.h"

namespace tidings::community {
namespace {

template <class Key, class Row>
void load_rows(const std::vector<Key>& keys, const std::map<Key, Row>& rows,
               Table<Key, Row>& table) {
  for (const Key& key : keys) {
    const Row* row = World::find(rows, key);
    table.load(key, row == nullptr ? std::optional<Row>{} : std::optional<Row>{*row});
  }
}

template <class Key, class Row>
void store_rows(const Table<Key, Row>& table, std::map<Key, Row>& rows) {
  for (const auto& [key, entry] : table.entries()) {
    if (!entry.dirty) continue;
    // The promise to engines: `stored` says whether this is an update or an insert.
    EXPECT_EQ(entry.stored, rows.contains(key)) << "stored flag of a dirty row is wrong";
    if (entry.row) {
      rows.insert_or_assign(key, *entry.row);
    } else {
      rows.erase(key);
    }
  }
}

template <class Key, class Row>
std::size_t dirty_rows(const Table<Key, Row>& table) {
  std::size_t count = 0;
  for (const auto& [key, entry] : table.entries()) count += entry.dirty ? 1 : 0;
  return count;
}

/// Everything a View would make an engine write or send.
struct Traces {
  std::size_t dirty = 0;
  std::size_t events = 0;
  std::size_t others = 0;
  std::uint64_t numbers = 0;
  friend bool operator==(const Traces&, const Traces&) = default;
};

Traces traces(const View& view) {
  Traces result;
  result.dirty = dirty_rows(view.apps) + dirty_rows(view.tallies) + dirty_rows(view.accounts) +
                 dirty_rows(view.groups) + dirty_rows(view.members) + dirty_rows(view.topics) +
                 dirty_rows(view.mutes) + dirty_rows(view.user_tallies);
  result.events = view.events.size();
  result.others = view.notices.size() + view.set_changes.size();
  result.numbers = view.counters.community_and_topic + view.counters.ordinary_group;
  return result;
}

void expect_untouched(const View& view, const Traces& before, const Error& error) {
  const Traces after = traces(view);
  if (error.code == 10014) {  // AfterGroupFull draws a number from the tally
    EXPECT_LE(after.events, before.events + 1) << error.what;
    EXPECT_LE(after.dirty, before.dirty + 1) << error.what;
    EXPECT_EQ(after.others, before.others) << error.what;
    return;
  }
  EXPECT_TRUE(after == before) << "refused with " << error.code << " (" << error.what
                               << ") but changed: dirty rows " << before.dirty << " -> "
                               << after.dirty << ", events " << before.events << " -> "
                               << after.events << ", others " << before.others << " -> "
                               << after.others;
}

}  // namespace

World::World() {
  counters.community_and_topic = 100'000'000'500'000;
  counters.ordinary_group = 4'300'500'006;
  App app;
  app.id = app_id;
  app.name = "Riverside";
  app.keys = {Secret{"5f1c", 1, 0}};
  app.admins = {UserId{"administrator"}};
  app.community_on = true;
  app.topic_on = true;
  app.callback.url = "https://hooks.riverside.test/im";
  for (const CallbackSwitch which : all_callback_switches()) app.callback.set(which, true);
  app.version = 1;
  set_app(app);
  tallies[app_id].app = app_id;
  for (const char* user : {"administrator", "vera_01", "omar", "lin-7", "outsider"}) {
    add_account(user);
  }
}

void World::add_account(const std::string& user) {
  const AccountKey key{app_id, UserId{user}};
  accounts[key] = Account{key, "", "", 1, 0};
  tallies[app_id].accounts += 1;
}

void World::add_members(const GroupKey& group, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string user = "m" + std::to_string(i);
    add_account(user);
    Member member;
    member.key = MemberKey{group, UserId{user}};
    members[member.key] = member;
    groups[group].member_num += 1;
  }
}

void World::add_topics(const GroupKey& group, int count) {
  for (int i = 0; i < count; ++i) {
    Topic topic;
    topic.key = TopicKey{group, TopicId{group.group.str() + "@TOPIC#_t" + std::to_string(i)}};
    topic.name = "t";
    topics[topic.key] = topic;
    groups[group].topic_num += 1;
  }
}

void World::load(const Needs& needs, View& view) {
  view.counters = counters;
  Needs all = needs;
  for (const GroupKey& key : needs.owners) {
    if (group(key) != nullptr) all.members.push_back(MemberKey{key, groups[key].owner});
  }
  for (const AccountKey& key : needs.memberships) {
    for (const auto& [member, row] : members) {
      if (member.user != key.user || member.group.app != key.app) continue;
      all.members.push_back(member);
      all.groups.push_back(member.group);
    }
  }
  for (const GroupKey& key : needs.all_topics) {
    view.all_topics_loaded.insert(key);
    for (const auto& [topic, row] : topics) {
      if (topic.group == key) all.topics.push_back(topic);
    }
  }
  for (const GroupKey& key : needs.all_members) {
    if (group(key) != nullptr && groups[key].type == GroupType::community) continue;
    view.all_members_loaded.insert(key);
    for (const auto& [member, row] : members) {
      if (member.group == key) all.members.push_back(member);
    }
  }
  load_rows(all.apps, apps, view.apps);
  load_rows(all.apps, tallies, view.tallies);
  load_rows(all.accounts, accounts, view.accounts);
  load_rows(all.groups, groups, view.groups);
  load_rows(all.members, members, view.members);
  load_rows(all.topics, topics, view.topics);
  load_rows(all.mutes, mutes, view.mutes);
  for (const AccountKey& key : all.user_tallies) {
    UserTally tally{key, 0, {}};
    if (const std::int64_t* extra = find(extra_joined, key)) tally.joined = *extra;
    for (const auto& [member, row] : members) {
      if (member.user == key.user && member.group.app == key.app) tally.joined += 1;
    }
    for (const auto& [group, row] : groups) {
      if (group.app == key.app && row.owner == key.user) {
        tally.owned[static_cast<std::size_t>(row.type)] += 1;
      }
    }
    view.user_tallies.load(key, tally);
  }
}

void World::apply(const DissolveGroup& change) {
  const auto below = [&change](const auto& item) { return item.first.group == change.group; };
  std::erase_if(members, below);
  std::erase_if(topics, below);
  std::erase_if(mutes, below);
  groups.erase(change.group);
}

void World::apply(const ForgetAccount& change) {
  const AccountKey& gone = change.account;
  const auto held = [&gone](const auto& item) {
    return item.first.user == gone.user && item.first.group.app == gone.app;
  };
  for (const auto& item : members) {
    if (!held(item)) continue;
    Group& left = groups[item.first.group];
    left.member_num -= 1;
    if (left.owner == gone.user) left.owner = UserId{};
  }
  std::erase_if(members, held);
  std::erase_if(mutes, held);
  accounts.erase(gone);
}

void World::apply(const DropApp& change) {
  const auto below = [&change](const auto& item) { return item.first.group.app == change.app; };
  std::erase_if(members, below);
  std::erase_if(topics, below);
  std::erase_if(mutes, below);
  const auto of_app = [&change](const auto& item) { return item.first.app == change.app; };
  std::erase_if(groups, of_app);
  std::erase_if(accounts, of_app);
  tallies.erase(change.app);
  apps.erase(change.app);
}

void World::apply(const ForgetEvents&) {}

void World::apply(const ForgetDeleted&) {}

void World::commit(View& view) {
  for (const SetChange& change : view.set_changes) {
    std::visit([this](const auto& one) { apply(one); }, change);
  }
  store_rows(view.apps, apps);
  store_rows(view.tallies, tallies);
  store_rows(view.accounts, accounts);
  store_rows(view.groups, groups);
  store_rows(view.members, members);
  store_rows(view.topics, topics);
  store_rows(view.mutes, mutes);
  counters = view.counters;
  events = std::move(view.events);
  notices = std::move(view.notices);
}

std::vector<Result<Reply>> World::run_batch(const std::vector<Command>& commands) {
  View view(now_ms, random_);
  Needs needs;
  for (const Command& command : commands) collect(command, needs);
  load(needs, view);
  std::vector<Result<Reply>> replies;
  for (const Command& command : commands) {
    const Traces before = traces(view);
    replies.push_back(decide(command, view));
    if (!replies.back()) expect_untouched(view, before, replies.back().error());
  }
  commit(view);
  return replies;
}

Result<Reply> World::run(const Command& command) { return run_batch({command}).front(); }

Result<std::optional<Question>> World::ask(const Command& command) {
  View view(now_ms, random_);
  Needs needs;
  collect(command, needs);
  load(needs, view);
  const Traces before = traces(view);
  auto result = admit(command, view);
  EXPECT_TRUE(traces(view) == before) << "admit() changed the View";
  return result;
}

GroupKey World::make_community() { return make_group(GroupType::community); }

GroupKey World::make_group(GroupType type) {
  CreateGroup command = create_group(rest(), type, "vera_01");
  command.support_topic = type == GroupType::community;
  const GroupKey key = as<GroupCreatedReply>(run(command)).group.key;
  for (const char* user : {"omar", "lin-7"}) {
    Member row;
    row.key = MemberKey{key, UserId{user}};
    members[row.key] = row;
    groups[key].member_num += 1;
  }
  if (type != GroupType::private_group && type != GroupType::av_chat_room) {
    members[MemberKey{key, UserId{"omar"}}].role = Role::admin;
  }
  events.clear();
  notices.clear();
  return key;
}

Strings World::bodies() const {
  Strings result;
  for (const Event& event : events) result.push_back(event.body);
  return result;
}

Strings World::event_names() const {
  Strings result;
  for (const Event& event : events) result.push_back(event.command.substr(14));
  return result;
}

Strings World::notice_names() const {
  const auto users = [](std::string text, const std::vector<UserId>& names) {
    for (const UserId& name : names) text += " " + name.str();
    return text;
  };
  struct Namer {
    decltype(users)& with;
    std::string operator()(const TopicCreated&) const { return "TopicCreated"; }
    std::string operator()(const TopicsDeleted& notice) const {
      return "TopicsDeleted " + std::to_string(notice.topics.size());
    }
    std::string operator()(const TopicUpdated&) const { return "TopicUpdated"; }
    std::string operator()(const MembersAdded& notice) const {
      return with(notice.silent ? "MembersAdded(silent)" : "MembersAdded", notice.users);
    }
    std::string operator()(const MembersRemoved& notice) const {
      return with("MembersRemoved", notice.users);
    }
    std::string operator()(const GroupDissolved&) const { return "GroupDissolved"; }
    std::string operator()(const GroupUpdated&) const { return "GroupUpdated"; }
  };
  Strings result;
  for (const Notice& notice : notices) result.push_back(std::visit(Namer{users}, notice));
  return result;
}

Caller rest(const std::string& identifier) {
  return Caller{SdkAppId{kTestApp}, UserId{identifier}, true, Origin{"203.0.113.7", "RESTAPI"}};
}

Caller client(const std::string& user) {
  return Caller{SdkAppId{kTestApp}, UserId{user}, false, Origin{"198.51.100.4", "Web"}};
}

CreateTopic create_topic(const Caller& caller, const std::string& name) {
  CreateTopic command;
  command.caller = caller;
  command.group_id = COMMUNITY;
  command.topic_name = name;
  return command;
}

CreateTopic custom_topic(const std::string& suffix) {
  CreateTopic command = create_topic(rest());
  command.topic_id = TOPIC_MARK + suffix;
  return command;
}

CreateGroup create_group(const Caller& caller, GroupType type, const std::string& owner) {
  CreateGroup command;
  command.caller = caller;
  command.type = to_string(type);
  command.name = "Riverside Makers";
  if (!owner.empty()) command.owner = UserId{owner};
  return command;
}

AddMembers add_members(const Caller& caller, const GroupKey& group, const Strings& users) {
  AddMembers command;
  command.caller = caller;
  command.group_id = group.group.str();
  for (const std::string& user : users) {
    NewMember member;
    member.user = UserId{user};
    command.members.push_back(member);
  }
  return command;
}

testing::AssertionResult accepted(const Result<Reply>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "refused with " << result.error().code << ": " << result.error().what;
}

testing::AssertionResult refused(const Result<Reply>& result, int code, std::string_view text) {
  if (result) return testing::AssertionFailure() << "accepted, expected a refusal with " << code;
  if (result.error().code == code && result.error().what.find(text) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "refused with " << result.error().code << ": "
                                     << result.error().what << "; expected " << code << " '"
                                     << text << "'";
}

testing::AssertionResult refused(const Result<Reply>& result, Errc kind, std::string_view text) {
  if (result) return testing::AssertionFailure() << "accepted, expected a refusal";
  if (result.error().kind == kind && result.error().what.find(text) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "refused with kind "
                                     << static_cast<int>(result.error().kind) << ": "
                                     << result.error().what << "; expected '" << text << "'";
}

}  // namespace tidings::community

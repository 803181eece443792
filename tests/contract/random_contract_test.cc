// Goal: under random commands, decided by the rules in batches of random size, every engine ends up
// with what a plain model says: groups, topics, members, counts, accounts, and gap-free events.
// Method: the model is maps that only follow what the replies said. The seed is printed and can be
// given as TIDINGS_SEED.
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "community/decide.h"
#include "contract/store_under_test.h"

namespace tidings::store {
namespace {

using namespace community;

struct ModelGroup {
  GroupType type = GroupType::community;
  std::string owner;
  std::set<std::string> members;
  std::map<std::string, std::string> topics;  // id, name
};

struct Model {
  std::map<std::string, ModelGroup> groups;
  std::set<std::string> accounts;
};

std::uint64_t chosen_seed() {
  const char* given = std::getenv("TIDINGS_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

class RandomContract : public StoreContract {
 protected:
  void SetUp() override {
    seed_ = chosen_seed();
    std::printf("TIDINGS_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    engine_.seed(seed_);
    App app;
    app.id = app_;
    app.name = "random";
    app.keys = {{"key", 0, 0}};
    app.admins = {UserId{"administrator"}};
    app.community_on = true;
    app.topic_on = true;
    app.callback.switches = (1U << kCallbackSwitchCount) - 1;
    run({PutApp{app, 0}});
    model_.accounts.insert("administrator");
    ImportAccounts import{caller(), {}, {}, {}};
    for (int i = 0; i < 8; ++i) import.users.push_back(user_name(i));
    run({import});
  }

  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(engine_);
  }
  static std::string user_name(std::size_t i) { return "user" + std::to_string(i); }
  std::string any_user() { return user_name(pick(12)); }  // some are not imported
  std::string any_group() {
    if (model_.groups.empty() || pick(20) == 0) return "@TGS#_nowhere";
    return std::next(model_.groups.begin(),
                     static_cast<std::ptrdiff_t>(pick(model_.groups.size())))->first;
  }
  std::string any_topic(const std::string& group) {
    const auto found = model_.groups.find(group);
    if (found == model_.groups.end() || found->second.topics.empty() || pick(10) == 0) {
      return group + "@TOPIC#_nowhere";
    }
    const auto& topics = found->second.topics;
    return std::next(topics.begin(), static_cast<std::ptrdiff_t>(pick(topics.size())))->first;
  }
  Caller caller() const { return {app_, UserId{"administrator"}, true, {"::1", "RESTAPI"}}; }

  Command any_command() {
    static constexpr const char* kTypes[] = {"Community", "Community", "Public", "Private",
                                             "ChatRoom"};
    const std::string group = any_group();
    switch (pick(13)) {
      case 0: {
        CreateGroup create;
        create.caller = caller();
        create.type = kTypes[pick(5)];
        create.name = "group " + std::to_string(pick(100));
        if (pick(2) == 0) create.owner = UserId{any_user()};
        if (pick(2) == 0) {
          create.group_id = (create.type == "Community" ? "@TGS#_" : "") + std::string{"custom"} +
                            std::to_string(pick(4));
        }
        create.support_topic = create.type == "Community";
        return create;
      }
      case 1: return DestroyGroup{caller(), group};
      case 2: return ModifyTopic{caller(), group, any_topic(group), {}, "renamed " + any_user(),
                                 {}, {}, {}, {}, {}};
      case 3: {
        DestroyTopics destroy{caller(), group, {any_topic(group)}, false};
        if (pick(2) == 0) destroy.topic_ids.push_back(any_topic(group));
        return destroy;
      }
      case 4:
      case 5: {
        AddMembers add{caller(), group, {}, {}, false};
        for (std::size_t i = 0; i <= pick(3); ++i) {
          add.members.push_back({UserId{user_name(pick(8))}, {}, {}, {}, {}});
        }
        return add;
      }
      case 6: return DeleteMembers{caller(), group, {UserId{any_user()}}};
      case 7: return DeleteAccounts{caller(), {any_user()}};
      case 8: return ImportAccounts{caller(), {any_user()}, {}, {}};
      case 9: return PurgeDeleted{{}, static_cast<std::int64_t>(1 + pick(4))};
      default: {
        CreateTopic create;
        create.caller = caller();
        create.group_id = group;
        create.topic_name = "topic " + std::to_string(pick(1000));
        if (pick(3) == 0) create.topic_id = group + "@TOPIC#_custom" + std::to_string(pick(4));
        return create;
      }
    }
  }

  /// One batch through the engine, as the committer does it; then the model follows.
  void run(const std::vector<Command>& commands) {
    View changed = view(kNowMs + 1000 * ++batches_);
    Needs needs;
    for (const Command& each : commands) collect(each, needs);
    ASSERT_TRUE(store_->unit().load(needs, changed));
    std::vector<Result<Reply>> replies;
    for (const Command& each : commands) replies.push_back(decide(each, changed));
    events_ += static_cast<std::int64_t>(changed.events.size());
    const auto stored = store_->unit().commit(changed, {});
    ASSERT_TRUE(stored) << stored.error().what;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (!replies[i]) continue;
      ++accepted_;
      std::visit([&](const auto& command) { follow(command, *replies[i]); }, commands[i]);
    }
  }

  template <class Other>
  void follow(const Other&, const Reply&) {}
  void follow(const CreateGroup& command, const Reply& reply) {
    const Group& group = std::get<GroupCreatedReply>(reply).group;
    ModelGroup made{group.type, {}, {}, {}};
    if (command.owner) {
      made.owner = command.owner->str();
      made.members.insert(made.owner);
    }
    model_.groups[group.key.group.str()] = made;
  }
  void follow(const DestroyGroup& command, const Reply&) {
    model_.groups.erase(command.group_id);
  }
  void follow(const CreateTopic& command, const Reply& reply) {
    const TopicId& id = std::get<TopicCreatedReply>(reply).topic;
    model_.groups.at(command.group_id).topics[id.str()] = *command.topic_name;
  }
  void follow(const ModifyTopic& command, const Reply&) {
    model_.groups.at(command.group_id).topics.at(command.topic_id) = *command.topic_name;
  }
  void follow(const DestroyTopics& command, const Reply& reply) {
    for (const ItemResult& item : std::get<ItemsReply>(reply).items) {
      if (item.code == 0) model_.groups.at(command.group_id).topics.erase(item.id);
    }
  }
  void follow(const AddMembers& command, const Reply& reply) {
    for (const MemberResult& each : std::get<MembersReply>(reply).members) {
      if (each.result == 1) model_.groups.at(command.group_id).members.insert(each.user.str());
    }
  }
  void follow(const DeleteMembers& command, const Reply&) {
    ModelGroup& group = model_.groups.at(command.group_id);
    std::size_t left = 0;
    for (const UserId& user : command.users) left += group.members.erase(user.str());
    // A Private group goes with its last member; one that never had any stays.
    if (left > 0 && group.members.empty() && group.type == GroupType::private_group) {
      model_.groups.erase(command.group_id);
    }
  }
  void follow(const ImportAccounts& command, const Reply&) {
    model_.accounts.insert(command.users.begin(), command.users.end());
  }
  void follow(const DeleteAccounts&, const Reply& reply) {
    for (const ItemResult& item : std::get<ItemsReply>(reply).items) {
      if (item.code != 0) continue;
      model_.accounts.erase(item.id);
      for (auto& [id, group] : model_.groups) {
        group.members.erase(item.id);
        if (group.owner == item.id) group.owner.clear();
      }
    }
  }

  void compare() {
    const GroupPage page = store_->reader().groups(app_, {}, 0, 100000).value();
    std::set<std::string> stored;
    for (const GroupId& id : page.groups) stored.insert(id.str());
    std::set<std::string> wanted;
    for (const auto& [id, group] : model_.groups) wanted.insert(id);
    ASSERT_EQ(stored, wanted);
    std::int64_t communities = 0;
    for (const auto& [id, group] : model_.groups) {
      compare_group(group_key(id.c_str()), group);
      communities += group.type == GroupType::community ? 1 : 0;
    }
    const View app = read({.apps = {app_}});
    const Tally& tally = app.tally(app_);
    EXPECT_EQ(tally.groups, static_cast<std::int64_t>(wanted.size()));
    EXPECT_EQ(tally.communities, communities);
    EXPECT_EQ(tally.accounts, static_cast<std::int64_t>(model_.accounts.size()));
    EXPECT_EQ(tally.event_sequence, events_);
    for (std::size_t i = 0; i < 12; ++i) {
      const AccountKey key{app_, UserId{user_name(i)}};
      EXPECT_EQ(read({.accounts = {key}}).account(key) != nullptr,
                model_.accounts.contains(user_name(i)));
    }
  }

  void compare_group(const GroupKey& key, const ModelGroup& want) {
    SCOPED_TRACE(key.group);
    const View got = read({.groups = {key}, .all_topics = {key}});
    const Group& group = *got.group(key);
    EXPECT_EQ(group.owner.str(), want.owner);
    EXPECT_EQ(group.topic_num, static_cast<std::int64_t>(want.topics.size()));
    EXPECT_EQ(group.member_num, static_cast<std::int64_t>(want.members.size()));
    std::map<std::string, std::string> topics;
    for (const Topic* topic : got.topics_of(key)) topics[topic->key.topic.str()] = topic->name;
    EXPECT_EQ(topics, want.topics);
    std::set<std::string> members;
    std::int64_t next = 0;
    do {
      const MemberPage page = store_->reader().members({.group = key, .after = next, .limit = 3})
                                  .value();
      for (const Member& member : page.members) {
        EXPECT_TRUE(members.insert(member.key.user.str()).second);
        EXPECT_EQ(member.role == Role::owner, member.key.user.str() == want.owner);
      }
      next = page.next;
    } while (next != 0);
    EXPECT_EQ(members, want.members);
  }

  void compare_events() {
    const auto records = store_->log().list({.app = app_, .limit = SIZE_MAX}).value();
    ASSERT_EQ(records.size(), static_cast<std::size_t>(events_));
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].event.app_sequence, static_cast<std::int64_t>(i) + 1);
    }
    const Ledger ledger = store_->log().ledger(app_).value();
    EXPECT_EQ(ledger.accepted, events_);
    EXPECT_EQ(ledger, store_->log().recount(app_).value());
  }

  std::uint64_t seed_ = 0;
  std::mt19937_64 engine_;
  Model model_;
  std::int64_t batches_ = 0;
  std::int64_t events_ = 0;
  int accepted_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, RandomContract, testing::ValuesIn(engine_kinds()),
                         [](const auto& each) { return each.param.name; });

TEST_P(RandomContract, RandomCommandsEndWhereThePlainModelSays) {
  for (int round = 0; round < 200 && !HasFailure(); ++round) {
    std::vector<Command> batch;
    for (std::size_t i = 0; i <= pick(8); ++i) batch.push_back(any_command());
    run(batch);
    if (round % 20 == 19) compare();
    if (round % 50 == 49) store_->reopen();
  }
  compare();
  compare_events();
  EXPECT_GT(accepted_, 200) << "the commands were mostly refused: the test tests nothing";
}

}  // namespace
}  // namespace tidings::store

// Goal: every cell of the table "Permission details by type" (protocol 3.3) and of topics (3.4).
// Method: the table written out here a second time, letter by letter: who may, and, for the cells
// that a command reaches, the command run by an app admin, owner, admin, member and outsider.
#include "community/permission.h"

#include <gtest/gtest.h>

#include <array>

#include "community/test_world.h"

namespace tidings::community {
namespace {

// A app admin, O owner, D group admin, M member; "" nobody.
struct Rights {
  Action action;
  std::array<const char*, 5> who;  // Private, Public, ChatRoom, AVChatRoom, Community
};
const Rights kTable[] = {
    {Action::change_profile, {"AODM", "AOD", "AO", "AO", "AOD"}},
    {Action::change_settings, {"AOD", "AOD", "AOD", "AOD", "AOD"}},
    {Action::set_capacity, {"A", "A", "A", "A", "A"}},
    {Action::dissolve, {"A", "AO", "AO", "AO", "AO"}},
    {Action::set_role, {"", "AO", "AO", "", "AO"}},
    {Action::change_owner, {"AO", "AO", "AO", "AO", "AO"}},
    {Action::kick, {"AO", "AOD", "AOD", "", "AOD"}},
    {Action::mute, {"", "AOD", "AOD", "AO", "AOD"}},
    {Action::invite, {"AODM", "A", "A", "", "AODM"}},
    {Action::manage_topics, {"", "", "", "", "AOD"}},
};
const GroupType kTypes[] = {GroupType::private_group, GroupType::public_group,
                            GroupType::chat_room, GroupType::av_chat_room, GroupType::community};

struct Person {
  char letter;
  Caller caller;
};
// lin-7 stays the target of what is done to a member; vera_01 owns, omar is admin.
const Person kPeople[] = {{'A', rest()},
                          {'O', client("vera_01")},
                          {'D', client("omar")},
                          {'M', client("someone")},
                          {'X', client("outsider")}};

std::optional<Command> command_for(Action action, const Caller& caller, const GroupKey& group) {
  const std::string id = group.group.str();
  switch (action) {
    case Action::change_profile: {
      ModifyGroup command;
      command.caller = caller;
      command.group_id = id;
      command.introduction = "new";
      return command;
    }
    case Action::change_settings: {
      ModifyGroup command;
      command.caller = caller;
      command.group_id = id;
      command.mute_all_member = "On";
      return command;
    }
    case Action::set_capacity: {
      ModifyGroup command;
      command.caller = caller;
      command.group_id = id;
      command.max_member_num = 500;
      return command;
    }
    case Action::dissolve: return DestroyGroup{caller, id};
    case Action::set_role: {
      ModifyMember command;
      command.caller = caller;
      command.group_id = id;
      command.user = UserId{"lin-7"};
      command.role = "Admin";
      return command;
    }
    case Action::change_owner: return ChangeOwner{caller, id, UserId{"lin-7"}};
    case Action::kick: return DeleteMembers{caller, id, {UserId{"lin-7"}}};
    case Action::mute: return MuteMembers{caller, id, {}, {UserId{"lin-7"}}, 60};
    case Action::invite: return add_members(caller, group, {"guest"});
    case Action::manage_topics: {
      CreateTopic command = create_topic(caller);
      command.group_id = id;
      return command;
    }
  }
  return std::nullopt;
}

Standing standing_of_letter(char letter) {
  switch (letter) {
    case 'A': return {true, {}};
    case 'O': return {false, Role::owner};
    case 'D': return {false, Role::admin};
    case 'M': return {false, Role::member};
    default: return {false, {}};
  }
}

TEST(Permission, each_cell_of_the_table) {
  for (const Rights& row : kTable) {
    for (std::size_t i = 0; i < 5; ++i) {
      const std::string who = row.who[i];
      EXPECT_EQ(supports(kTypes[i], row.action), !who.empty());
      for (const char letter : std::string{"AODMX"}) {
        EXPECT_EQ(may(kTypes[i], row.action, standing_of_letter(letter)),
                  who.find(letter) != std::string::npos)
            << "action " << static_cast<int>(row.action) << " in " << to_string(kTypes[i])
            << " by " << letter;
      }
    }
  }
}

TEST(Permission, each_cell_through_its_command) {
  for (const Rights& row : kTable) {
    for (std::size_t i = 0; i < 5; ++i) {
      const GroupType type = kTypes[i];
      for (const Person& person : kPeople) {
        const bool has_role = person.letter != 'D' || has_admins(type);
        if (!has_role || (row.action == Action::manage_topics && type != GroupType::community)) {
          continue;  // Private and AVChatRoom have no admins; topics elsewhere are 10015
        }
        World world;
        world.add_account("someone");
        world.add_account("guest");
        const GroupKey group = world.make_group(type);
        const MemberKey someone{group, UserId{"someone"}};
        world.members[someone].key = someone;
        world.groups[group].member_num += 1;
        const auto result = world.run(*command_for(row.action, person.caller, group));
        const bool expected = std::string{row.who[i]}.find(person.letter) != std::string::npos;
        const std::string where = "action " + std::to_string(static_cast<int>(row.action)) +
                                  " in " + std::string{to_string(type)} + " by " + person.letter;
        if (expected) {
          EXPECT_TRUE(accepted(result)) << where;
        } else if (row.action == Action::kick && type == GroupType::av_chat_room) {
          EXPECT_TRUE(refused(result, 10004)) << where;  // 4.7.13
        } else {
          EXPECT_TRUE(refused(result, 10007)) << where;
        }
      }
    }
  }
}

TEST(Permission, admins_reach_plain_members_only) {
  for (const GroupType type :
       {GroupType::public_group, GroupType::chat_room, GroupType::community}) {
    World world;
    world.add_account("deputy");
    const GroupKey group = world.make_group(type);
    const MemberKey deputy{group, UserId{"deputy"}};
    world.members[deputy].key = deputy;
    world.members[deputy].role = Role::admin;
    const std::string id = group.group.str();
    for (const char* target : {"deputy", "vera_01"}) {
      EXPECT_TRUE(refused(
          world.run(MuteMembers{client("omar"), id, {}, {UserId{target}}, 60}), 10007, target));
    }
    EXPECT_TRUE(
        refused(world.run(DeleteMembers{client("omar"), id, {UserId{"deputy"}}}), 10007, "deputy"));
    EXPECT_TRUE(accepted(world.run(MuteMembers{client("vera_01"), id, {}, {deputy.user}, 60})));
    EXPECT_TRUE(accepted(world.run(DeleteMembers{client("vera_01"), id, {deputy.user}})));
  }
}

TEST(Permission, only_the_owner_of_a_private_group_may_leave) {
  for (const GroupType type : kTypes) {
    World world;
    const GroupKey group = world.make_group(type);
    const auto result = world.run(QuitGroup{client("vera_01"), group.group.str()});
    if (type == GroupType::private_group) {
      EXPECT_TRUE(accepted(result));
      EXPECT_EQ(world.group(group)->owner.str(), "");
      EXPECT_EQ(world.group(group)->member_num, 2);
    } else {
      EXPECT_TRUE(refused(result, 10009, "hand it to another owner")) << to_string(type);
    }
  }
}

TEST(Permission, applying_to_join_depends_on_the_type) {
  using Status = JoinReply::Status;
  for (const GroupType type : kTypes) {
    World world;
    const GroupKey group = world.make_group(type);
    const auto result = world.run(JoinGroup{client("outsider"), group.group.str()});
    if (type == GroupType::private_group) {
      EXPECT_TRUE(refused(result, 10007));
      continue;
    }
    const Status status = as<JoinReply>(result).status;
    EXPECT_EQ(status, type == GroupType::public_group ? Status::waiting_for_approval
                                                      : Status::joined)
        << to_string(type);
    EXPECT_EQ(world.member(group, "outsider") != nullptr, status == Status::joined);
  }
}

TEST(Permission, an_app_admin_acts_as_such_also_as_a_client) {
  World world;
  const GroupKey group = world.make_community();
  EXPECT_TRUE(accepted(world.run(create_topic(client("administrator")))));
  EXPECT_TRUE(accepted(world.run(DestroyGroup{client("administrator"), group.group.str()})));
}

}  // namespace
}  // namespace tidings::community

// Goal: creating, changing and destroying topics follows protocol 3.4 and 4.7.1 to 4.7.5, to the
// byte. Method: commands against a stored world; limits at their edge and one over, as tables.
#include <gtest/gtest.h>

#include "community/limits.h"
#include "community/test_world.h"

namespace tidings::community {
namespace {

class TopicRules : public testing::Test {
 protected:
  TopicRules() { community = world.make_community(); }
  Result<Reply> create(const std::string& suffix) { return world.run(custom_topic(suffix)); }
  /// As it was stored.
  Topic created(const CreateTopic& command) {
    const std::string id = as<TopicCreatedReply>(world.run(command)).topic.str();
    const Topic* const stored = world.topic(community, id);
    EXPECT_NE(stored, nullptr) << id;
    return stored != nullptr ? *stored : Topic{};
  }

  World world;
  GroupKey community;
};

ModifyTopic modify(const Caller& caller, const std::string& suffix = "woodwork") {
  ModifyTopic command;
  command.caller = caller;
  command.group_id = COMMUNITY;
  command.topic_id = TOPIC_MARK + suffix;
  return command;
}

DestroyTopics destroy(const Caller& caller, const Strings& ids) {
  DestroyTopics command;
  command.caller = caller;
  command.group_id = COMMUNITY;
  command.topic_ids = ids;
  return command;
}

TEST_F(TopicRules, a_created_topic_has_what_was_given_and_the_defaults) {
  CreateTopic command = create_topic(rest(), "Woodwork");
  command.from_account = UserId{"vera_01"};
  command.custom_string = R"({"category":"crafts"})";
  command.face_url = "https://cdn.riverside.test/t/1.png";
  command.notification = "Saturday";
  command.introduction = "Joints";
  const Topic topic = created(command);
  EXPECT_EQ(topic.key.topic.str(), TOPIC_MARK "@TOPIC#cCJYDIIM62CC");
  const Topic* stored = world.topic(community, topic.key.topic.str());
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->name, "Woodwork");
  EXPECT_EQ(stored->custom_string, R"({"category":"crafts"})");
  EXPECT_EQ(stored->face_url, "https://cdn.riverside.test/t/1.png");
  EXPECT_EQ(stored->notification, "Saturday");
  EXPECT_EQ(stored->introduction, "Joints");
  EXPECT_EQ(stored->creator.str(), "vera_01");
  EXPECT_FALSE(stored->mute_all);
  EXPECT_EQ(stored->create_time_s, kTestNowMs / 1000);
  EXPECT_EQ(stored->next_msg_seq, 1);
  EXPECT_EQ(stored->last_msg_time_s, 0);
  EXPECT_EQ(world.group(community)->topic_num, 1);
}

TEST_F(TopicRules, a_text_holds_every_character_but_nul_and_custom_data_holds_that_too) {
  const std::string nul("a\0b", 3);
  const std::string others = "a\tb\nc\x1b[0m \x7f";
  CreateTopic command = create_topic(rest(), others);
  command.introduction = others;
  command.custom_string = nul;
  const Topic topic = created(command);
  EXPECT_EQ(topic.name, others);
  EXPECT_EQ(topic.introduction, others);
  EXPECT_EQ(topic.custom_string, nul);
  EXPECT_TRUE(refused(world.run(create_topic(rest(), nul)), 10004));
  for (const auto text :
       {&CreateTopic::introduction, &CreateTopic::notification, &CreateTopic::face_url}) {
    CreateTopic with = create_topic(rest(), "Woodwork");
    with.*text = nul;
    EXPECT_TRUE(refused(world.run(with), 10004));
  }
  ModifyTopic renamed = modify(rest(), topic.key.topic.str().substr(std::string(TOPIC_MARK).size()));
  renamed.topic_name = nul;
  EXPECT_TRUE(refused(world.run(renamed), 10004));
  EXPECT_EQ(world.topic(community, topic.key.topic.str())->name, others);
}

TEST_F(TopicRules, assigned_ids_follow_one_counter_and_never_repeat) {
  const auto next = [this] {
    return as<TopicCreatedReply>(world.run(create_topic(rest()))).topic.str();
  };
  EXPECT_EQ(community.group.str(), "@TGS#_@TGS#cBJYDIIM62CB");
  EXPECT_EQ(next(), TOPIC_MARK "@TOPIC#cCJYDIIM62CC");
  const std::string third = next();
  EXPECT_EQ(third, TOPIC_MARK "@TOPIC#cDJYDIIM62CD");
  ASSERT_TRUE(accepted(world.run(destroy(rest(), {third}))));
  const GroupKey other = world.make_community();
  EXPECT_EQ(decode_id_token(other.group.view()), 100'000'000'500'004U);
  EXPECT_EQ(decode_id_token(next()), 100'000'000'500'005U);
  // A refused command draws nothing.
  ASSERT_TRUE(refused(world.run(create_topic(rest(), std::string(31, 'x'))), 10004));
  EXPECT_EQ(decode_id_token(next()), 100'000'000'500'006U);
}

TEST_F(TopicRules, texts_are_accepted_at_their_limit_and_refused_one_byte_over) {
  ASSERT_TRUE(accepted(create("woodwork")));
  struct Row {
    std::string field;
    std::size_t limit;
    std::optional<std::string> CreateTopic::*in_create;
    std::optional<std::string> ModifyTopic::*in_modify;
  };
  const Row rows[] = {
      {"TopicName", 30, &CreateTopic::topic_name, &ModifyTopic::topic_name},
      {"CustomString", 3000, &CreateTopic::custom_string, &ModifyTopic::custom_string},
      {"FaceUrl", 100, &CreateTopic::face_url, &ModifyTopic::face_url},
      {"Notification", 300, &CreateTopic::notification, &ModifyTopic::notification},
      {"Introduction", 240, &CreateTopic::introduction, &ModifyTopic::introduction},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.field);
    const std::string over = row.field + " is " + std::to_string(row.limit + 1) +
                             " bytes, at most " + std::to_string(row.limit) +
                             " are allowed: shorten it";
    CreateTopic creating = create_topic(rest());
    creating.*row.in_create = std::string(row.limit, 'x');
    EXPECT_TRUE(accepted(world.run(creating)));
    *(creating.*row.in_create) += 'x';
    EXPECT_TRUE(refused(world.run(creating), 10004, over));
    creating.import = true;
    EXPECT_TRUE(refused(world.run(creating), 10004, over));
    ModifyTopic changing = modify(rest());
    changing.*row.in_modify = std::string(row.limit, 'x');
    EXPECT_TRUE(accepted(world.run(changing)));
    *(changing.*row.in_modify) += 'x';
    EXPECT_TRUE(refused(world.run(changing), 10004, over));
  }
}

TEST_F(TopicRules, lengths_are_bytes_of_utf_8) {
  const std::string ten = "木木木木木木木木木木";  // ten characters of three bytes
  ASSERT_EQ(ten.size(), 30U);
  EXPECT_TRUE(accepted(world.run(create_topic(rest(), ten))));
  EXPECT_TRUE(refused(world.run(create_topic(rest(), ten + "x")), 10004));
}

TEST_F(TopicRules, an_app_may_have_longer_names_and_face_urls) {
  App app = world.app();
  app.text_limits = TextLimits{150, 500};
  world.set_app(app);
  CreateTopic command = create_topic(rest(), std::string(150, 'x'));
  command.face_url = std::string(500, 'x');
  EXPECT_TRUE(accepted(world.run(command)));
  command.face_url->push_back('x');
  EXPECT_TRUE(refused(world.run(command), 10004, "FaceUrl is 501 bytes, at most 500"));
}

TEST_F(TopicRules, a_name_is_required_and_never_empty) {
  CreateTopic creating = create_topic(rest());
  creating.topic_name.reset();
  EXPECT_TRUE(refused(world.run(creating), 10004, "TopicName is missing"));
  creating.import = true;
  EXPECT_TRUE(refused(world.run(creating), 10004, "TopicName is missing"));
  EXPECT_TRUE(refused(world.run(create_topic(rest(), "")), 10004, "TopicName"));
  ASSERT_TRUE(accepted(create("woodwork")));
  ModifyTopic changing = modify(rest());
  changing.topic_name = "";
  EXPECT_TRUE(refused(world.run(changing), 10004, "TopicName"));
}

TEST_F(TopicRules, custom_ids_are_accepted_up_to_96_bytes_and_only_in_their_form) {
  const std::string mark = TOPIC_MARK;
  const std::string edge = mark + std::string(96 - mark.size(), 'x');
  CreateTopic command = create_topic(rest());
  command.topic_id = edge;
  EXPECT_EQ(as<TopicCreatedReply>(world.run(command)).topic.str(), edge);
  for (const std::string& bad :
       {edge + "x", mark, mark + "a\tb", mark + "@TOPIC#_x", mark + "@TOPIC#x", mark + "a@TGS#_b",
        std::string{"woodwork"}, std::string{"@TGS#_other@TOPIC#_x"}}) {
    command.topic_id = bad;
    EXPECT_TRUE(refused(world.run(command), 10015)) << bad;
  }
  command.topic_id = "";  // as not given
  EXPECT_TRUE(accepted(world.run(command)));
}

TEST_F(TopicRules, an_id_in_use_is_10025_for_create_and_10021_for_import) {
  ASSERT_TRUE(accepted(create("woodwork")));
  EXPECT_TRUE(refused(create("woodwork"), 10025, "choose another one"));
  CreateTopic importing = custom_topic();
  importing.import = true;
  EXPECT_TRUE(refused(world.run(importing), 10021));
  EXPECT_EQ(world.group(community)->topic_num, 1);
}

TEST_F(TopicRules, the_200th_topic_is_accepted_and_the_201st_is_not) {
  world.add_topics(community, 199);
  EXPECT_TRUE(accepted(create("a")));
  EXPECT_TRUE(refused(create("b"), 10037, "200"));
  CreateTopic importing = custom_topic("c");
  importing.import = true;
  EXPECT_TRUE(refused(world.run(importing), 10037));
  ASSERT_TRUE(accepted(world.run(destroy(rest(), {TOPIC_MARK "a"}))));
  EXPECT_TRUE(accepted(world.run(importing))) << "imports count like others (R-49)";
  EXPECT_TRUE(refused(create("b"), 10037));
}

TEST_F(TopicRules, imports_take_a_time_of_the_past_and_the_type_community_only) {
  CreateTopic command = create_topic(rest(), "Archive");
  command.import = true;
  command.type = "Community";
  command.create_time_s = 1'568'000'000;
  const Topic topic = created(command);
  EXPECT_EQ(topic.create_time_s, 1'568'000'000);
  command.create_time_s = kTestNowMs / 1000;
  EXPECT_TRUE(accepted(world.run(command)));
  command.create_time_s = kTestNowMs / 1000 + 1;
  EXPECT_TRUE(refused(world.run(command), 10004, "CreateTime"));
  command.create_time_s = -1;
  EXPECT_TRUE(refused(world.run(command), 10004, "CreateTime"));
  command.create_time_s.reset();
  EXPECT_EQ(created(command).create_time_s, kTestNowMs / 1000);
  command.type = "Public";
  EXPECT_TRUE(refused(world.run(command), 10004, "Type"));
}

TEST_F(TopicRules, refusals_come_in_the_order_of_the_checks) {
  App app = world.app();
  app.topic_on = false;
  world.set_app(app);
  CreateTopic command = create_topic(rest(), "");
  command.group_id = "nonsense";
  EXPECT_TRUE(refused(world.run(command), 11000)) << "feature switch first";
  app.topic_on = true;
  world.set_app(app);
  EXPECT_TRUE(refused(world.run(command), 10004)) << "then limits";
  command.topic_name = "x";
  EXPECT_TRUE(refused(world.run(command), 10015)) << "then id syntax";
  command.group_id = "@TGS#_absent";
  command.caller = client("outsider");
  EXPECT_TRUE(refused(world.run(command), 10010)) << "then existence";
  command.group_id = COMMUNITY;
  world.add_topics(community, 200);
  EXPECT_TRUE(refused(world.run(command), 10007)) << "then permission";
  command.caller = client("vera_01");
  EXPECT_TRUE(refused(world.run(command), 10037)) << "then quotas";
}

TEST_F(TopicRules, an_app_that_is_gone_disabled_or_expired_decides_nothing) {
  CreateTopic command = create_topic(rest());
  App app = world.app();
  app.status = AppStatus::disabled;
  world.set_app(app);
  EXPECT_TRUE(refused(world.run(command), 60016));
  app.status = AppStatus::expired;
  world.set_app(app);
  EXPECT_TRUE(refused(world.run(command), 60020));
  command.caller.app = SdkAppId{7};
  EXPECT_TRUE(refused(world.run(command), 70020));
}

TEST_F(TopicRules, groups_that_cannot_hold_topics_answer_11000_or_10015) {
  CreateGroup plain = create_group(rest(), GroupType::community, "vera_01");
  plain.group_id = "@TGS#_plain";
  ASSERT_TRUE(accepted(world.run(plain)));
  CreateTopic command = create_topic(rest());
  command.group_id = "@TGS#_plain";
  EXPECT_TRUE(refused(world.run(command), 11000, "does not support topics"));  // R-52
  command.group_id = world.make_group(GroupType::public_group).group.str();
  EXPECT_TRUE(refused(world.run(command), 10015));  // R-15
  command.group_id = "";
  EXPECT_TRUE(refused(world.run(command), 10004, "GroupId"));
}

TEST_F(TopicRules, from_account_must_be_imported_and_becomes_the_operator) {
  CreateTopic command = create_topic(rest());
  command.from_account = UserId{"ghost"};
  EXPECT_TRUE(refused(world.run(command), 10019, "'ghost'"));
  command.from_account = UserId{"outsider"};  // an app admin's right, another one's name
  EXPECT_EQ(created(command).creator.str(), "outsider");
  command.caller = client("vera_01");  // a client acts as itself
  EXPECT_EQ(created(command).creator.str(), "vera_01");
}

TEST_F(TopicRules, modify_changes_only_what_is_given_and_empty_clears) {
  CreateTopic first = custom_topic();
  first.introduction = "old";
  first.notification = "kept";
  ASSERT_TRUE(accepted(world.run(first)));
  ModifyTopic command = modify(client("omar"));
  command.introduction = "";
  command.mute_all_member = "On";
  const Topic topic = as<TopicChangedReply>(world.run(command)).topic;
  EXPECT_EQ(topic.introduction, "");
  EXPECT_EQ(topic.notification, "kept");
  EXPECT_TRUE(topic.mute_all);
  EXPECT_TRUE(world.topic(community, TOPIC_MARK "woodwork")->mute_all);
  command.mute_all_member = "on";
  EXPECT_TRUE(refused(world.run(command), 10004, "MuteAllMember is 'on'"));
}

TEST_F(TopicRules, modify_says_which_id_is_wrong) {
  EXPECT_TRUE(refused(world.run(modify(rest(), "gone")), 10010, "topic"));
  ModifyTopic command = modify(rest());
  command.topic_id = "@TGS#_other@TOPIC#_x";
  EXPECT_TRUE(refused(world.run(command), 10015));
  command.topic_id = "";
  EXPECT_TRUE(refused(world.run(command), 10004, "TopicId"));
  command = modify(rest());
  command.group_id = "@TGS#_absent";
  command.topic_id = "@TGS#_absent@TOPIC#_x";
  EXPECT_TRUE(refused(world.run(command), 10010, "group"));
  command = modify(rest());
  command.from_account = UserId{"ghost"};
  EXPECT_TRUE(refused(world.run(command), 10019));
}

TEST_F(TopicRules, identical_values_and_none_succeed_without_effect) {
  ASSERT_TRUE(accepted(create("woodwork")));
  ModifyTopic command = modify(rest());
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.notice_names(), Strings{});
  command.topic_name = "Woodwork";
  command.mute_all_member = "Off";
  EXPECT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.event_names(), Strings{});
  EXPECT_EQ(world.notice_names(), Strings{});
}

TEST_F(TopicRules, destroy_answers_each_id_once_in_request_order) {
  ASSERT_TRUE(accepted(create("a")));
  ASSERT_TRUE(accepted(create("b")));
  const auto items = as<ItemsReply>(world.run(destroy(rest(), {TOPIC_MARK "gone", TOPIC_MARK "b",
                                                               TOPIC_MARK "b", "@TGS#_x"})))
                         .items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].code, 110003);
  EXPECT_EQ(items[0].info, "topic deleted");
  EXPECT_EQ(items[1].id, TOPIC_MARK "b");
  EXPECT_EQ(items[1].code, 0);
  EXPECT_EQ(items[1].info, "ok");
  EXPECT_EQ(items[2].code, 10015);
  EXPECT_EQ(world.topic(community, TOPIC_MARK "b"), nullptr);
  EXPECT_NE(world.topic(community, TOPIC_MARK "a"), nullptr);
  EXPECT_EQ(world.group(community)->topic_num, 1);
}

TEST_F(TopicRules, destroy_takes_one_to_200_ids_and_clients_may_say_all) {
  EXPECT_TRUE(refused(world.run(destroy(rest(), {})), 10004));
  EXPECT_TRUE(refused(world.run(destroy(rest(), Strings(201, "x"))), 10004, "201"));
  world.add_topics(community, 200);
  DestroyTopics all = destroy(client("vera_01"), {});
  all.all = true;
  EXPECT_EQ(as<ItemsReply>(world.run(all)).items.size(), 200U);
  EXPECT_TRUE(world.topics.empty());
  EXPECT_EQ(world.group(community)->topic_num, 0);
  EXPECT_EQ(world.event_names(), Strings{"AfterTopicDestroyed"});
  EXPECT_TRUE(as<ItemsReply>(world.run(all)).items.empty());
  EXPECT_EQ(world.event_names(), Strings{}) << "nothing was deleted";
}

TEST_F(TopicRules, custom_fields_follow_the_group_declarations_for_communities) {
  App app = world.app();
  app.group_fields = {
      {"season", {{GroupType::community, FieldLevel::anyone, FieldLevel::owner, true, true}}},
      {"shop", {{GroupType::public_group, FieldLevel::anyone, FieldLevel::anyone, true, true}}}};
  world.set_app(app);
  CreateTopic command = create_topic(client("vera_01"));
  command.fields = {{"season", std::string(512, 'x')}};
  EXPECT_EQ(created(command).fields, command.fields);
  command.fields[0].value += 'x';
  EXPECT_TRUE(refused(world.run(command), 10004, "513"));
  command.fields = {{"unknown", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10004, "not declared"));
  command.fields = {{"shop", "x"}};
  EXPECT_TRUE(refused(world.run(command), 10004, "not enabled for type Community"));
  command.fields = {{"season", "x"}};
  command.caller = client("omar");
  EXPECT_TRUE(refused(world.run(command), 10007, "season"));
}

TEST_F(TopicRules, notices_tell_clients_of_every_change_but_not_of_imports) {
  ASSERT_TRUE(accepted(create("woodwork")));
  EXPECT_EQ(world.notice_names(), Strings{"TopicCreated"});
  ModifyTopic command = modify(rest());
  command.custom_string = "x";
  ASSERT_TRUE(accepted(world.run(command)));
  EXPECT_EQ(world.notice_names(), Strings{"TopicUpdated"});
  ASSERT_TRUE(accepted(world.run(destroy(rest(), {TOPIC_MARK "woodwork"}))));
  EXPECT_EQ(world.notice_names(), Strings{"TopicsDeleted 1"});
  CreateTopic importing = custom_topic();
  importing.import = true;
  ASSERT_TRUE(accepted(world.run(importing)));
  EXPECT_EQ(world.notice_names(), Strings{});
}

}  // namespace
}  // namespace tidings::community

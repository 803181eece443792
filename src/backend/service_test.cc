// Goal: a write asks its before-callback exactly when it should, the answer means what protocol 6.7
// and 6.10 say, the registry follows the commits, and the bridge hands on what was committed.
// Method: the whole backend in memory behind the REST door, with an app backend that answers what
// the test says; the pure rules by table.
#include "backend/before_callback.h"
#include "backend/rest/rest_fixture.h"

namespace tidings::backend::service_test {
namespace {

using rest::kApp;

constexpr const char* kCreateTopic = "million_group_open_http_svc/create_topic";
constexpr const char* kBody = R"({"GroupId":"@TGS#_makers","TopicName":"Woodwork"})";

class ServiceTest : public rest::RestFixture {
 protected:
  void switch_on(CallbackSwitch which) {
    community::App changed = app();
    changed.callback.set(which, true);
    changed.callback.url = "https://hooks.riverside.test/im";
    put_app(changed);
  }
  void answer(int error_code, std::string info = {}) {
    CallbackAnswer given;
    given.error_code = error_code;
    given.error_info = std::move(info);
    asker.answers.push_back(std::move(given));
  }
  std::size_t topics() {
    return call("million_group_open_http_svc/get_topic",
                R"({"GroupId":"@TGS#_makers","From_Account":"omar"})")
        .at("TopicAndSelfInfo")
        .as_array()
        .size();
  }
};

TEST_F(ServiceTest, the_answer_decides_what_the_caller_sees_and_whether_anything_happens) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  struct Case {
    int answered;
    int seen;
  };
  std::size_t expected = 0;
  for (const Case& each : {Case{0, 0}, {1, 10016}, {2, 10016}, {-1, 10016}, {10099, 10016},
                           {10100, 10100}, {10123, 10123}, {10200, 10200}, {10201, 10016}}) {
    answer(each.answered, "only curators may add topics");
    EXPECT_EQ(code(kCreateTopic, kBody), each.seen) << each.answered;
    if (each.seen == 0) ++expected;
    if (each.seen >= 10100) {
      EXPECT_EQ(last_info, "only curators may add topics");
    }
    EXPECT_EQ(topics(), expected) << each.answered;
  }
}

TEST_F(ServiceTest, the_question_is_the_documented_one_and_names_the_caller) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  EXPECT_EQ(code(kCreateTopic, kBody), 0);
  ASSERT_EQ(asker.asked.size(), 1U);
  EXPECT_EQ(asker.asked[0].command, "Group.CallbackBeforeCreateTopic");
  EXPECT_EQ(asker.asked[0].body,
            R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic",)"
            R"("Operator_Account":"administrator","Type":"Community","Name":"Woodwork",)"
            R"("GroupId":"@TGS#_makers"})");
  EXPECT_EQ(asker.callers[0].origin.opt_platform, "RESTAPI");
  EXPECT_EQ(asker.callers[0].origin.client_ip, "192.0.2.7");
}

TEST_F(ServiceTest, nothing_is_asked_without_switch_or_url_for_imports_and_for_refused_calls) {
  make_community();
  EXPECT_EQ(code(kCreateTopic, kBody), 0);
  community::App changed = app();
  changed.callback.set(CallbackSwitch::before_create_group, true);
  put_app(changed);
  EXPECT_EQ(code(kCreateTopic, kBody), 0) << "no URL";
  switch_on(CallbackSwitch::before_create_group);
  EXPECT_EQ(code("group_open_http_svc/import_topic", kBody), 0);
  EXPECT_EQ(code("group_open_http_svc/import_group", R"({"Type":"Public","Name":"N"})"), 0);
  EXPECT_EQ(code(kCreateTopic, R"({"GroupId":"@TGS#_none","TopicName":"A"})"), 10010);
  EXPECT_TRUE(asker.asked.empty());
  EXPECT_EQ(code("group_open_http_svc/create_group", R"({"Type":"Public","Name":"N"})"), 0);
  ASSERT_EQ(asker.asked.size(), 1U);
  EXPECT_EQ(asker.asked[0].command, "Group.CallbackBeforeCreateGroup");
}

TEST_F(ServiceTest, no_valid_answer_follows_the_policy) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  asker.answers.push_back(fail(Errc::timeout, "no complete answer within 2 s"));
  EXPECT_EQ(code(kCreateTopic, kBody), 0) << "proceed is the default";
  community::App changed = app();
  changed.callback.before_failure = community::BeforeFailure::block;
  put_app(changed);
  asker.answers.push_back(fail(Errc::timeout, "no complete answer within 2 s"));
  EXPECT_EQ(code(kCreateTopic, kBody), 10016);
  EXPECT_NE(last_info.find("no complete answer within 2 s"), std::string::npos) << last_info;
  EXPECT_EQ(topics(), 1U);
}

TEST_F(ServiceTest, that_nobody_could_be_asked_is_no_silence_that_lets_a_write_pass) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  asker.answers.push_back(fail(Errc::rate_limited, "too many are under way; try again"));
  EXPECT_EQ(code(kCreateTopic, kBody), 10002);
  EXPECT_EQ(topics(), 0U);
  EXPECT_EQ(code(kCreateTopic, kBody), 0);
}

TEST_F(ServiceTest, an_app_backend_slower_than_the_calls_own_limit_is_60008_whatever_the_policy) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  class Silent final : public BeforeAsker {
   public:
    bool cancelled = false;
    runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question&,
                                                   const community::Caller&) override {
      runtime::OneShot<CallbackAnswer> never;
      auto held = never.sender();
      auto answer = co_await never.wait();
      cancelled = answer.error().kind == Errc::cancelled;
      co_return answer;
    }
  } asks;
  Service patient({committer, bridge, engine, engine, readers, apps, asks, clock, random});
  rest::RestLimits limits = unlimited();
  limits.answer_within = std::chrono::milliseconds(30);
  rest::RestDoor hasty({patient, authenticator, limiter}, limits);
  net::HttpRequest request;
  request.method = net::HttpMethod::post;
  const std::string path = std::string("/v4/") + kCreateTopic;
  const std::string admin = query();
  request.path = path;
  request.query = admin;
  request.body = kBody;
  request.client_ip = client_ip;
  const net::HttpResponse response = runtime::block_on(lane, hasty.handle(request));
  EXPECT_NE(response.body.find("\"ErrorCode\":60008"), std::string::npos) << response.body;
  EXPECT_TRUE(asks.cancelled);
  EXPECT_EQ(topics(), 0U);
}

/// A disk that cannot be read.
class UnreadableStore final : public store::CommunityReader {
 public:
  Result<void> read(const community::Needs&, community::View&) override { return broken(); }
  Result<std::vector<community::App>> apps() override { return broken(); }
  Result<store::GroupPage> groups(SdkAppId, std::optional<GroupType>, std::int64_t,
                                  std::size_t) override {
    return broken();
  }
  Result<store::JoinedPage> joined(const store::JoinedQuery&) override { return broken(); }
  Result<store::MemberPage> members(const store::MemberQuery&) override { return broken(); }
  Result<std::vector<community::Mute>> mutes(const community::GroupKey&, const TopicId&, std::int64_t,
                                             std::size_t) override {
    return broken();
  }
  Result<bool> unpurged(SdkAppId) override { return broken(); }

 private:
  static Error broken() {
    return fail(Errc::unavailable, "store file /secret/path: disk I/O error, while: SELECT secret");
  }
};

TEST_F(ServiceTest, a_store_that_cannot_be_read_shows_callers_no_file_and_no_sql) {
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  UnreadableStore store;
  std::mutex told_mutex;
  std::vector<std::string> told;
  Service unlucky({committer, bridge, store, engine, readers, apps, asker, clock, random,
                   [&](std::string_view what) {
                     const std::lock_guard lock(told_mutex);
                     told.emplace_back(what);
                   }});
  rest::RestDoor unlucky_door({unlucky, authenticator, limiter}, unlimited());
  const std::string admin = query();
  // A read, and a write that is asked about first.
  const std::pair<const char*, const char*> calls[] = {
      {"million_group_open_http_svc/get_topic",
       R"({"GroupId":"@TGS#_makers","From_Account":"omar"})"},
      {kCreateTopic, kBody}};
  for (const auto& [name, body] : calls) {
    const std::string path = std::string("/v4/") + name;
    net::HttpRequest request;
    request.method = net::HttpMethod::post;
    request.path = path;
    request.query = admin;
    request.body = body;
    request.client_ip = client_ip;
    const net::HttpResponse response = runtime::block_on(lane, unlucky_door.handle(request));
    EXPECT_NE(response.body.find("\"ErrorCode\":10002"), std::string::npos) << response.body;
    EXPECT_EQ(response.body.find("secret"), std::string::npos) << response.body;
  }
  const std::lock_guard lock(told_mutex);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("/secret/path"), std::string::npos);
}

TEST_F(ServiceTest, refused_members_of_an_invitation_are_not_added) {
  make_community();
  import({"mia"});
  switch_on(CallbackSwitch::before_invite_join_group);
  CallbackAnswer some;
  some.refused_members = {UserId("lin-7")};
  asker.answers.push_back(some);
  EXPECT_EQ(text("group_open_http_svc/add_group_member",
                 R"({"GroupId":"@TGS#_makers","MemberList":[{"Member_Account":"lin-7"},)"
                 R"({"Member_Account":"mia"}]})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"MemberList":[)"
            R"({"Member_Account":"lin-7","Result":0},{"Member_Account":"mia","Result":1}]})");
  answer(1);
  EXPECT_EQ(code("group_open_http_svc/add_group_member",
                 R"({"GroupId":"@TGS#_makers","MemberList":[{"Member_Account":"lin-7"}]})"),
            10016);
}

TEST_F(ServiceTest, what_happened_while_the_app_backend_thought_is_checked_again) {
  // The topic id is taken between question and commit: here by the question's own asker.
  make_community();
  switch_on(CallbackSwitch::before_create_group);
  class Rival final : public BeforeAsker {
   public:
    Service* service = nullptr;
    community::CreateTopic rival;
    runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question&,
                                                   const community::Caller&) override {
      auto reply = co_await service->execute(rival);
      if (!reply) co_return std::move(reply).error();
      co_return CallbackAnswer{};
    }
  } asks;
  Service racing({committer, bridge, engine, engine, readers, apps, asks, clock, random});
  asks.service = &racing;
  asks.rival.caller = {kApp, UserId("administrator"), true, {}};
  asks.rival.group_id = "@TGS#_makers";
  asks.rival.topic_name = "Rival";
  asks.rival.topic_id = "@TGS#_makers@TOPIC#_one";
  community::CreateTopic mine = asks.rival;
  asks.rival.import = true;
  auto reply = runtime::block_on(lane, executed(racing, mine));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, 10025);
  EXPECT_EQ(topics(), 1U);
}

TEST_F(ServiceTest, the_registry_follows_every_committed_change_of_an_app) {
  community::App changed = app();
  const std::int64_t before = changed.version;
  changed.name = "Riverbank";
  auto reply = execute(community::PutApp{changed, before});
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(apps.find(kApp)->name, "Riverbank");
  EXPECT_GT(apps.find(kApp)->version, before);
  auto stale = execute(community::PutApp{changed, before});
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().kind, Errc::conflict);

  community::App off = app();
  off.status = community::AppStatus::disabled;
  put_app(off);
  ASSERT_TRUE(execute(community::DeleteApp{kApp}).has_value());
  EXPECT_EQ(apps.find(kApp), nullptr);
  EXPECT_TRUE(apps.all()->empty());
}

TEST_F(ServiceTest, a_stopped_committer_answers_internal_retry_in_the_services_own_code) {
  make_community();
  committer.stop();
  EXPECT_EQ(code(kCreateTopic, kBody), 10002);
  EXPECT_EQ(code("im_open_login_svc/account_import", R"({"UserID":"a"})"), 70500);
}

TEST_F(ServiceTest, events_and_notices_of_a_commit_reach_their_sinks) {
  switch_on(CallbackSwitch::after_create_group);
  make_community();
  EXPECT_EQ(code(kCreateTopic, kBody), 0);
  committer.stop();  // the batch's last act is the sinks
  EXPECT_EQ(event_commands(),
            (std::vector<std::string>{"Group.CallbackAfterCreateGroup",
                                      "Group.CallbackAfterCreateTopic"}));
  bool created = false;
  for (const community::Notice& notice : notices) {
    created = created || std::holds_alternative<community::TopicCreated>(notice);
  }
  EXPECT_TRUE(created);
}

TEST(AppRegistryTest, an_older_version_never_replaces_a_newer_one) {
  community::App app;
  app.id = kApp;
  app.version = 5;
  AppRegistry registry({app});
  const auto snapshot = registry.all();
  app.version = 4;
  app.name = "old";
  registry.put(std::make_shared<const community::App>(app));
  EXPECT_EQ(registry.find(kApp)->name, "");
  app.version = 6;
  app.name = "new";
  registry.put(std::make_shared<const community::App>(app));
  EXPECT_EQ(registry.find(kApp)->name, "new");
  EXPECT_EQ(snapshot->at(kApp)->name, "") << "a snapshot does not change";
  EXPECT_EQ(registry.find(SdkAppId(7)), nullptr);
}

TEST(BeforeCallbackTest, passed_texts_are_cut_at_1024_bytes_on_a_characters_edge) {
  EXPECT_EQ(cut_utf8("abc", 3), "abc");
  EXPECT_EQ(cut_utf8("abcd", 3), "abc");
  EXPECT_EQ(cut_utf8("ab\xC3\xA9", 3), "ab");
  EXPECT_EQ(cut_utf8("\xF0\x9F\x8C\xB1", 3), "");
  CallbackAnswer answer;
  answer.error_code = 10150;
  answer.error_info = std::string(1023, 'x') + "\xC3\xA9";
  const auto judged = judge_answer("Group.CallbackBeforeCreateTopic", answer);
  ASSERT_FALSE(judged.has_value());
  EXPECT_EQ(judged.error().what, std::string(1023, 'x'));
  EXPECT_EQ(judged.error().code, 10150);
}

}  // namespace
}  // namespace tidings::backend::service_test

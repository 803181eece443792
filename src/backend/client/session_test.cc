// Goal: what a connection may and may not do before, at and after its login, and how each breach of
// a bound ends. Method: sessions on real lanes with a list as outbox; every login failure of 4.3
// and 5.3 that a client can cause is a row of a table.
#include "backend/client/client_fixture.h"

namespace tidings::backend {
namespace {

using Session = ClientFixture;

TEST_F(Session, LoginImportsTheAccountAndAnswers) {
  TestClient& client = online("nova");
  const auto stored = engine.joined({{kClientApp, UserId("nova")}, {}, {}, true, 0, SIZE_MAX});
  EXPECT_TRUE(stored.has_value());
  community::Needs needs;
  needs.accounts.push_back({kClientApp, UserId("nova")});
  community::View view(clock.now_ms(), random);
  ASSERT_TRUE(engine.read(needs, view).has_value());
  EXPECT_NE(view.account({kClientApp, UserId("nova")}), nullptr);
  EXPECT_EQ(hub.online(), 1U);
  const auto commands = committer.stats().commands;
  online("nova", 1);
  EXPECT_EQ(committer.stats().commands, commands) << "a known account was imported again";
  EXPECT_EQ(hub.online(), 2U);
  EXPECT_TRUE(client.data("ping", "{}").contains("serverTime"));
}

TEST_F(Session, EveryWrongLoginIsAnsweredWithItsCodeAndClosed) {
  community::App off = make_app();
  off.id = SdkAppId(1400112299);
  off.status = community::AppStatus::disabled;
  put_app(off);
  const std::string good = sig("nova");
  const std::string expired = sig("nova", -1);
  const auto args = [](std::string_view app, std::string_view rest) {
    return "{\"SDKAppID\":" + std::string(app) + std::string(rest) + "}";
  };
  const auto with = [](std::string_view user, std::string_view user_sig) {
    return ",\"userID\":\"" + std::string(user) + "\",\"userSig\":\"" + std::string(user_sig) +
           "\"";
  };
  const struct {
    std::string args;
    int code;
  } rows[] = {
      {"{}", 60012},
      {args("\"1400112233\"", with("nova", good)), 60006},
      {args("0", with("nova", good)), 60006},
      {args("4294967296", with("nova", good)), 60006},
      {args("1400112234", with("nova", good)), 70020},
      {args("1400112299", with("nova", good)), 60016},
      {args("1400112233", ",\"userSig\":\"x\""), 60004},
      {args("1400112233", with("", good)), 60004},
      {args("1400112233", with(std::string(33, 'a'), good)), 60004},
      {args("1400112233", ",\"userID\":\"nova\""), 60005},
      {args("1400112233", ",\"userID\":7,\"userSig\":\"x\""), 10004},
      {args("1400112233", with("nova", "")), 70002},
      {args("1400112233", with("nova", "not*a*sig")), 70003},
      {args("1400112233", with("vera_01", good)), 70013},
      {args("1400112233", with("nova", expired)), 70001},
      {args("1400112233", with("nova", good) + ",\"platform\":\"restapi\""), 10004},
      {args("1400112233", with("nova", good) + ",\"platform\":\"a b\""), 10004},
  };
  for (const auto& row : rows) {
    TestClient& client = connect();
    EXPECT_EQ(client.code("login", row.args), row.code) << row.args << ": " << client.last_message;
    EXPECT_EQ(client.outbox.wait_closed(), close_code::kPolicy) << row.args;
    EXPECT_EQ(client.last_message.find(good), std::string::npos) << "a ticket in an error text";
  }
  EXPECT_EQ(hub.online(), 0U);
}

TEST_F(Session, OnlyALoginMakesAClientKnownToTheListener) {
  TestClient& client = connect();
  EXPECT_FALSE(client.outbox.proven);
  EXPECT_EQ(client.code("login", login_args("nova")), 0);
  EXPECT_TRUE(client.outbox.proven);
  TestClient& wrong = connect();
  EXPECT_NE(wrong.code("login", R"({"SDKAppID":1400112233,"userID":"nova","userSig":"x"})"), 0);
  EXPECT_EQ(wrong.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_FALSE(wrong.outbox.proven);
}

TEST_F(Session, ALoginBeyondTheShareOfItsAppIsToldSoAndMayTryLater) {
  community::App other = make_app();
  other.id = SdkAppId(1400112234);
  put_app(other);
  ClientShares few(5);
  const ClientSessionParts tight{service, authenticator, hub, metrics, {}, few};
  const auto newcomer = [&] { return std::make_unique<TestClient>(tight, lanes[0], "192.0.2.9"); };
  std::vector<std::unique_ptr<TestClient>> in;
  for (const char* user : {"vera_01", "omar", "lin-7"}) {
    // Tickets that do not verify take nobody's place.
    auto stranger = newcomer();
    EXPECT_EQ(stranger->code("login", R"({"SDKAppID":1400112233,"userID":"a","userSig":"x"})"),
              70003);
    in.push_back(newcomer());
    EXPECT_EQ(in.back()->code("login", login_args(user)), 0) << in.back()->last_message;
  }
  auto late = newcomer();
  EXPECT_EQ(late->code("login", login_args("nova")), 10006);
  EXPECT_EQ(late->last_message,
            "app 1400112233 has 3 clients connected, its share; try again when some have left, or "
            "raise serve.max_connections");
  EXPECT_EQ(late->outbox.wait_closed(), close_code::kTryLater);
  EXPECT_NE(metrics.text().find("tidings_client_over_share_total 1\n"), std::string::npos);
  in.pop_back();
  auto next = newcomer();
  EXPECT_EQ(next->code("login", login_args("nova")), 0) << next->last_message;
}

TEST_F(Session, TheOnlyAppHasAllPlaces) {
  ClientShares two(2);
  const ClientSessionParts tight{service, authenticator, hub, metrics, {}, two};
  std::vector<std::unique_ptr<TestClient>> in;
  for (const auto& [user, code] : {std::pair{"vera_01", 0}, {"omar", 0}, {"nova", 10006}}) {
    in.push_back(std::make_unique<TestClient>(tight, lanes[0], "192.0.2.9"));
    EXPECT_EQ(in.back()->code("login", login_args(user)), code) << in.back()->last_message;
  }
}

TEST_F(Session, TheFirstFrameIsLogin) {
  TestClient& client = connect();
  EXPECT_EQ(client.code("getJoinedCommunityList", "{}"), 10004);
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_FALSE(client.send_text(R"({"id":1,"op":"ping"})")) << "a closing session reads on";
}

TEST_F(Session, WithoutALoginTheConnectionEnds) {
  parts.options.login_timeout = std::chrono::milliseconds(20);
  TestClient& client = connect();
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_NE(client.outbox.close_reason().find("login"), std::string::npos);
}

TEST_F(Session, TextThatIsNotJsonEndsTheConnection) {
  for (const std::string_view text : {"", "hello", "{\"id\":1", "{\"id\":1,\"id\":2}", "[1]]"}) {
    TestClient& client = online("nova");
    EXPECT_FALSE(client.send_text(std::string(text))) << text;
    EXPECT_EQ(client.outbox.wait_closed(), close_code::kInvalidPayload) << text;
  }
}

TEST_F(Session, JsonThatIsNoFrameIsAnswered) {
  TestClient& client = online("nova");
  const struct {
    std::string_view text;
    std::string_view named;
  } rows[] = {
      {"[1]", "frame"},
      {"{}", "id:"},
      {R"({"id":true,"op":"ping"})", "id:"},
      {R"({"id":1.5,"op":"ping"})", "id:"},
      {R"({"id":41})", "op:"},
      {R"({"id":41,"op":7})", "op:"},
      {R"({"id":41,"op":"ping","args":[]})", "args:"},
  };
  for (const auto& row : rows) {
    const auto before = client.outbox.frames().size();
    EXPECT_TRUE(client.send_text(std::string(row.text))) << row.text;
    const auto frames = client.outbox.frames();
    ASSERT_EQ(frames.size(), before + 1) << row.text;
    const auto answer = json::parse(*frames.back()).get_object();
    EXPECT_EQ(answer.at("code").to_number<int>(), 10004) << row.text;
    EXPECT_NE(std::string_view(answer.at("message").get_string()).find(row.named),
              std::string_view::npos)
        << row.text;
  }
  EXPECT_TRUE(client.send_text(R"({"id":"seven","op":"ping"})"));
  EXPECT_EQ(json::parse(*client.outbox.frames().back()).get_object().at("id").get_string(),
            "seven");
}

TEST_F(Session, FramesThatArriveDuringTheLoginAreDoneAfterIt) {
  TestClient& client = connect();
  client.send(1, "login", login_args("nova"));
  client.send(2, "getJoinedCommunityList", "{}");
  EXPECT_EQ(client.answer(2).at("code").to_number<int>(), 0);
  EXPECT_EQ(client.answer(1).at("code").to_number<int>(), 0);
}

TEST_F(Session, UnknownOperationsAndASecondLoginAreRefused) {
  TestClient& client = online("nova");
  EXPECT_EQ(client.code("sendMessage", "{}"), 10003);
  EXPECT_NE(client.last_message.find("sendMessage"), std::string::npos);
  for (const char* known : {"login", "logout", "createTopicInCommunity", "getTopicList"}) {
    EXPECT_NE(client.last_message.find(known), std::string::npos) << client.last_message;
  }
  EXPECT_EQ(client.code("login", login_args("nova")), 10004);
  EXPECT_EQ(client.code("ping", "{}"), 0);
}

TEST_F(Session, LogoutIsAnsweredAndCloses) {
  TestClient& client = online("nova");
  EXPECT_EQ(client.code("logout", "{}"), 0);
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kNormal);
  EXPECT_EQ(hub.online(), 0U);
}

TEST_F(Session, MoreFramesThanAllowedAreRefusedUntilTimePasses) {
  parts.options.frames_per_second = 5;
  TestClient& client = online("nova");  // the login was the first of five
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.code("ping", "{}"), 0) << i;
  EXPECT_EQ(client.code("ping", "{}"), 10006);
  EXPECT_NE(client.last_message.find("5 frames a second"), std::string::npos);
  clock.advance(std::chrono::milliseconds(200));
  EXPECT_EQ(client.code("ping", "{}"), 0);
  EXPECT_EQ(client.code("ping", "{}"), 10006);
}

TEST_F(Session, OperationsInFlightAreBounded) {
  parts.options.max_in_flight = 2;
  TestClient& client = online("nova");
  // All four are read in one go on the lane, before any of them can be answered.
  const auto flood = [](TestClient* self) -> runtime::awaitable<int> {
    for (int id = 1; id <= 4; ++id) {
      self->session->on_text("{\"id\":" + std::to_string(id) +
                             R"(,"op":"getGroupProfile","args":{"groupID":"@TGS#_none"}})");
    }
    co_return 0;
  };
  runtime::block_on(client.lane, flood(&client));
  EXPECT_EQ(client.answer(1).at("code").to_number<int>(), 10010);
  EXPECT_EQ(client.answer(2).at("code").to_number<int>(), 10010);
  EXPECT_EQ(client.answer(3).at("code").to_number<int>(), 10006);
  EXPECT_EQ(client.answer(4).at("code").to_number<int>(), 10006);
  EXPECT_EQ(client.code("ping", "{}"), 0) << "a bound is no reason to close";
}

TEST_F(Session, AnAnswerOverItsLimitIsRefusedWithAWayOut) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  for (const std::string_view suffix : {"a", "b", "c"}) make_topic(vera, suffix);
  parts.options.max_answer_bytes = 600;
  EXPECT_EQ(vera.code("getTopicList", R"({"groupID":"@TGS#_makers"})"), 10018);
  EXPECT_NE(vera.last_message.find("fewer"), std::string::npos);
  EXPECT_EQ(vera.code("getTopicList",
                      R"({"groupID":"@TGS#_makers","topicIDList":["@TGS#_makers@TOPIC#_a"]})"),
            0);
}

TEST_F(Session, ADisabledAppRefusesOperationsOfOpenSessions) {
  TestClient& client = online("nova");
  community::App app = *apps.find(kClientApp);
  app.status = community::AppStatus::disabled;
  put_app(app);
  EXPECT_EQ(client.code("getJoinedCommunityList", "{}"), 60016);
  hub.close_app(kClientApp, "the app was disabled");
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_EQ(client.outbox.close_reason(), "the app was disabled");
}

TEST_F(Session, ABlockedUserNeitherLogsInNorGoesOn) {
  TestClient& open = online("nova");
  TestClient& other = online("vera_01");
  community::App app = *apps.find(kClientApp);
  app.blocked_users = {UserId("nova")};
  put_app(app);
  TestClient& late = connect();
  EXPECT_EQ(late.code("login", login_args("nova")), 70051);
  EXPECT_EQ(late.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_EQ(open.code("getJoinedCommunityList", "{}"), 70051);
  EXPECT_EQ(open.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_EQ(other.code("getJoinedCommunityList", "{}"), 0);
}

TEST_F(Session, AClientThatDoesNotReadIsDropped) {
  TestClient& client = online("nova", 0, 3);
  for (int id = 1; id <= 3; ++id) client.send(id, "ping", "{}");
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kTryLater);
}

}  // namespace
}  // namespace tidings::backend

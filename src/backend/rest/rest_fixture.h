/// The whole backend behind the REST door, in memory: real rules, real group commit on the memory
/// engine, a clock that stands still, an app backend that answers what the test says. Requests are
/// HttpRequest values; no socket is opened.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backend/event_waiters.h"
#include "backend/rest/rest_door.h"
#include "runtime/run_on.h"
#include "store/committer.h"
#include "store/memory_engine.h"
#include "tidings/usersig.h"

namespace tidings::backend::rest {

inline const SdkAppId kApp{1400112233};
inline constexpr std::string_view kKey =
    "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
inline constexpr std::int64_t kNow = 1735689600;

/// Answers before-callbacks from a list; records what was asked.
class FakeAsker final : public BeforeAsker {
 public:
  runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question& question,
                                                 const community::Caller& caller) override {
    asked.push_back(question);
    callers.push_back(caller);
    if (answers.empty()) co_return CallbackAnswer{};
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }
  std::deque<Result<CallbackAnswer>> answers;
  std::vector<community::Question> asked;
  std::vector<community::Caller> callers;
};

/// The app of the tests: topics on, one admin, the sample's group field.
inline community::App make_app() {
  community::App app;
  app.id = kApp;
  app.name = "Riverside";
  app.keys = {{std::string(kKey), 0, 0}};
  app.admins = {UserId("administrator")};
  app.community_on = true;
  app.topic_on = true;
  const auto scope = [](GroupType type) {
    return community::FieldScope{type, community::FieldLevel::anyone, community::FieldLevel::admin};
  };
  app.group_fields = {{"topic_category", {scope(GroupType::community)}},
                      {"season", {scope(GroupType::community), scope(GroupType::public_group)}}};
  app.member_fields = {{"badge", {scope(GroupType::community), scope(GroupType::public_group)}}};
  return app;
}

class RestFixture : public ::testing::Test {
 protected:
  explicit RestFixture(RestLimits limits = unlimited(), community::App first = make_app())
      : door({service, authenticator, limiter, &metrics}, limits) {
    bridge.connect(
        [this](std::vector<community::Event> batch) {
          waiters.committed(batch);
          const std::lock_guard lock(mutex);
          events.insert(events.end(), batch.begin(), batch.end());
        },
        [this](std::vector<community::Notice> batch) {
          const std::lock_guard lock(mutex);
          notices.insert(notices.end(), batch.begin(), batch.end());
        });
    committer.start();
    lane.start();
    put_app(std::move(first));
  }
  ~RestFixture() override {
    committer.stop();
    readers.stop();
    lane.finish();
    lane.join();
  }

  /// Most tests are not about frequency.
  static RestLimits unlimited() {
    RestLimits limits;
    for (const Route& route : all_routes()) limits.per_command[std::string(route.command)] = 0;
    return limits;
  }

  static runtime::awaitable<Result<community::Reply>> executed(Service& by,
                                                               community::Command command) {
    auto reply = co_await by.execute(std::move(command));
    co_return reply;
  }
  Result<community::Reply> execute(community::Command command) {
    return runtime::block_on(lane, executed(service, std::move(command)));
  }
  void put_app(community::App app) {
    const community::AppPtr held = apps.find(app.id);
    const std::int64_t version = held ? held->version : 0;
    auto reply = execute(community::PutApp{std::move(app), version});
    ASSERT_TRUE(reply.has_value()) << reply.error().what;
  }
  /// The registered app, to be changed and put back.
  community::App app() { return *apps.find(kApp); }

  std::string sig(std::string_view user = "administrator", std::int64_t expire_s = 86400) {
    return make_user_sig(kApp, UserId(user), kKey, clock.now_s(), expire_s);
  }
  std::string query(std::string_view user = "administrator") {
    return "sdkappid=1400112233&identifier=" + std::string(user) + "&usersig=" + sig(user) +
           "&random=2917433021&contenttype=json";
  }
  net::HttpResponse send(net::HttpRequest request) {
    return runtime::block_on(lane, door.handle(request));
  }
  /// POST /v4/<call>?<query> with this body.
  net::HttpResponse post(std::string_view call, std::string_view body,
                         std::string_view with_query) {
    const std::string path = "/v4/" + std::string(call);
    const std::string target = path + "?" + std::string(with_query);
    net::HttpRequest request;
    request.method = net::HttpMethod::post;
    request.method_text = "POST";
    request.target = target;
    request.path = path;
    request.query = with_query;
    request.body = body;
    request.client_ip = client_ip;
    request.peer_address = client_ip;
    return send(request);
  }
  /// The response body of a call by the admin, as text: member order counts.
  std::string text(std::string_view call, std::string_view body) {
    net::HttpResponse response = post(call, body, query());
    EXPECT_EQ(response.status, 200U);
    return response.body;
  }
  boost::json::object call(std::string_view name, std::string_view body) {
    return boost::json::parse(text(name, body)).as_object();
  }
  /// ErrorCode of a call; checks the envelope on the way.
  int code(std::string_view name, std::string_view body) {
    const boost::json::object reply = call(name, body);
    const int number = reply.at("ErrorCode").to_number<int>();
    EXPECT_EQ(reply.at("ActionStatus").as_string(), number == 0 ? "OK" : "FAIL");
    EXPECT_TRUE(reply.at("ErrorInfo").is_string());
    last_info = reply.at("ErrorInfo").as_string();
    return number;
  }

  void import(std::initializer_list<std::string_view> users) {
    for (const std::string_view user : users) {
      ASSERT_EQ(code("im_open_login_svc/account_import",
                     R"({"UserID":")" + std::string(user) + R"("})"),
                0)
          << last_info;
    }
  }
  /// The community of the samples: vera_01 owns it, then omar comes and is made an admin.
  void make_community(std::string_view id = "@TGS#_makers") {
    import({"vera_01", "omar", "lin-7"});
    ASSERT_EQ(code("group_open_http_svc/create_group",
                   R"({"Type":"Community","Name":"Riverside Makers","Owner_Account":"vera_01",)"
                   R"("SupportTopic":1,"GroupId":")" +
                       std::string(id) + R"("})"),
              0)
        << last_info;
    const std::string group = R"({"GroupId":")" + std::string(id) + R"(",)";
    ASSERT_EQ(code("group_open_http_svc/add_group_member",
                   group + R"("MemberList":[{"Member_Account":"omar"}]})"),
              0)
        << last_info;
    ASSERT_EQ(code("group_open_http_svc/modify_group_member_info",
                   group + R"("Member_Account":"omar","Role":"Admin"})"),
              0)
        << last_info;
  }
  void make_topic(std::string_view suffix = "woodwork") {
    ASSERT_EQ(code("million_group_open_http_svc/create_topic",
                   R"({"GroupId":"@TGS#_makers","TopicName":"Woodwork","TopicId":)"
                   R"("@TGS#_makers@TOPIC#_)" +
                       std::string(suffix) + R"("})"),
              0)
        << last_info;
  }
  std::vector<std::string> event_commands() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> commands;
    for (const community::Event& event : events) commands.push_back(event.command);
    return commands;
  }

  std::string client_ip = "192.0.2.7";
  std::string last_info;  ///< ErrorInfo of the last code()
  ManualClock clock{kNow * 1000};
  SeededRandom random{20250101};
  store::MemoryEngine engine;
  EventWaiters waiters;
  CommitBridge bridge;
  store::Committer committer{engine, clock, random, bridge};
  runtime::BlockingPool readers{1};
  runtime::Lane lane{"test"};
  AppRegistry apps;
  FakeAsker asker;
  Metrics metrics;
  Service service{Service::Parts{committer, bridge, engine, engine, readers, apps, asker, clock,
                                 random}};
  Authenticator authenticator{clock};
  RateLimiter limiter{clock};
  RestDoor door;

  std::mutex mutex;  // protects what stands below, written on the committer's thread
  std::vector<community::Event> events;
  std::vector<community::Notice> notices;
};

}  // namespace tidings::backend::rest

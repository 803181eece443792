/// The client door without sockets: real rules, real group commit on the memory engine, two lanes,
/// and sessions whose outbox is a list. A test says what a client sends and waits for what it gets.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backend/client/session.h"
#include "runtime/run_on.h"
#include "store/committer.h"
#include "store/memory_engine.h"
#include "tidings/usersig.h"

namespace tidings::backend {

namespace json = boost::json;

inline const SdkAppId kClientApp{1400112233};
inline constexpr std::string_view kClientKey =
    "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
inline constexpr auto kPatience = std::chrono::seconds(20);

/// No before-callbacks: the app has no URL.
class SilentAsker final : public BeforeAsker {
 public:
  runtime::awaitable<Result<CallbackAnswer>> ask(const community::Question&,
                                                 const community::Caller&) override {
    co_return CallbackAnswer{};
  }
};

/// What one client was sent. Filled on its lane, read by the test.
class ListOutbox final : public ClientOutbox {
 public:
  void send(SharedFrame frame) override {
    const std::lock_guard lock(mutex_);
    if (close_code_ != 0) return;
    if (frames_.size() == limit) {  // as a socket does with a client that does not read
      close_code_ = close_code::kTryLater;
    } else {
      frames_.push_back(std::move(frame));
    }
    changed_.notify_all();
  }
  void close(std::uint16_t code, std::string reason) override {
    const std::lock_guard lock(mutex_);
    if (close_code_ != 0) return;
    close_code_ = code;
    close_reason_ = std::move(reason);
    changed_.notify_all();
  }

  /// The first frame that `wanted` likes, as JSON; null after kPatience or where closed without.
  json::value wait(const std::function<bool(const json::object&)>& wanted) {
    std::unique_lock lock(mutex_);
    json::value found;
    changed_.wait_for(lock, kPatience, [&] {
      for (const auto& frame : frames_) {
        auto value = json::parse(*frame);
        if (!wanted(value.get_object())) continue;
        found = std::move(value);
        return true;
      }
      return close_code_ != 0;
    });
    return found;
  }
  std::uint16_t wait_closed() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return close_code_ != 0; });
    return close_code_;
  }
  std::vector<SharedFrame> frames() {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::string close_reason() {
    const std::lock_guard lock(mutex_);
    return close_reason_;
  }
  std::size_t events(std::string_view name) {
    std::size_t count = 0;
    for (const auto& frame : frames()) {
      const auto value = json::parse(*frame);
      const auto* event = value.get_object().if_contains("event");
      if (event != nullptr && event->get_string() == name) ++count;
    }
    return count;
  }

  void logged_in() override { proven = true; }

  std::size_t limit = SIZE_MAX;  ///< frames; set before the session starts
  std::atomic<bool> proven = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SharedFrame> frames_;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
};

/// One connection. Everything is done on its lane, from the test's thread.
class TestClient {
 public:
  TestClient(const ClientSessionParts& parts, runtime::Lane& home, std::string ip,
             std::size_t limit = SIZE_MAX)
      : lane(home) {
    outbox.limit = limit;
    runtime::block_on(lane, open(this, &parts, std::move(ip)));
  }
  ~TestClient() { runtime::block_on(lane, finish(this)); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool send_text(std::string text) {
    return runtime::block_on(lane, give(this, std::move(text)));
  }
  void send(int id, std::string_view op, std::string_view args) {
    send_text("{\"id\":" + std::to_string(id) + ",\"op\":\"" + std::string(op) +
              "\",\"args\":" + std::string(args) + "}");
  }
  json::object answer(int id) {
    auto found = outbox.wait([id](const json::object& frame) {
      const auto* own = frame.if_contains("id");
      return own != nullptr && own->is_int64() && own->get_int64() == id;
    });
    return found.is_object() ? found.get_object() : json::object();
  }
  /// Sends and waits; the whole answer.
  json::object call(std::string_view op, std::string_view args) {
    const int id = ++last_id;
    send(id, op, args);
    return answer(id);
  }
  int code(std::string_view op, std::string_view args) {
    const auto reply = call(op, args);
    if (!reply.contains("code")) return -1;
    const auto* message = reply.if_contains("message");
    last_message = message != nullptr ? std::string(message->get_string()) : std::string();
    return reply.at("code").to_number<int>();
  }
  /// data of a call that succeeds.
  json::object data(std::string_view op, std::string_view args) {
    auto reply = call(op, args);
    EXPECT_TRUE(reply.contains("data")) << op << ": " << json::serialize(reply);
    return reply.contains("data") ? reply.at("data").get_object() : json::object();
  }
  /// data of the first event of that name.
  json::object event(std::string_view name) {
    auto found = outbox.wait([name](const json::object& frame) {
      const auto* event = frame.if_contains("event");
      return event != nullptr && event->get_string() == name;
    });
    EXPECT_TRUE(found.is_object()) << "no " << name;
    return found.is_object() ? found.get_object().at("data").get_object() : json::object();
  }

  runtime::Lane& lane;
  ListOutbox outbox;
  std::unique_ptr<ClientSession> session;  // on its lane
  std::string last_message;
  int last_id = 100;

 private:
  static runtime::awaitable<int> open(TestClient* self, const ClientSessionParts* parts,
                                      std::string ip) {
    self->session =
        std::make_unique<ClientSession>(*parts, self->lane, self->outbox, std::move(ip));
    co_return 0;
  }
  static runtime::awaitable<bool> give(TestClient* self, std::string text) {
    co_return self->session->on_text(text);
  }
  static runtime::awaitable<int> finish(TestClient* self) {
    co_await self->session->stop(std::chrono::milliseconds(5000));
    self->session.reset();
    co_return 0;
  }
};

class ClientFixture : public ::testing::Test {
 protected:
  ClientFixture() {
    bridge.connect({}, [this](std::vector<community::Notice> notices) {
      hub.committed(std::move(notices));
    });
    committer.start();
    lanes.start();
    put_app(make_app());
  }
  ~ClientFixture() override {
    clients.clear();
    committer.stop();
    readers.stop();
    lanes.stop();
  }

  static community::App make_app() {
    community::App app;
    app.id = kClientApp;
    app.name = "Riverside";
    app.keys = {{std::string(kClientKey), 0, 0}};
    app.admins = {UserId("administrator")};
    app.community_on = true;
    app.topic_on = true;
    const community::FieldScope open{GroupType::community, community::FieldLevel::anyone,
                                     community::FieldLevel::admin};
    const community::FieldScope staff{GroupType::community, community::FieldLevel::admin,
                                      community::FieldLevel::admin};
    app.group_fields = {{"topic_category", {open}}, {"staff_note", {staff}}};
    app.callback.set(CallbackSwitch::after_create_group, true);
    return app;
  }

  static runtime::awaitable<Result<community::Reply>> executed(Service& by,
                                                               community::Command command) {
    auto reply = co_await by.execute(std::move(command));
    co_return reply;
  }
  community::Reply execute(community::Command command) {
    auto reply = runtime::block_on(lanes[0], executed(service, std::move(command)));
    EXPECT_TRUE(reply.has_value()) << reply.error().what;
    return std::move(reply).value();
  }
  void put_app(community::App app) {
    const auto held = apps.find(app.id);
    community::PutApp command;
    command.app = std::move(app);
    command.expected_version = held ? held->version : 0;
    execute(std::move(command));
  }

  std::string sig(std::string_view user, std::int64_t expire_s = 86400) const {
    return make_user_sig(kClientApp, UserId(user), kClientKey, clock.now_s(), expire_s);
  }
  std::string login_args(std::string_view user, std::string_view platform = "Web") const {
    return R"({"SDKAppID":1400112233,"userID":")" + std::string(user) + R"(","userSig":")" +
           sig(user) + R"(","platform":")" + std::string(platform) + R"("})";
  }
  /// A connection on the lane of that number, not logged in.
  TestClient& connect(std::size_t lane = 0, std::size_t limit = SIZE_MAX) {
    clients.push_back(std::make_unique<TestClient>(parts, lanes[lane], "192.0.2.9", limit));
    return *clients.back();
  }
  TestClient& online(std::string_view user, std::size_t lane = 0, std::size_t limit = SIZE_MAX) {
    TestClient& client = connect(lane, limit);
    EXPECT_EQ(client.code("login", login_args(user)), 0) << client.last_message;
    return client;
  }
  /// vera_01 owns @TGS#_makers, a topic-enabled community.
  void make_community(TestClient& vera, std::string_view id = "@TGS#_makers") {
    ASSERT_EQ(vera.code("createGroup", R"({"type":"Community","name":"Riverside Makers",)"
                                       R"("isSupportTopic":true,"groupID":")" +
                                           std::string(id) + R"("})"),
              0)
        << vera.last_message;
  }
  void make_topic(TestClient& vera, std::string_view suffix, std::string_view name = "Woodwork") {
    ASSERT_EQ(vera.code("createTopicInCommunity",
                        R"({"groupID":"@TGS#_makers","topicName":")" + std::string(name) +
                            R"(","topicID":"@TGS#_makers@TOPIC#_)" + std::string(suffix) + R"("})"),
              0)
        << vera.last_message;
  }

  ManualClock clock;
  SeededRandom random{20250102};
  store::MemoryEngine engine;
  CommitBridge bridge;
  store::Committer committer{engine, clock, random, bridge};
  runtime::BlockingPool readers{1};
  runtime::Lanes lanes{2};
  AppRegistry apps;
  SilentAsker asker;
  Metrics metrics;
  ClientHub hub{lanes, metrics};
  Service service{
      Service::Parts{committer, bridge, engine, engine, readers, apps, asker, clock, random}};
  Authenticator authenticator{clock};
  ClientShares shares{SIZE_MAX};
  ClientSessionParts parts{service, authenticator, hub, metrics, {}, shares};
  std::vector<std::unique_ptr<TestClient>> clients;
};

}  // namespace tidings::backend

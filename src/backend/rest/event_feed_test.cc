// Goal: the pull feed gives an app's events back in order, byte for byte, without gaps; it waits
// where there is nothing new and is woken by a commit; it is as closed to strangers as every call.
// Method: the whole backend in memory (rest_fixture.h) and requests as values. Waits are started on
// the lane and end by a commit, never by a pause.
#include "backend/rest/event_feed.h"

#include <atomic>
#include <future>
#include <thread>

#include "backend/rest/reply_text.h"
#include "backend/rest/rest_fixture.h"
#include "tidings/json.h"

namespace tidings::backend::rest::event_feed_test {
namespace {

using boost::json::object;

community::App app_with_events() {
  community::App app = make_app();
  app.callback.set(CallbackSwitch::after_create_group, true);
  return app;
}

/// The connection of a client that may go away.
class Client final : public net::EventStream {
 public:
  runtime::awaitable<Result<void>> write(std::string) override { co_return Result<void>{}; }
  [[nodiscard]] bool gone() const override { return gone_; }
  void set_content_type(std::string_view) override {}
  void leave() { gone_ = true; }

 private:
  std::atomic<bool> gone_ = false;
};

class EventFeedTest : public RestFixture {
 protected:
  EventFeedTest() : RestFixture(unlimited(), app_with_events()) {}

  struct Asked {
    net::HttpMethod method = net::HttpMethod::get;
    std::string query;
    std::string target = {};
    net::HttpRequest request(std::string_view client_ip) {
      target = std::string(kFeedPath) + "?" + query;
      net::HttpRequest made;
      made.method = method;
      made.method_text = method == net::HttpMethod::get ? "GET" : "POST";
      made.target = target;
      made.path = kFeedPath;
      made.query = query;
      made.client_ip = client_ip;
      return made;
    }
  };
  std::string raw(Asked asked) {
    const net::HttpRequest request = asked.request(client_ip);
    const auto response = runtime::block_on(lane, feed.handle(request, client));
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.proven, response.body.find("\"ErrorCode\":0") != std::string::npos);
    return response.body;
  }
  object ask(const std::string& parameters = "") {
    return boost::json::parse(raw({.query = query() + parameters})).as_object();
  }
  int code_of(Asked asked) {
    const object reply = boost::json::parse(raw(std::move(asked))).as_object();
    last_info = reply.at("ErrorInfo").as_string();
    return reply.at("ErrorCode").to_number<int>();
  }
  /// A poll that is under way.
  std::future<net::HttpResponse> begin(Asked& asked, EventFeed& asked_feed) {
    requests.push_back(asked.request(client_ip));
    return boost::asio::co_spawn(lane.executor(), asked_feed.handle(requests.back(), client),
                                 boost::asio::use_future);
  }
  /// Deletes the app and makes one with the same number.
  void make_app_anew() {
    community::App gone = app();
    gone.status = community::AppStatus::disabled;
    put_app(gone);
    ASSERT_TRUE(execute(community::DeleteApp{kApp}).has_value());
    put_app(app_with_events());
  }
  void until_waiting(std::size_t count) {
    while (waiters.waiting() != count) std::this_thread::yield();
  }
  static std::vector<std::int64_t> numbers(const object& reply) {
    std::vector<std::int64_t> found;
    for (const auto& item : reply.at("EventList").as_array()) {
      found.push_back(item.at("Sequence").to_number<std::int64_t>());
    }
    return found;
  }
  using Numbers = std::vector<std::int64_t>;

  EventFeed feed{{service, door.access(), waiters, metrics}};
  Client client;
  std::deque<net::HttpRequest> requests;
};

TEST_F(EventFeedTest, gives_events_in_order_with_the_body_that_is_delivered) {
  make_community();
  make_topic();
  const std::string text = raw({.query = query()});
  const object reply = boost::json::parse(text).as_object();
  EXPECT_EQ(text.find(R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"EventList":[{)"), 0U);
  ASSERT_EQ(numbers(reply), (Numbers{1, 2})) << text;
  EXPECT_EQ(reply.at("FirstSequence"), 1);
  EXPECT_EQ(reply.at("LastSequence"), 2);
  EXPECT_EQ(reply.at("Next"), 2);
  committer.stop();  // callers are answered before events are handed on
  const std::lock_guard lock(mutex);
  ASSERT_EQ(events.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const object& item = reply.at("EventList").at(i).as_object();
    EXPECT_EQ(item.at("CallbackCommand").as_string(), events[i].command);
    EXPECT_EQ(item.at("RequestID").as_string(), events[i].request_id);
    EXPECT_EQ(item.at("ClientIP"), "192.0.2.7");
    EXPECT_EQ(item.at("OptPlatform"), "RESTAPI");
    EXPECT_EQ(item.at("EventTime").to_number<std::int64_t>(), events[i].time_ms);
    EXPECT_EQ(item.at("State"), "pending");
    EXPECT_NE(text.find("\"Body\":" + events[i].body + "}"), std::string::npos) << text;
  }
}

TEST_F(EventFeedTest, pages_go_on_after_next_and_miss_nothing) {
  make_community();
  for (int i = 0; i < 6; ++i) make_topic("t" + std::to_string(i));
  Numbers all;
  std::int64_t after = 0;
  for (int pages = 0; pages < 10; ++pages) {
    const object reply = ask("&limit=3&after=" + std::to_string(after));
    const Numbers page = numbers(reply);
    EXPECT_LE(page.size(), 3U);
    all.insert(all.end(), page.begin(), page.end());
    after = reply.at("Next").to_number<std::int64_t>();
    if (after == reply.at("LastSequence").to_number<std::int64_t>()) break;
  }
  EXPECT_EQ(all, (Numbers{1, 2, 3, 4, 5, 6, 7}));
  const object end = ask("&after=7");
  EXPECT_TRUE(numbers(end).empty());
  EXPECT_EQ(end.at("Next"), 7);
  // Who is ahead of the app, because the app's store was replaced, sees it and is not sent back.
  const object ahead = ask("&after=100");
  EXPECT_EQ(ahead.at("Next"), 100);
  EXPECT_EQ(ahead.at("LastSequence"), 7);
}

TEST_F(EventFeedTest, an_app_without_events_begins_at_one) {
  const object reply = ask();
  EXPECT_TRUE(numbers(reply).empty());
  EXPECT_EQ(reply.at("FirstSequence"), 1);
  EXPECT_EQ(reply.at("LastSequence"), 0);
  EXPECT_EQ(reply.at("Next"), 0);
}

TEST_F(EventFeedTest, an_answer_is_bounded_in_bytes_and_holds_at_least_one_event) {
  // Straight into the log: no rule writes bodies of this size.
  const community::App settings = app();
  for (int i = 0; i < 5; ++i) {
    community::View view(kNow * 1000, random);
    community::Needs needs;
    needs.apps.push_back(kApp);
    ASSERT_TRUE(engine.load(needs, view));
    view.record(settings, AfterCreateTopic::kCommand, GroupId("@TGS#_g"), {},
                R"({"Name":")" + std::string(i == 3 ? 3 * kMaxReplyBytes : 400 * 1024, 'x') +
                    "\"}");
    ASSERT_TRUE(engine.commit(view, {}));
  }
  Numbers all;
  std::vector<std::size_t> counts;
  for (std::int64_t after = 0; after < 5;) {
    const object reply = ask("&after=" + std::to_string(after));
    const Numbers page = numbers(reply);
    ASSERT_FALSE(page.empty());
    counts.push_back(page.size());
    all.insert(all.end(), page.begin(), page.end());
    after = reply.at("Next").to_number<std::int64_t>();
    EXPECT_EQ(after, page.back());
  }
  EXPECT_EQ(all, (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(counts, (std::vector<std::size_t>{2, 1, 1, 1}));
}

TEST_F(EventFeedTest, access_is_checked_as_for_every_call) {
  const std::string app_part = "sdkappid=1400112233";
  const std::string admin = app_part + "&identifier=administrator";
  struct Case {
    std::string query;
    int code;
  };
  EXPECT_EQ(code_of({.method = net::HttpMethod::post, .query = query()}), 60002);
  for (const auto& [asked, code] : std::vector<Case>{
           {"", 60012},
           {"sdkappid=x", 60006},
           {"sdkappid=7", 70020},
           {"sdkappid=1&sdkappid=2", 60002},
           {app_part, 60004},
           {admin, 60005},
           {admin + "&usersig=nonsense", 70003},
           {admin + "&usersig=" + sig("omar"), 70013},
           {query("omar"), 60010},
           {query() + "&after=1&after=2", 60002},
           {app_part + "&identifier=administrator&usersig=" + sig() + "&contenttype=xml", 60025},
       }) {
    EXPECT_EQ(code_of({.query = asked}), code) << asked << " " << last_info;
  }
  community::App changed = app();
  changed.rest_disabled = {"tidings"};
  put_app(changed);
  EXPECT_EQ(code_of({.query = query()}), 60017);
  changed = app();
  changed.status = community::AppStatus::disabled;
  put_app(changed);
  EXPECT_EQ(code_of({.query = query()}), 60016);
  const std::string counted = metrics.text();
  EXPECT_NE(counted.find(R"(tidings_rest_requests_total{code="60010",command="events"} 1)"),
            std::string::npos)
      << counted;
}

TEST_F(EventFeedTest, parameters_are_named_with_their_bounds) {
  for (const char* bad : {"&after=-1", "&after=", "&after=1x", "&after=99999999999999999999",
                          "&limit=0", "&limit=501", "&limit=all", "&wait=31", "&wait=-1"}) {
    EXPECT_EQ(code_of({.query = query() + bad}), 10004) << bad;
    const std::string name = std::string(bad).substr(1, std::string(bad).find('=') - 1);
    EXPECT_EQ(last_info.find(name + " is '"), 0U) << last_info;
  }
  EXPECT_EQ(code_of({.query = query() + "&limit=500&wait=0&after=9223372036854775807"}), 0);
}

TEST_F(EventFeedTest, its_frequency_is_limited_by_itself) {
  RestLimits limits = unlimited();
  limits.per_command["events"] = 2;
  RestDoor slow({service, authenticator, limiter, nullptr}, limits);
  EventFeed limited({service, slow.access(), waiters, metrics});
  std::vector<int> codes;
  for (int i = 0; i < 3; ++i) {
    Asked asked{.query = query()};
    const net::HttpRequest request = asked.request(client_ip);
    const auto body = runtime::block_on(lane, limited.handle(request, client)).body;
    codes.push_back(boost::json::parse(body).at("ErrorCode").to_number<int>());
  }
  EXPECT_EQ(codes, (std::vector<int>{0, 0, 60007}));
  EXPECT_EQ(documented_limit("events"), 200U);
}

TEST_F(EventFeedTest, a_poll_is_woken_by_the_commit) {
  make_community();
  Asked asked{.query = query() + "&after=1&wait=30"};
  auto answer = begin(asked, feed);
  until_waiting(1);
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  make_topic();
  const object reply = boost::json::parse(answer.get().body).as_object();
  EXPECT_EQ(numbers(reply), (Numbers{2}));
  EXPECT_EQ(waiters.waiting(), 0U);
}

TEST_F(EventFeedTest, what_an_app_had_that_was_deleted_is_not_handed_out_to_the_one_made_after_it) {
  make_community();
  make_topic();
  ASSERT_EQ(numbers(ask()), (Numbers{1, 2}));
  make_app_anew();
  const object empty = ask();
  EXPECT_TRUE(numbers(empty).empty());
  EXPECT_EQ(empty.at("FirstSequence"), 3);
  EXPECT_EQ(empty.at("LastSequence"), 2);
  EXPECT_EQ(empty.at("Next"), 2);
  make_community();
  make_topic();
  for (const char* after : {"", "&after=1", "&after=2"}) {
    const object reply = ask(after);
    EXPECT_EQ(numbers(reply), (Numbers{3, 4})) << after;
    EXPECT_EQ(reply.at("FirstSequence"), 3) << after;
  }
  EXPECT_EQ(numbers(ask("&after=3")), (Numbers{4}));
}

TEST_F(EventFeedTest, a_poll_ends_with_its_app_and_sees_nothing_of_the_one_made_after_it) {
  make_community();
  Asked asked{.query = query() + "&after=1&wait=30"};
  auto answer = begin(asked, feed);
  until_waiting(1);
  make_app_anew();
  make_community();  // wakes it
  const object reply = boost::json::parse(answer.get().body).as_object();
  EXPECT_EQ(reply.at("ErrorCode"), 70020);
  EXPECT_FALSE(reply.contains("EventList"));
  EXPECT_EQ(waiters.waiting(), 0U);
}

TEST_F(EventFeedTest, an_app_that_went_while_the_log_was_read_is_told_nothing) {
  make_community();
  std::promise<void> begun;
  std::promise<void> go_on;
  ASSERT_TRUE(readers.post([&] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  Asked asked{.query = query()};
  auto answer = begin(asked, feed);
  while (readers.queued() != 1) std::this_thread::yield();  // it was let in, and reads
  apps.remove(kApp);
  go_on.set_value();
  const object reply = boost::json::parse(answer.get().body).as_object();
  EXPECT_EQ(reply.at("ErrorCode"), 70020);
}

TEST_F(EventFeedTest, a_poll_ends_when_its_app_is_deleted) {
  Asked asked{.query = query() + "&wait=30"};
  auto answer = begin(asked, feed);
  until_waiting(1);
  community::App gone = app();
  gone.status = community::AppStatus::disabled;
  put_app(gone);
  ASSERT_TRUE(execute(community::DeleteApp{kApp}).has_value());
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const object reply = boost::json::parse(answer.get().body).as_object();
  EXPECT_EQ(reply.at("ErrorCode"), 70020);
}

TEST_F(EventFeedTest, a_poll_in_vain_ends_with_its_time) {
  const auto begun = std::chrono::steady_clock::now();
  const object reply = ask("&wait=1");
  EXPECT_TRUE(numbers(reply).empty());
  EXPECT_EQ(reply.at("Next"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  EXPECT_EQ(waiters.waiting(), 0U);
}

TEST_F(EventFeedTest, a_client_that_goes_away_frees_its_place) {
  Asked asked{.query = query() + "&wait=30"};
  auto answer = begin(asked, feed);
  until_waiting(1);
  client.leave();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(waiters.waiting(), 0U);
}

TEST_F(EventFeedTest, polls_that_wait_are_bounded_and_others_still_served) {
  EventWaiters few({.per_app = 1, .total = 8});
  EventFeed bounded({service, door.access(), few, metrics});
  Asked first{.query = query() + "&wait=30"};
  auto waiting = begin(first, bounded);
  while (few.waiting() != 1) std::this_thread::yield();
  Asked second{.query = query() + "&wait=30"};
  const object refused = boost::json::parse(begin(second, bounded).get().body).as_object();
  EXPECT_EQ(refused.at("ErrorCode"), 60007);
  EXPECT_NE(refused.at("ErrorInfo").as_string().find("app 1400112233 has 1 polls"),
            boost::json::string::npos);
  Asked third{.query = query()};
  const object at_once = boost::json::parse(begin(third, bounded).get().body).as_object();
  EXPECT_EQ(at_once.at("ErrorCode"), 0);
  client.leave();
  waiting.wait();
  EXPECT_EQ(few.waiting(), 0U);
}

TEST_F(EventFeedTest, a_commit_wakes_the_polls_of_its_app_only) {
  std::unique_ptr<EventWaiters::Waiting> ours;
  std::unique_ptr<EventWaiters::Waiting> theirs;
  std::promise<void> entered;
  lane.post([&] {
    ours = waiters.enter(kApp).value();
    theirs = waiters.enter(SdkAppId(7)).value();
    entered.set_value();
  });
  entered.get_future().wait();
  community::Event event;
  event.app = kApp;
  waiters.committed(std::vector{event, event});
  std::promise<std::pair<std::uint64_t, std::uint64_t>> seen;
  lane.post([&] {
    const std::pair generations{ours->generation(), theirs->generation()};
    ours.reset();
    theirs.reset();
    seen.set_value(generations);
  });
  EXPECT_EQ(seen.get_future().get(), (std::pair<std::uint64_t, std::uint64_t>{1, 0}));
  EXPECT_EQ(waiters.waiting(), 0U);
}

TEST_F(EventFeedTest, an_apps_first_poll_gets_in_whatever_others_have) {
  EventWaiters few({.per_app = 32, .total = 8});
  std::vector<std::unique_ptr<EventWaiters::Waiting>> held;
  const auto take_all = [&](std::uint32_t app) {
    for (std::size_t got = 0;; ++got) {
      auto entered = few.enter(SdkAppId(app));
      if (!entered) {
        EXPECT_EQ(entered.error().code, 60007);
        last_info = entered.error().what;
        return got;
      }
      held.push_back(std::move(*entered));
    }
  };
  std::promise<std::vector<std::size_t>> counts;
  lane.post([&] {
    std::vector<std::size_t> got;
    for (std::uint32_t app = 1; app <= 6; ++app) got.push_back(take_all(app));
    held.clear();
    counts.set_value(std::move(got));
  });
  EXPECT_EQ(counts.get_future().get(), (std::vector<std::size_t>{4, 2, 1, 1, 1, 1}));
  EXPECT_EQ(last_info, "app 6 has 1 polls waiting already, its share of 8; poll with wait=0, or "
                       "end one of them");
  EXPECT_EQ(few.waiting(), 0U);
}

}  // namespace
}  // namespace tidings::backend::rest::event_feed_test

// Goal: the query door shows what is there, names what is wrong with a question, asks for its token,
// and keeps the store's own words for the log.
// Method: requests as values, through handle() and stream() on real lanes (test_receiving.h).
#include "receiver/query_door.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>

#include "receiver/test_captured_stream.h"
#include "receiver/test_receiving.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
namespace asio = boost::asio;

using QueryDoorTest = ReceiverTest;

TEST_F(QueryDoorTest, TheQueryDoorShowsTopicsGroupsAndInbox) {
  post(callback(topic_body("Woodwork")));
  clock_.advance(std::chrono::seconds(5));
  post(callback(topic_body("Garden", "garden")));
  const std::string group = "%40TGS%23_%40TGS%23cBJYDIIM62CB";
  const auto topic = got("/mirror/topics/" + group + "%40TOPIC%23_woodwork");
  EXPECT_EQ(topic.at("topic_id").as_string(), kTopic);
  EXPECT_EQ(topic.at("name"), "Woodwork");
  EXPECT_EQ(topic.at("state"), "alive");
  EXPECT_TRUE(topic.at("introduction").is_null());
  EXPECT_EQ(got("/mirror/groups/" + group + "/topics").at("topics").as_array().size(), 2U);
  EXPECT_EQ(got("/mirror/topics?group=" + group).at("topics").as_array().size(), 2U);
  const auto first = got("/mirror/topics?limit=1");
  EXPECT_EQ(first.at("topics").at(0).at("name"), "Woodwork");
  const std::string next{first.at("next").as_string()};
  EXPECT_EQ(got("/mirror/topics?limit=1&after=" + next).at("topics").at(0).at("name"), "Garden");
  EXPECT_EQ(got("/mirror/topics?since=2025-01-01T00:00:03Z").at("topics").as_array().size(), 1U);
  EXPECT_EQ(got("/mirror/topics?until=1735689603").at("topics").as_array().size(), 1U);
  EXPECT_TRUE(got("/mirror/groups").at("groups").as_array().empty());

  const auto inbox = got("/inbox?command=Group.CallbackAfterCreateTopic&after=1");
  ASSERT_EQ(inbox.at("entries").as_array().size(), 1U);
  EXPECT_EQ(inbox.at("entries").at(0).at("body").at("Name"), "Garden");
  const auto entry = got("/inbox/1");
  EXPECT_EQ(entry.at("client_ip"), "203.0.113.9");
  EXPECT_EQ(entry.at("via"), "callback");
  const auto ledger = got("/ledger?recount=1");
  EXPECT_EQ(ledger.at("balanced"), true);
  EXPECT_EQ(ledger.at("apps").at(0).at("topics"), 2);
  EXPECT_NE(get("/metrics", "").body.find("tidings_receiver_mirror_topics"), std::string::npos);
}

TEST_F(QueryDoorTest, TheInboxShowsTheRequestAsReceivedAndTheLogDoesNot) {
  const Call call = callback(topic_body("Woodwork"));
  post(call);
  const auto entry = got("/inbox/1");
  EXPECT_EQ(entry.at("target").as_string(), call.target);
  const std::string time = std::to_string(clock_.now_s());
  EXPECT_EQ(entry.at("query").at("RequestTime").as_string(), time);
  EXPECT_EQ(entry.at("query").at("Sign").as_string(), make_sign("S3cretTok", time));
  EXPECT_EQ(entry.at("query").as_object().size(), 7U);
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(post(call).status, 403U);
  const std::lock_guard lock(log_mutex_);
  EXPECT_FALSE(log_.empty());
  EXPECT_EQ(log_.find(make_sign("S3cretTok", time)), std::string::npos) << log_;
}

TEST_F(QueryDoorTest, TheQueryDoorNamesWhatIsWrong) {
  struct Case {
    const char* target;
    unsigned status;
    const char* parameter;
  };
  for (const auto& [target, status, parameter] : std::vector<Case>{
           {"/mirror/topics?limit=0", 400, "limit"},
           {"/mirror/topics?limit=1001", 400, "limit"},
           {"/mirror/topics?since=yesterday", 400, "since"},
           {"/mirror/topics?grup=x", 400, "grup"},
           {"/mirror/topics?group=%2", 400, "group"},
           {"/mirror/topics?after=x", 400, "after"},
           {"/mirror/topics?state=odd", 400, "state"},
           {"/mirror/topics?sdkappid=7", 400, "sdkappid"},
           {"/mirror/topics?limit=1&limit=2", 400, "limit"},
           {"/inbox?after=-1", 400, "after"},
           {"/inbox/x", 400, "id"},
           {"/inbox/99", 404, ""},
           {"/mirror/topics/none", 404, ""},
           {"/mirror/groups/none", 404, ""},
           {"/mirror", 404, ""},
           {"/", 404, ""}}) {
    const net::HttpResponse response = get(target);
    EXPECT_EQ(response.status, status) << target << " " << response.body;
    const auto error = boost::json::parse(response.body).at("error").as_object();
    EXPECT_FALSE(error.at("message").as_string().empty());
    if (*parameter == 0) continue;
    EXPECT_EQ(error.at("parameter").as_string(), parameter) << target;
  }
}

TEST_F(QueryDoorTest, AStoreThatCannotBeReadIsToldToTheLogAndNotToCallers) {
  post(callback(topic_body("Woodwork")));
  receiver_->stop();  // the file is this test's now
  ASSERT_TRUE(sqlite::Database::open((folder_ / "receiver.db").string())
                  .value()
                  .execute("DROP TABLE mirror_topic; DROP TABLE inbox; DROP TABLE mirror_sequence"));
  for (const char* const target : {"/mirror/topics", "/inbox", "/inbox/1", "/gaps", "/readyz"}) {
    clock_.advance(std::chrono::seconds(1));  // a line a second
    const net::HttpResponse response = get(target);
    EXPECT_GE(response.status, 500U) << target;
    EXPECT_EQ(response.body.find(folder_.string()), std::string::npos) << response.body;
    EXPECT_EQ(response.body.find("no such table"), std::string::npos) << response.body;
    const std::lock_guard lock(log_mutex_);
    EXPECT_NE(log_.find("no such table"), std::string::npos) << target;
    log_.clear();
  }
}

TEST_F(QueryDoorTest, TheQueryDoorAsksForItsToken) {
  for (const char* token : {"", "Bearer wrong", "Bearer ", "admin", "Basic admin"}) {
    EXPECT_EQ(get("/inbox", token).status, 401U) << token;
  }
  EXPECT_EQ(get("/inbox", "bearer admin").status, 200U);
  EXPECT_EQ(get("/healthz", "").status, 200U);
}

TEST_F(QueryDoorTest, TheFeedTellsOfCommitsAndResumesAfterTheLastEventId) {
  post(callback(topic_body("First", "1")));
  post(callback(topic_body("Second", "2")));
  Call call;
  call.method = net::HttpMethod::get;
  call.target = "/feed";
  call.headers = {{"Authorization", "Bearer admin"}, {"Last-Event-ID", "1"}};
  const net::HttpRequest request = call.request();
  CapturedStream stream;
  auto ended = asio::co_spawn(lanes_[1].executor(), door_->stream(request, stream),
                              asio::use_future);
  ASSERT_TRUE(stream.wait_for("id: 2\nevent: callback\ndata: {")) << stream.text();
  EXPECT_EQ(stream.text().find("id: 1\n"), std::string::npos);
  // Pretty-printed bodies hold line breaks, which become further data lines.
  post(callback("{\"CallbackCommand\":\"Group.CallbackAfterCreateTopic\",\n\"GroupId\":\"" + kGroup +
                "\",\r\n\"TopicId\":\"" + kTopic + "\"}"));
  ASSERT_TRUE(stream.wait_for("id: 3\n")) << stream.text();
  EXPECT_NE(stream.text().find("\ndata: \"GroupId\""), std::string::npos) << stream.text();
  EXPECT_EQ(receiver_->feed().clients(), 1U);
  stream.leave();
  post(callback(topic_body("Last", "4")));
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  ended.get();
  EXPECT_EQ(receiver_->feed().clients(), 0U);
}

TEST_F(QueryDoorTest, AFeedWithoutATokenIsRefused) {
  Call call;
  call.method = net::HttpMethod::get;
  call.target = "/feed";
  const net::HttpRequest request = call.request();
  CapturedStream stream;
  const auto response = runtime::block_on(lanes_[1], door_->stream(request, stream));
  EXPECT_EQ(response.status, 401U);
  EXPECT_EQ(stream.text(), "");
}

}  // namespace
}  // namespace tidings::receiver

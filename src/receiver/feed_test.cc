// Goal: who comes back to the feed goes on where it was, and is told where that cannot be.
// Method: an inbox in a file, written by the test; the feed's stream on a lane, captured.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "receiver/query_door.h"
#include "receiver/receiver.h"
#include "receiver/test_callbacks.h"
#include "receiver/test_captured_stream.h"
#include "receiver/test_mirror_file.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;

class FeedTest : public ::testing::Test {
 protected:
  FeedTest() {
    ReceiverOptions options;
    ReceiverApp app;
    app.sdkappid = kApp.number();
    app.unsigned_ok = true;
    options.apps = {app};
    options.max_feeds = 4;
    receiver_ = Receiver::create(options, {writer_, reader_, readers_, clock_, {}, {}}).value();
    door_.emplace(*receiver_);
    lanes_.start();
  }
  ~FeedTest() override {
    leave();
    lanes_.stop();
    readers_.stop();
  }

  void write(int first, int last, std::int64_t purge_before_ms = 0) {
    for (int i = first; i <= last; ++i) {
      const std::string body = R"({"CallbackCommand":"X","n":)" + std::to_string(i) + "}";
      ASSERT_TRUE(write_batch(writer_, {callback_of(body)}, i * 1000));
    }
    if (purge_before_ms != 0) {
      ASSERT_TRUE(write_batch(writer_, {}, last * 1000, purge_before_ms));
    }
    receiver_->feed().committed();
  }
  void follow(const std::string& last_event_id) {
    header_ = last_event_id;
    request_.method = net::HttpMethod::get;
    request_.path = "/feed";
    request_.fields.push_back({"Last-Event-ID", header_});
    ended_ = boost::asio::co_spawn(lanes_[0].executor(), door_->stream(request_, stream_),
                                   boost::asio::use_future);
  }
  void leave() {
    if (!ended_.valid()) return;
    stream_.leave();
    receiver_->feed().committed();
    ended_.get();
  }

  MirrorFolder folder_;
  sqlite::MirrorWriter writer_ = sqlite::MirrorWriter::open(folder_.file(), quick()).value();
  sqlite::MirrorSqliteReader reader_{folder_.file()};
  runtime::BlockingPool readers_{1};
  ManualClock clock_;
  runtime::Lanes lanes_{1};
  std::unique_ptr<Receiver> receiver_;
  std::optional<QueryDoor> door_;
  std::string header_;
  net::HttpRequest request_;
  CapturedStream stream_;
  std::future<net::HttpResponse> ended_;
};

TEST_F(FeedTest, WhoIsAheadOfTheInboxIsToldAndReadsItFromItsBeginning) {
  write(1, 6, 3000);
  follow("70");
  ASSERT_TRUE(stream_.wait_for("id: 6\n")) << stream_.text();
  const std::string text = stream_.text();
  EXPECT_NE(text.find("event: gap\ndata: {\"first_held\":3}\n\n"), std::string::npos) << text;
  EXPECT_LT(text.find("event: gap"), text.find("id: 3\n"));
  EXPECT_EQ(text.find("id: 2\n"), std::string::npos);
  write(7, 7);
  ASSERT_TRUE(stream_.wait_for("id: 7\n")) << stream_.text();
}

TEST_F(FeedTest, WhoIsAheadOfAnEmptyInboxIsToldAndReadsWhatComes) {
  follow("70");
  ASSERT_TRUE(stream_.wait_for("event: gap\ndata: {\"first_held\":1}\n\n")) << stream_.text();
  write(1, 1);
  ASSERT_TRUE(stream_.wait_for("id: 1\n")) << stream_.text();
}

TEST_F(FeedTest, WhoReadAllIsToldOfNoGap) {
  write(1, 3);
  follow("3");
  write(4, 4);
  ASSERT_TRUE(stream_.wait_for("id: 4\n")) << stream_.text();
  EXPECT_EQ(stream_.text().find("event: gap"), std::string::npos) << stream_.text();
  EXPECT_EQ(stream_.text().find("id: 3\n"), std::string::npos) << stream_.text();
}

TEST_F(FeedTest, WhatWasPurgedMeanwhileIsAGap) {
  write(1, 6, 5000);
  follow("2");
  ASSERT_TRUE(stream_.wait_for("id: 6\n")) << stream_.text();
  EXPECT_NE(stream_.text().find("event: gap\ndata: {\"first_held\":5}\n\n"), std::string::npos)
      << stream_.text();
}

TEST_F(FeedTest, OneAddressHasHalfOfTheFeedsThatOthersLeave) {
  net::HttpRequest crowd;
  crowd.method = net::HttpMethod::get;
  crowd.path = "/feed";
  crowd.client_ip = "192.0.2.1";
  net::HttpRequest quiet = crowd;
  quiet.client_ip = "192.0.2.2";
  const auto open = [this](const net::HttpRequest& request) {
    return boost::asio::co_spawn(lanes_[0].executor(), door_->stream(request, stream_),
                                 boost::asio::use_future);
  };
  std::vector<std::future<net::HttpResponse>> feeds;
  for (int i = 0; i < 2; ++i) feeds.push_back(open(crowd));
  auto third = open(crowd);
  if (third.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
    stream_.leave();  // it was let in
    receiver_->feed().committed();
  }
  const net::HttpResponse refused = third.get();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.body,
            R"({"error":{"kind":"unavailable","message":"192.0.2.1 has 2 feeds open, its share of )"
            R"(4; end one of them, or read /inbox"}})");
  EXPECT_NE(receiver_->metrics().text({}).find("tidings_receiver_feeds_refused_total 1"),
            std::string::npos);
  feeds.push_back(open(quiet));
  while (receiver_->feed().clients() != 3) std::this_thread::yield();
  stream_.leave();
  receiver_->feed().committed();
  for (auto& feed : feeds) EXPECT_EQ(feed.get().status, 200U);
  EXPECT_EQ(receiver_->feed().clients(), 0U);
}

}  // namespace
}  // namespace tidings::receiver

// Goal: answered means committed (P6): OK comes after the commit, duplicates are answered and change
// nothing, a failing disk is answered 503 with nothing stored; and what is refused leaves a counter and a log
// line, which nobody can make many of.
// Method: requests as values through handle() on real lanes (test_receiving.h).
#include "receiver/receiver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "receiver/test_receiving.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
namespace asio = boost::asio;

TEST_F(ReceiverTest, ACallbackIsAnsweredOkAndStandsInInboxAndMirror) {
  const net::HttpResponse response = post(callback(topic_body("Woodwork")));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  const auto topic = reader_->topic({kApp, TopicId{kTopic}}).value();
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->name.value, "Woodwork");
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReceiverTest, WhoIsVerifiedIsNoStrangerToTheListener) {
  EXPECT_TRUE(post(callback(topic_body("Woodwork"))).proven);
  const std::string before = R"({"CallbackCommand":"Group.CallbackBeforeCreateTopic","Name":"x"})";
  EXPECT_TRUE(post(callback(before, "Group.CallbackBeforeCreateTopic")).proven);
  Call forged = callback(topic_body("Woodwork"));
  forged.target.replace(forged.target.find("Sign=") + 5, 4, "0000");
  EXPECT_FALSE(post(forged).proven);
  EXPECT_TRUE(get("/inbox").proven);
  EXPECT_TRUE(get("/no-such-path").proven);
  EXPECT_FALSE(get("/inbox", "Bearer guessed").proven);
  EXPECT_FALSE(get("/healthz", "").proven);
}

TEST_F(ReceiverTest, TheAnswerWaitsForTheCommitAndACrowdSharesOne) {
  engine_.set(false, false);
  std::vector<Call> calls;
  for (int i = 0; i <= 50; ++i) {
    calls.push_back(callback(topic_body("Topic", std::to_string(i))));
  }
  std::vector<net::HttpRequest> requests;
  for (const Call& call : calls) requests.push_back(call.request());
  std::vector<std::future<net::HttpResponse>> answers;
  answers.push_back(asio::co_spawn(lanes_[0].executor(), receiver_->handle(requests[0]),
                                   asio::use_future));
  engine_.wait_begun(1);
  for (std::size_t i = 1; i < requests.size(); ++i) {
    answers.push_back(asio::co_spawn(lanes_[i % 2].executor(), receiver_->handle(requests[i]),
                                     asio::use_future));
  }
  while (receiver_->queued() != 50) std::this_thread::yield();
  for (auto& answer : answers) {
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
  EXPECT_EQ(entries(), 0);
  engine_.set(true, false);
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200U);
  EXPECT_EQ(engine_.begun(), 2);
  EXPECT_EQ(entries(), 51);
}

TEST_F(ReceiverTest, ADuplicateIsAnsweredOkAndChangesNothing) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post(callback(topic_body("Woodwork"))).status, 200U);
  EXPECT_EQ(entries(), 1);
  EXPECT_EQ(reader_->tallies().value()[0].second.duplicates, 2);
}

TEST_F(ReceiverTest, AFailingDiskIsAnswered503WithNothingStoredAndHealsByItself) {
  engine_.set(true, true);
  const net::HttpResponse failed = post(callback(topic_body("Woodwork")));
  EXPECT_EQ(failed.status, 503U);
  EXPECT_EQ(failed.body.find("/secret/path"), std::string::npos);
  EXPECT_EQ(entries(), 0);
  EXPECT_EQ(get("/readyz").status, 503U);
  EXPECT_EQ(get("/healthz").status, 200U);
  engine_.set(true, false);
  EXPECT_EQ(post(callback(topic_body("Woodwork"))).status, 200U);
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReceiverTest, ARefusalLeavesACounterAndALogLineOnly) {
  Call stale = callback(topic_body("Woodwork"));
  clock_.advance(std::chrono::seconds(61));
  EXPECT_EQ(post(stale).status, 403U);
  Call get_call = callback("");
  get_call.method = net::HttpMethod::get;
  const net::HttpResponse refused = post(get_call);
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(boost::json::parse(refused.body).at("ErrorCode"), 405);
  EXPECT_EQ(entries(), 0);
  EXPECT_EQ(engine_.begun(), 0);
  EXPECT_EQ(receiver_->metrics().refusals(Refusal::signature), 1);
  EXPECT_EQ(receiver_->metrics().refusals(Refusal::method), 1);
  const std::lock_guard lock(log_mutex_);
  EXPECT_NE(log_.find("RequestTime"), std::string::npos) << log_;
  EXPECT_EQ(log_.find("S3cretTok"), std::string::npos);
}

TEST_F(ReceiverTest, ManyRefusalsDoNotFillTheLog) {
  Call wrong = callback("{}");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(post(wrong).status, 400U);
  {
    const std::lock_guard lock(log_mutex_);
    EXPECT_EQ(std::count(log_.begin(), log_.end(), '\n'), 10);
  }
  clock_.advance(std::chrono::seconds(1));
  post(wrong);
  const std::lock_guard lock(log_mutex_);
  EXPECT_NE(log_.find("90\n"), std::string::npos) << log_;
}

TEST_F(ReceiverTest, AtLevelDebugEachCallbackIsALineWithoutItsSignAndItsBody) {
  Call call = callback(topic_body("Woodwork"));
  call.target += "&RequestID=3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e11";
  call.headers = {{"tidings-sequence", "7"}};
  EXPECT_EQ(post(call).status, 200U);
  const auto lines = [this] {
    const std::lock_guard lock(log_mutex_);
    return std::exchange(log_, {});
  };
  EXPECT_EQ(lines(), "") << "not asked for";
  receiver_->stop();
  make_receiver(/*trace=*/true);
  EXPECT_EQ(post(call).status, 200U);
  const std::string line = lines();
  EXPECT_TRUE(line.starts_with(kApp.str() + "Group.CallbackAfterCreateTopic"
                               "3f0c9a52-6a1e-4c7b-9d6f-0b8f5a2f6e117127.0.0.1")) << line;
  EXPECT_NE(line.find("200duplicate"), std::string::npos) << line;
  EXPECT_EQ(line.find("Woodwork"), std::string::npos) << line;
  EXPECT_EQ(line.find(make_sign("S3cretTok", std::to_string(clock_.now_s()))), std::string::npos);

  engine_.set(true, true);
  call.target += "2";
  EXPECT_EQ(post(call).status, 503U);
  EXPECT_NE(lines().find("503store"), std::string::npos);
  // Strangers do not fill the disk.
  Call wrong = callback("{}");
  for (int i = 0; i < 300; ++i) EXPECT_EQ(post(wrong).status, 400U);
  const std::string many = lines();
  int traced = 0;
  for (auto at = many.find(kApp.str() + "Group."); at != std::string::npos;
       at = many.find(kApp.str() + "Group.", at + 1)) {
    ++traced;
  }
  EXPECT_EQ(traced, 100);
}

TEST_F(ReceiverTest, ADiskThatFailsForLongDoesNotFillTheLog) {
  engine_.set(true, true);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(post(callback(topic_body("Woodwork"))).status, 503U);
  const auto told = [this] {
    const std::lock_guard lock(log_mutex_);
    std::size_t lines = 0;
    for (auto at = log_.find("/secret/path"); at != std::string::npos;
         at = log_.find("/secret/path", at + 1)) {
      ++lines;
    }
    return lines;
  };
  EXPECT_EQ(told(), 1U);
  clock_.advance(std::chrono::seconds(1));
  post(callback(topic_body("Woodwork")));
  receiver_->stop();  // after its last line
  EXPECT_EQ(told(), 2U);
  const std::lock_guard lock(log_mutex_);
  // The last of the fifty may have met the new second, and is the one that tells then.
  EXPECT_TRUE(log_.find("the disk is full149\n") != std::string::npos ||
              log_.find("the disk is full148\n") != std::string::npos)
      << log_;
}

TEST_F(ReceiverTest, AHoleThatIsGivenUpForItsAgeIsTold) {
  // All odd numbers but 1 have arrived, so many that the next one is one too many.
  store::MirrorView view(1000);
  store::MirrorNeeds needs;
  needs.apps = {kApp};
  ASSERT_TRUE(writer_.load(needs, view));
  constexpr auto kRanges = static_cast<std::int64_t>(store::SequenceSet::kMaxRanges);
  for (std::int64_t i = 1; i <= kRanges; ++i) view.mark(kApp, {2 * i + 1, 2 * i + 1});
  EXPECT_TRUE(view.closed.empty());
  ASSERT_TRUE(writer_.commit(view));
  Call call = callback(topic_body("Woodwork"));
  call.headers = {{"tidings-sequence", std::to_string(2 * kRanges + 3)}};
  EXPECT_EQ(post(call).status, 200U);
  receiver_->stop();  // after its last line
  EXPECT_EQ(reader_->sequences().value().at(0).second.gone, 2);
  const std::lock_guard lock(log_mutex_);
  EXPECT_NE(log_.find(kApp.str() + "21-2the app's numbers have more than 10000 holes"),
            std::string::npos)
      << log_;
}

TEST_F(ReceiverTest, ABeforeCallbackIsAnsweredByRuleAndStoredNowhere) {
  BeforeCreateTopic body;
  body.group_id = GroupId{kGroup};
  body.name = "much spam";
  const std::string command{BeforeCreateTopic::kCommand};
  const auto refused = post(callback(write_callback(body, AdditiveMembers::all), command));
  EXPECT_EQ(refused.status, 200U);
  EXPECT_EQ(refused.body, R"({"ActionStatus":"OK","ErrorInfo":"no spam","ErrorCode":10123})");
  body.name = "Woodwork";
  const auto allowed = post(callback(write_callback(body, AdditiveMembers::all), command));
  EXPECT_EQ(allowed.body, std::string(kCallbackOk));
  EXPECT_EQ(entries(), 0);
  const std::string metrics = get("/metrics", "").body;
  EXPECT_NE(metrics.find("tidings_receiver_before_total{answer=\"refused\","
                         "command=\"Group.CallbackBeforeCreateTopic\"} 1"),
            std::string::npos)
      << metrics;
}

TEST_F(ReceiverTest, AfterStopCallbacksAreAnswered503) {
  receiver_->stop();
  EXPECT_EQ(post(callback(topic_body("Woodwork"))).status, 503U);
  EXPECT_EQ(receiver_->metrics().refusals(Refusal::overloaded), 1);
}

}  // namespace
}  // namespace tidings::receiver

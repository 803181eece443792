// Goal: answered means committed (P6): OK comes after the commit, duplicates are answered and change
// nothing, a failing disk is answered 503 with nothing stored; and the query door shows what is
// there and names what is wrong with a question.
// Method: requests as values through handle() on real lanes, over SQLite in a temporary folder, with
// an engine in between that a test can hold or break.
#include "receiver/receiver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "receiver/query_door.h"
#include "receiver/test_callbacks.h"
#include "receiver/test_captured_stream.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
namespace asio = boost::asio;
namespace fs = std::filesystem;

/// The engine under test, with a gate before each commit and a switch that breaks it.
class GatedEngine final : public store::MirrorUnitOfWork {
 public:
  explicit GatedEngine(store::MirrorUnitOfWork& inner) : inner_(inner) {}

  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override {
    return inner_.load(needs, view);
  }
  Result<void> commit(store::MirrorView& view) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (broken_) return fail(Errc::unavailable, "store file /secret/path: the disk is full");
    return inner_.commit(view);
  }
  void set(bool open, bool broken) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    broken_ = broken;
    changed_.notify_all();
  }
  void wait_begun(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }
  int begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  store::MirrorUnitOfWork& inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool broken_ = false;
  int begun_ = 0;
};

/// A request that owns its texts.
struct Call {
  net::HttpMethod method = net::HttpMethod::post;
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] net::HttpRequest request() const {
    net::HttpRequest made;
    made.method = method;
    made.method_text = method == net::HttpMethod::post ? "POST" : "GET";
    made.target = target;
    const auto mark = target.find('?');
    made.path = made.target.substr(0, mark);
    if (mark != std::string::npos) made.query = made.target.substr(mark + 1);
    made.body = body;
    for (const auto& [name, value] : headers) made.fields.push_back({name, value});
    made.peer_address = made.client_ip = "127.0.0.1";
    return made;
  }
};

std::string topic_body(const std::string& name, const std::string& suffix = "woodwork") {
  AfterCreateTopic body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kGroup + "@TOPIC#_" + suffix};
  body.name = name;
  return write_callback(body, AdditiveMembers::documented);
}

class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverTest() {
    std::string name = (fs::temp_directory_path() / "tidings-receiver-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    const std::string file = (folder_ / "receiver.db").string();
    writer_ = sqlite::MirrorWriter::open(file, {}).value();
    reader_ = std::make_unique<sqlite::MirrorSqliteReader>(file);
    ReceiverOptions options;
    ReceiverApp app;
    app.sdkappid = kApp.number();
    app.tokens = {"S3cretTok"};
    app.before_rules = {{"Group.CallbackBeforeCreateTopic", "spam", 10123, "no spam"}};
    options.apps = {app};
    options.admin_token = "admin";
    receiver_ = Receiver::create(options, {engine_, *reader_, readers_, clock_,
                                           [this](std::string_view, std::string_view,
                                                  const LogFields& fields) {
                                             const std::lock_guard lock(log_mutex_);
                                             for (const auto& field : fields) log_ += field.second;
                                             log_ += '\n';
                                           },
                                           {}})
                    .value();
    door_ = std::make_unique<QueryDoor>(*receiver_);
    lanes_.start();
    receiver_->start();
  }
  ~ReceiverTest() override {
    engine_.set(true, false);
    receiver_->stop();
    lanes_.stop();
    readers_.stop();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  Call callback(const std::string& body,
                const std::string& command = std::string(AfterCreateTopic::kCommand)) {
    const std::string time = std::to_string(clock_.now_s());
    Call call;
    call.target = "/?SdkAppid=" + kApp.str() + "&CallbackCommand=" + command +
                  "&contenttype=json&ClientIP=203.0.113.9&OptPlatform=RESTAPI&Sign=" +
                  make_sign("S3cretTok", time) + "&RequestTime=" + time;
    call.body = body;
    return call;
  }
  net::HttpResponse post(const Call& call) {
    const net::HttpRequest request = call.request();
    return runtime::block_on(lanes_[0], receiver_->handle(request));
  }
  net::HttpResponse get(const std::string& target, const std::string& token = "Bearer admin") {
    Call call;
    call.method = net::HttpMethod::get;
    call.target = target;
    call.headers = {{"authorization", token}};
    const net::HttpRequest request = call.request();
    return runtime::block_on(lanes_[1], door_->handle(request));
  }
  boost::json::object got(const std::string& target) {
    const net::HttpResponse response = get(target);
    EXPECT_EQ(response.status, 200U) << target << " " << response.body;
    return boost::json::parse(response.body).as_object();
  }
  std::int64_t entries() { return reader_->inbox_range().value().second; }

  fs::path folder_;
  sqlite::MirrorWriter writer_;
  GatedEngine engine_{writer_};
  std::unique_ptr<sqlite::MirrorSqliteReader> reader_;
  runtime::BlockingPool readers_{1};
  ManualClock clock_;
  std::mutex log_mutex_;
  std::string log_;
  runtime::Lanes lanes_{2};
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<QueryDoor> door_;
};

TEST_F(ReceiverTest, ACallbackIsAnsweredOkAndStandsInInboxAndMirror) {
  const net::HttpResponse response = post(callback(topic_body("Woodwork")));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  const auto topic = reader_->topic({kApp, TopicId{kTopic}}).value();
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->name.value, "Woodwork");
  EXPECT_EQ(entries(), 1);
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

TEST_F(ReceiverTest, TheQueryDoorShowsTopicsGroupsAndInbox) {
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

TEST_F(ReceiverTest, TheInboxShowsTheRequestAsReceivedAndTheLogDoesNot) {
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

TEST_F(ReceiverTest, TheQueryDoorNamesWhatIsWrong) {
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

TEST_F(ReceiverTest, AStoreThatCannotBeReadIsToldToTheLogAndNotToCallers) {
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

TEST_F(ReceiverTest, TheQueryDoorAsksForItsToken) {
  for (const char* token : {"", "Bearer wrong", "Bearer ", "admin", "Basic admin"}) {
    EXPECT_EQ(get("/inbox", token).status, 401U) << token;
  }
  EXPECT_EQ(get("/inbox", "bearer admin").status, 200U);
  EXPECT_EQ(get("/healthz", "").status, 200U);
}

TEST_F(ReceiverTest, TheFeedTellsOfCommitsAndResumesAfterTheLastEventId) {
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

TEST_F(ReceiverTest, AFeedWithoutATokenIsRefused) {
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

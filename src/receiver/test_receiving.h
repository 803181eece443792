/// For tests of the receiver and its query door: requests as values, a receiver over SQLite in a temporary
/// folder, and an engine in between that a test can hold or break.
///
/// Threads: those of the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "receiver/query_door.h"
#include "receiver/receiver.h"
#include "receiver/test_callbacks.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"

namespace tidings::receiver::testing {

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

inline std::string topic_body(const std::string& name, const std::string& suffix = "woodwork") {
  AfterCreateTopic body;
  body.group_id = GroupId{kGroup};
  body.topic_id = TopicId{kGroup + "@TOPIC#_" + suffix};
  body.name = name;
  return write_callback(body, AdditiveMembers::documented);
}

class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-receiver-XXXXXX").string();
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
    options_ = options;
    make_receiver(/*trace=*/false);
    lanes_.start();
  }
  ~ReceiverTest() override {
    engine_.set(true, false);
    receiver_->stop();
    lanes_.stop();
    readers_.stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void make_receiver(bool trace) {
    door_.reset();
    receiver_ = Receiver::create(options_, {engine_, *reader_, readers_, clock_,
                                            [this](std::string_view, std::string_view,
                                                   const LogFields& fields) {
                                              const std::lock_guard lock(log_mutex_);
                                              for (const auto& field : fields) log_ += field.second;
                                              log_ += '\n';
                                            },
                                            {},
                                            trace})
                    .value();
    door_ = std::make_unique<QueryDoor>(*receiver_);
    receiver_->start();
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

  std::filesystem::path folder_;
  sqlite::MirrorWriter writer_;
  GatedEngine engine_{writer_};
  std::unique_ptr<sqlite::MirrorSqliteReader> reader_;
  runtime::BlockingPool readers_{1};
  ManualClock clock_;
  std::mutex log_mutex_;
  std::string log_;
  runtime::Lanes lanes_{2};
  ReceiverOptions options_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<QueryDoor> door_;
};

}  // namespace tidings::receiver::testing

// Goal: the traps that receivers of webhooks fall into (docs/traps.md, T12, T13) do not catch ours.
// Method: the receiver over its real store, with a disk the test can break; a restart is a second
// receiver over the same file, which knows what stands in it and nothing else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "receiver/receiver.h"
#include "runtime/run_on.h"
#include "store_sqlite/mirror_reader.h"
#include "store_sqlite/mirror_writer.h"
#include "tidings/callback.h"
#include "tidings/callback_sign.h"

namespace tidings::receiver {
namespace {

const SdkAppId kApp{1400112233};

class BreakableDisk final : public store::MirrorUnitOfWork {
 public:
  explicit BreakableDisk(store::MirrorUnitOfWork& inner) : inner_(inner) {}
  Result<void> load(const store::MirrorNeeds& needs, store::MirrorView& view) override {
    return inner_.load(needs, view);
  }
  Result<void> commit(store::MirrorView& view) override {
    if (broken) return fail(Errc::unavailable, "the disk is full");
    return inner_.commit(view);
  }
  std::atomic<bool> broken = false;

 private:
  store::MirrorUnitOfWork& inner_;
};

/// One process's life.
class Process {
 public:
  explicit Process(const std::string& file)
      : writer_(sqlite::MirrorWriter::open(file, {}).value()), disk(writer_), reader(file) {
    ReceiverOptions options;
    ReceiverApp app;
    app.sdkappid = kApp.number();
    app.tokens = {"S3cretTok"};
    options.apps = {app};
    receiver_ = Receiver::create(options, {disk, reader, readers_, clock_, {}, {}}).value();
    lanes_.start();
    receiver_->start();
  }
  ~Process() {
    receiver_->stop();
    lanes_.stop();
    readers_.stop();
  }
  /// The status of one callback's answer.
  unsigned post(const std::string& request_id) {
    AfterCreateTopic body;
    body.group_id = GroupId{"@TGS#_makers"};
    body.topic_id = TopicId{"@TGS#_makers@TOPIC#_wood"};
    body.name = "Woodwork";
    const std::string text = write_callback(body, AdditiveMembers::documented);
    const std::string time = std::to_string(clock_.now_s());
    const std::string target = "/?SdkAppid=" + kApp.str() + "&CallbackCommand=" +
                               std::string(AfterCreateTopic::kCommand) +
                               "&contenttype=json&ClientIP=203.0.113.9&OptPlatform=RESTAPI"
                               "&RequestID=" + request_id + "&Sign=" +
                               make_sign("S3cretTok", time) + "&RequestTime=" + time;
    net::HttpRequest request;
    request.method = net::HttpMethod::post;
    request.method_text = "POST";
    request.target = target;
    request.path = "/";
    request.query = std::string_view(target).substr(2);
    request.body = text;
    request.peer_address = request.client_ip = "127.0.0.1";
    return runtime::block_on(lanes_[0], receiver_->handle(request)).status;
  }
  std::int64_t entries() { return reader.inbox_range().value().second; }

 private:
  sqlite::MirrorWriter writer_;

 public:
  BreakableDisk disk;
  sqlite::MirrorSqliteReader reader;

 private:
  runtime::BlockingPool readers_{1};
  ManualClock clock_;
  runtime::Lanes lanes_{1};
  std::unique_ptr<Receiver> receiver_;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-trap-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file() const { return (path_ / "receiver.db").string(); }

 private:
  std::filesystem::path path_;
};

// T12: the receiver says OK while what stands behind it failed.
TEST(TrapT12, OkIsAnsweredOnlyForWhatIsStored) {
  const Folder folder;
  {
    Process process(folder.file());
    process.disk.broken = true;
    EXPECT_EQ(process.post("a"), 503U) << "the sender has to know, and to try again";
    EXPECT_EQ(process.entries(), 0);
    process.disk.broken = false;
    EXPECT_EQ(process.post("a"), 200U);
    EXPECT_EQ(process.entries(), 1);
  }
  Process later(folder.file());
  EXPECT_EQ(later.entries(), 1);
  EXPECT_TRUE(later.reader.topic({kApp, TopicId{"@TGS#_makers@TOPIC#_wood"}}).value());
}

// T13: what was seen already is known to one process, as long as it lives.
TEST(TrapT13, ADuplicateIsKnownToWhoeverReadsTheStore) {
  const Folder folder;
  {
    Process first(folder.file());
    EXPECT_EQ(first.post("a"), 200U);
    EXPECT_EQ(first.post("a"), 200U);
  }
  Process second(folder.file());
  EXPECT_EQ(second.post("a"), 200U) << "answered, so that the sender ends";
  EXPECT_EQ(second.entries(), 1);
  EXPECT_EQ(second.reader.tallies().value().at(0).second.duplicates, 2);
  EXPECT_EQ(second.post("b"), 200U);
  EXPECT_EQ(second.entries(), 2) << "only the RequestID tells them apart";
}

}  // namespace
}  // namespace tidings::receiver

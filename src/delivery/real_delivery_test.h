/// For tests: delivery with everything real but the disk: dispatcher, committer, connection pool
/// and TLS, over the in-memory engine and peers on 127.0.0.1. Names mean what the test says.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/dispatcher.h"
#include "net/http_client.h"
#include "net/raw_peer_test.h"
#include "runtime/run_on.h"
#include "store/memory_engine.h"
#include "support/eventually.h"
#include "support/events.h"

namespace tidings::delivery {

/// "peer.test" and every other name is 127.0.0.1, unless told otherwise.
class ToldResolver final : public net::Resolver {
 public:
  runtime::awaitable<Result<net::Addresses>> resolve(std::string host) override {
    if (host == "unknown.test") co_return fail(Errc::not_found, "host 'unknown.test': no such name");
    const auto told = answers.find(host);
    const std::string text = told == answers.end() ? "127.0.0.1" : told->second;
    co_return net::Addresses{boost::asio::ip::make_address(text)};
  }
  std::map<std::string, std::string> answers;
};

class RealDelivery : public ::testing::Test {
 protected:
  RealDelivery() {
    lane_.start();
    committer_.start();
  }
  ~RealDelivery() override {
    stop();
    on_lane([&] { pool_.reset(); });
    committer_.stop();
    lane_.finish();
    lane_.join();
  }

  void on_lane(std::function<void()> work) {
    std::promise<void> done;
    lane_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  community::App& app(std::uint32_t id) {
    community::App& made = apps_[SdkAppId{id}];
    made.id = SdkAppId{id};
    return made;
  }
  /// Apps are set up before it; change() is for later.
  void start(DispatcherOptions options = {}, CallbackTls tls = {}) {
    tls_ = std::move(tls);
    net::HttpClientOptions client;
    client.addresses = net::AddressPolicy({net::Network::parse("127.0.0.0/8").value(),
                                           net::Network::parse("255.255.255.255/32").value()});
    on_lane([&] {
      pool_ = std::make_unique<net::HttpClientPool>(lane_, resolver_, std::move(client));
    });
    Dispatcher::Parts parts{.lane = lane_,
                            .events = engine_,
                            .committer = committer_,
                            .readers = readers_,
                            .transport = *pool_,
                            .clock = clock_,
                            .random = random_,
                            .app = [this](SdkAppId id) { return find(id); },
                            .tls = &tls_,
                            .disable_endpoint = {},
                            .observe = {},
                            .log = {}};
    dispatcher_ = std::make_unique<Dispatcher>(std::move(parts), options);
    dispatcher_->start();
  }
  void stop() {
    if (!dispatcher_) return;
    runtime::block_on(lane_, dispatcher_->stop(std::chrono::seconds{3}));
    dispatcher_.reset();
  }
  void change(std::uint32_t id, const std::function<void(community::App&)>& edit) {
    {
      const std::lock_guard lock(mutex_);
      edit(app(id));
    }
    dispatcher_->settings_changed(SdkAppId{id});
  }
  /// Commits one event of a group and offers it; its seq.
  std::int64_t commit(std::uint32_t id, const std::string& group = "g", std::string body = "{}") {
    community::View view(clock_.now_ms(), random_);
    EXPECT_TRUE(engine_.load({}, view));
    view.events.push_back(test::topic_event(SdkAppId{id}, ++sequence_, group, std::move(body),
                                            clock_.now_ms(), random_));
    EXPECT_TRUE(engine_.commit(view, {}));
    const std::int64_t seq = view.events[0].seq;
    dispatcher_->offer(std::move(view.events));
    return seq;
  }
  store::Ledger ledger(std::uint32_t id) { return *engine_.ledger(SdkAppId{id}); }
  bool delivered(std::uint32_t id, std::int64_t count) {
    return test::eventually([&] { return ledger(id).delivered == count; });
  }
  std::vector<store::Attempt> attempts(std::int64_t seq) { return *engine_.attempts(seq); }
  /// The first attempt of an event, waited for.
  store::Attempt first_attempt(std::int64_t seq) {
    EXPECT_TRUE(test::eventually([&] { return !attempts(seq).empty(); }));
    const auto made = attempts(seq);
    return made.empty() ? store::Attempt{} : made[0];
  }

  SystemClock clock_;
  SystemRandom random_;
  store::MemoryEngine engine_;
  ToldResolver resolver_;
  runtime::Lane lane_{"delivery"};
  runtime::BlockingPool readers_{2};
  std::unique_ptr<net::HttpClientPool> pool_;
  CallbackTls tls_;
  std::unique_ptr<Dispatcher> dispatcher_;

 private:
  community::AppPtr find(SdkAppId id) {
    const std::lock_guard lock(mutex_);
    const auto found = apps_.find(id);
    return found == apps_.end() ? nullptr : std::make_shared<const community::App>(found->second);
  }

  test::NoListener listener_;

 protected:
  store::Committer committer_{engine_, clock_, random_, listener_};

 private:
  std::mutex mutex_;  // protects apps_ once started
  std::map<SdkAppId, community::App> apps_;
  std::int64_t sequence_ = 0;
};

}  // namespace tidings::delivery

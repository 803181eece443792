// Goal: a name that hangs is in nobody's way, is looked up once however many ask, and is left alone for a
// while; what was known before outlives a name server that does not (P5).
// Method: the real resolver, lane and pool; lookups are told what to answer, and hang until they are let go.
#include "net/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include "runtime/deadline.h"
#include "runtime/run_on.h"
#include "support/eventually.h"

namespace tidings::net {
namespace {

using namespace std::chrono_literals;
using test::eventually;

IpAddress address(const char* text) { return boost::asio::ip::make_address(text); }

/// What the name server says. Names that it was told nothing of hang until release().
class NameServer {
 public:
  Result<Addresses> operator()(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    changed_.wait(lock, [&] { return answers_.contains(host) || released_; });
    const auto found = answers_.find(host);
    if (found == answers_.end()) return fail(Errc::unavailable, "released");
    return found->second;
  }
  void answer(const std::string& host, Result<Addresses> with) {
    const std::lock_guard lock(mutex_);
    answers_.insert_or_assign(host, std::move(with));
    changed_.notify_all();
  }
  void hang(const std::string& host) {
    const std::lock_guard lock(mutex_);
    answers_.erase(host);
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Result<Addresses>> answers_;
  std::map<std::string, int> asked_;
  bool released_ = false;
};

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() { lane_.start(); }
  ~ResolverTest() override {
    server_.release();
    pool_.stop();
    lane_.finish();
    lane_.join();
  }
  void with(SystemResolverOptions options) {
    options.lookup = [this](const std::string& host) { return server_(host); };
    resolver_.emplace(pool_, std::move(options));
  }
  std::future<Result<Addresses>> ask(const std::string& host) {
    return boost::asio::co_spawn(lane_.executor(), resolver_->resolve(host),
                                 boost::asio::use_future);
  }
  std::future<Result<Addresses>> ask_for(std::chrono::milliseconds limit, const std::string& host) {
    return boost::asio::co_spawn(lane_.executor(), within(*resolver_, limit, host),
                                 boost::asio::use_future);
  }
  static runtime::awaitable<Result<Addresses>> within(Resolver& resolver,
                                                      std::chrono::milliseconds limit,
                                                      std::string host) {
    auto found = co_await runtime::with_deadline(runtime::Deadline::after(limit),
                                                 resolver.resolve(std::move(host)));
    co_return found;
  }

  NameServer server_;
  runtime::Lane lane_{"resolver-test"};
  runtime::BlockingPool pool_{3};
  std::optional<SystemResolver> resolver_;
};

TEST_F(ResolverTest, ANameThatHangsIsLookedUpOnceAndTheOthersFindAThread) {
  with({});
  server_.answer("good", Addresses{address("192.0.2.1")});
  std::vector<std::future<Result<Addresses>>> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(ask("slow.one"));
    waiting.push_back(ask("slow.two"));
  }
  for (int i = 0; i < 50; ++i) {  // each gives up, as an exchange does, and comes again
    EXPECT_EQ(ask_for(1ms, "slow.one").get().error().kind, Errc::timeout);
  }
  EXPECT_EQ(ask("good").get().value(), Addresses{address("192.0.2.1")});
  EXPECT_EQ(server_.asked("slow.one"), 1);
  EXPECT_EQ(server_.asked("slow.two"), 1);
  server_.answer("slow.one", Addresses{address("192.0.2.2")});
  server_.answer("slow.two", fail(Errc::unavailable, "no answer"));
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto found = waiting[i].get();
    EXPECT_EQ(found.has_value(), i % 2 == 0);
  }
}

TEST_F(ResolverTest, WhatFailedIsLeftAloneInProportionToWhatItTook) {
  SystemResolverOptions options;
  options.rest = 1'000'000;
  with(options);
  auto first = ask("gone");
  ASSERT_TRUE(eventually([&] { return server_.asked("gone") == 1; }));
  server_.answer("gone", fail(Errc::not_found, "host 'gone': unknown"));
  EXPECT_EQ(first.get().error().kind, Errc::not_found);
  EXPECT_EQ(ask("gone").get().error().kind, Errc::not_found);
  EXPECT_EQ(server_.asked("gone"), 1);
  options.rest = 0;
  with(options);
  EXPECT_FALSE(ask("gone").get());
  server_.answer("gone", Addresses{address("192.0.2.3")});
  EXPECT_TRUE(ask("gone").get());
}

TEST_F(ResolverTest, WhatWasKnownServesWhileTheNameServerDoesNot) {
  SystemResolverOptions options;
  options.keep = 0ms;
  options.patience = 1ms;
  with(options);
  const Addresses before{address("192.0.2.4")}, after{address("192.0.2.5")};
  server_.answer("moving", before);
  EXPECT_EQ(ask("moving").get().value(), before);
  server_.hang("moving");
  EXPECT_EQ(ask("moving").get().value(), before) << "the lookup hangs";
  EXPECT_TRUE(eventually([&] { return server_.asked("moving") == 2; }));
  EXPECT_EQ(ask("moving").get().value(), before);
  EXPECT_EQ(server_.asked("moving"), 2);
  server_.answer("moving", fail(Errc::unavailable, "server failure"));
  EXPECT_EQ(ask("moving").get().value(), before) << "it failed";
  server_.answer("moving", after);
  EXPECT_TRUE(eventually([&] { return ask("moving").get().value() == after; }));
  server_.answer("moving", fail(Errc::not_found, "host 'moving': unknown"));
  EXPECT_TRUE(eventually([&] { return !ask("moving").get(); })) << "that is an answer";
}

TEST_F(ResolverTest, WhatWasKnownTooLongAgoDoesNotServe) {
  SystemResolverOptions options;
  options.keep = 0ms;
  options.last_known = 0ms;
  options.patience = 1ms;
  with(options);
  server_.answer("old", Addresses{address("192.0.2.6")});
  EXPECT_TRUE(ask("old").get());
  server_.answer("old", fail(Errc::unavailable, "server failure"));
  EXPECT_FALSE(ask("old").get());
}

TEST_F(ResolverTest, ALookupMayComeBackWhenTheResolverIsGone) {
  with({});
  auto waiting = ask_for(1ms, "late");
  EXPECT_FALSE(waiting.get());
  resolver_.reset();
  server_.answer("late", Addresses{address("192.0.2.7")});
  pool_.stop();
}

}  // namespace
}  // namespace tidings::net

// Goal: the source is asked no more often than is allowed, and a reconciler that is told to stop asks
// nothing more and has soon ended, whatever it waits for.
// Method: as in reconciler_test.cc. Only what must not be sooner is measured; a stop that would wait for an
// hour would not end within the test.
#include <gtest/gtest.h>

#include "receiver/test_reconciling.h"

namespace tidings::receiver {
namespace {

using namespace tidings::receiver::testing;
using test::eventually;
using SteadyClock = runtime::Deadline::SteadyClock;

bool ends(std::future<void>& stopping) {
  return stopping.wait_for(20s) == std::future_status::ready;
}

TEST_F(ReconcilerTest, CallsKeepTheirDistance) {
  for (const std::string& id : {kA, kB, kC}) add(id, {"Makers", {{topic_id(id, 1), {"Wood"}}}});
  Settings settings = once();
  settings.calls_per_second = 100;
  settings.options.settle = 0ms;
  Reconciling here(file(), source, settings);
  const auto begun = SteadyClock::now();
  here.start();
  ASSERT_TRUE(here.completed());
  const auto asked = source.asked();
  ASSERT_EQ(asked.size(), 9U) << "a list, and twice the groups and three times topics";
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_GE(asked[i].at - begun, 10ms * i) << i;
  }
}

TEST_F(ReconcilerTest, ListsKeepTheirOwnDistance) {
  source.set_page(1);
  for (const std::string& id : {kA, kB, kC}) add(id, {"Makers"});
  Settings settings;
  settings.options.between_lists = 25ms;
  settings.every = 0ms;
  Reconciling here(file(), source, settings);
  const auto begun = SteadyClock::now();
  here.start();
  ASSERT_TRUE(eventually([&] { return source.asked("get_appid_group_list").size() >= 7; }));
  const auto asked = source.asked("get_appid_group_list");
  for (std::size_t i = 0; i < asked.size(); ++i) EXPECT_GE(asked[i].at - begun, 25ms * i) << i;
}

TEST_F(ReconcilerTest, TheNextPassWaitsItsTime) {
  add(kA, {"Makers"});
  Settings settings;
  settings.every = 40ms;
  Reconciling here(file(), source, settings);
  const auto begun = SteadyClock::now();
  here.start();
  ASSERT_TRUE(eventually([&] { return source.passes() >= 4; }));
  EXPECT_GE(source.asked("get_appid_group_list").at(3).at - begun, 120ms);
}

TEST_F(ReconcilerTest, AStopEndsTheWaitForTheSecondLook) {
  add(kA, {"Makers"});
  Settings settings;
  settings.options.settle = 1h;
  Reconciling here(file(), source, settings);
  here.start();
  ASSERT_TRUE(eventually([&] { return source.asked("get_topic").size() == 1; }));
  auto stopping = here.begin_stop(1h);
  ASSERT_TRUE(ends(stopping));
  EXPECT_EQ(source.asked().size(), 3U);
  EXPECT_EQ(here.healed(), 0);
  EXPECT_EQ(here.status().trouble, "") << "a stop is no failure";
  EXPECT_EQ(here.logged("error"), 0U) << here.log();
}

TEST_F(ReconcilerTest, AStopEndsEveryOtherWait) {
  Settings between_lists, next_pass = once(), after_failure, pace;
  between_lists.options.between_lists = 1h;
  after_failure.options.first_backoff = after_failure.options.longest_backoff = 1h;
  pace.calls_per_second = 1;
  for (const Settings& settings : {between_lists, next_pass, after_failure, pace}) {
    FakeState other;
    other.change([](FakeGroups& groups) { groups[kA] = {"Makers"}; groups[kB] = {"Makers"}; });
    other.set_page(1);
    other.set_down(settings.options.first_backoff == 1h);
    MirrorFolder its;
    Reconciling here(its.file(), other, settings);
    here.start();
    ASSERT_TRUE(eventually([&] { return !other.asked().empty(); }));
    auto stopping = here.begin_stop(1h);
    ASSERT_TRUE(ends(stopping));
  }
}

TEST_F(ReconcilerTest, AStopDoesNotWaitForARequestThatHangsLongerThanItsGrace) {
  for (const std::string command : {"get_appid_group_list", "get_group_info", "get_topic"}) {
    FakeState other;
    other.change([](FakeGroups& groups) { groups[kA] = {"Makers"}; });
    other.hang(command);
    MirrorFolder its;
    Reconciling here(its.file(), other);
    here.start();
    ASSERT_TRUE(eventually([&] { return !other.asked(command).empty(); }));
    auto stopping = here.begin_stop(1ms);
    ASSERT_TRUE(ends(stopping));
    EXPECT_EQ(here.status().trouble, "");
  }
}

TEST_F(ReconcilerTest, AfterAStopNothingMoreIsAsked) {
  for (int i = 100; i < 140; ++i) add(group_id(i), {"Makers"});
  Reconciling here(file(), source);
  std::atomic<bool> reached = false;
  runtime::OneShotSender<int> go_on;
  source.at([&](const std::string& command, int nth) -> runtime::awaitable<void> {
    if (command != "get_topic" || nth != 3) co_return;
    runtime::OneShot<int> stopped;
    go_on = stopped.sender();
    reached = true;
    (void)co_await stopped.wait();
  });
  here.start();
  ASSERT_TRUE(eventually([&] { return reached.load(); }));
  auto stopping = here.begin_stop(1h);
  go_on.complete(1);  // the answer under way still comes
  ASSERT_TRUE(ends(stopping));
  EXPECT_EQ(source.asked("get_topic").size(), 3U);
}

TEST_F(ReconcilerTest, WhatWasNeverStartedCanBeStopped) {
  Reconciling here(file(), source);
  here.stop(1h);
  here.start();
  here.renew_credentials();
  EXPECT_EQ(here.status().started_ms, 0);
}

}  // namespace
}  // namespace tidings::receiver

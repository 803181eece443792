// Goal: what was seen is known at any moment, also after a kill, a rollback and a purge, and nothing
// stays for ever.
// Method: random work on a small file, with a few keys written together, against a plain map; a new
// InboxKeys over the same rows is what a start after a kill -9 finds.
#include "store_sqlite/inbox_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>

#include "store_sqlite/mirror_schema.h"
#include "store_sqlite/topic_number.h"

namespace tidings::sqlite {
namespace {

constexpr std::size_t kTogether = 100;
constexpr std::size_t kFilterShare = 3;  // most of the time it is being read, or made anew

class InboxKeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::open(":memory:").value();
    ASSERT_TRUE(register_topic_functions(database_));
    ASSERT_TRUE(migrate(database_, kMirrorSchema));
    insert_ = database_.prepare("INSERT INTO inbox(id, key, app, command, grp, received_ms, "
                                "event_time_ms, sequence, request_id, client_ip, opt_platform, "
                                "body) VALUES(?1,?2,1,'X','',1000*?1,0,0,'','','','{}')").value();
    remove_ = database_.prepare("DELETE FROM inbox WHERE id <= ?").value();
    start();
  }
  /// As after a kill: nothing of the memory is left.
  void start() {
    keys_.emplace();
    ASSERT_TRUE(keys_->open(database_, kTogether, kFilterShare));
  }

  store::InboxKey draw_key() {
    store::InboxKey key{};
    for (auto& byte : key) byte = static_cast<unsigned char>(random_());
    return key;
  }

  /// One commit with so many new entries, rid of those up to `purge_to`.
  void commit(std::size_t count, std::int64_t purge_to, bool fails) {
    std::vector<store::InboxEntry> added;
    auto transaction = Transaction::begin(database_).value();
    for (std::size_t i = 0; i < count; ++i) {
      store::InboxEntry& entry = added.emplace_back();
      entry.id = last_ + 1 + static_cast<std::int64_t>(i);
      entry.key = draw_key();
      const std::string_view bytes{reinterpret_cast<const char*>(entry.key.data()), 20};
      ASSERT_TRUE(insert_.run(entry.id, Blob{bytes}));
    }
    ASSERT_TRUE(keys_->write(added));
    if (purge_to > 0) {
      ASSERT_TRUE(keys_->purge(purge_to));
      ASSERT_TRUE(remove_.run(purge_to));
    }
    if (fails) {
      ASSERT_TRUE(database_.recover());
      keys_->rolled_back();
      return;
    }
    ASSERT_TRUE(transaction.commit());
    keys_->committed(added);
    for (const auto& entry : added) model_[entry.id] = entry.key;
    if (!added.empty()) last_ = added.back().id;
    while (!model_.empty() && model_.begin()->first <= purge_to) {
      gone_.push_back(model_.begin()->second);
      gone_through_ms_ = 1000 * model_.begin()->first;
      model_.erase(model_.begin());
    }
  }

  void check() {
    ASSERT_GE(keys_->forgotten_ms(), gone_.empty() ? 0 : gone_through_ms_ + 1);
    ASSERT_LE(keys_->forgotten_ms(), gone_.empty() ? 0 : gone_through_ms_ + 60'000);
    std::vector<store::InboxKey> all = gone_;
    for (const auto& [id, key] : model_) all.push_back(key);
    all.push_back(draw_key());
    std::shuffle(all.begin(), all.end(), random_);
    std::set<store::InboxKey> present;
    for (const auto& [id, key] : model_) present.insert(key);
    for (std::span<const store::InboxKey> rest{all}; !rest.empty();) {
      const auto asked = rest.first(std::min<std::size_t>(rest.size(), 1 + random_() % 40));
      std::set<store::InboxKey> expected;
      for (const auto& key : asked) {
        if (present.contains(key)) expected.insert(key);
      }
      const auto found = keys_->known(asked).value();
      ASSERT_EQ(std::set(found.begin(), found.end()), expected);
      ASSERT_EQ(found.size(), expected.size());
      rest = rest.subspan(asked.size());
    }
    ASSERT_LE(keys_->waiting(), 2 * kTogether);
    const auto stored = database_.integer("SELECT count(*) FROM inbox_seen").value();
    ASSERT_LE(stored, std::ssize(model_));
    ASSERT_GE(stored + static_cast<std::int64_t>(keys_->waiting()), std::ssize(model_));
  }

  Database database_;
  Statement insert_, remove_;
  std::optional<InboxKeys> keys_;
  std::mt19937_64 random_{std::random_device{}()};
  std::int64_t last_ = 0;
  std::map<std::int64_t, store::InboxKey> model_;
  std::vector<store::InboxKey> gone_;
  std::int64_t gone_through_ms_ = 0;
};

TEST_F(InboxKeysTest, RandomWorkLosesAndKeepsNothing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 1500; ++round) {
    const std::int64_t oldest = model_.empty() ? 0 : model_.begin()->first;
    const bool purges = random_() % 5 == 0 && last_ > oldest;
    const std::int64_t purge_to =
        purges ? oldest + static_cast<std::int64_t>(
                              random_() % static_cast<std::uint64_t>(last_ - oldest)) / 3
               : 0;
    ASSERT_NO_FATAL_FAILURE(commit(random_() % 20, purge_to, random_() % 10 == 0));
    if (random_() % 40 == 0) {
      ASSERT_NO_FATAL_FAILURE(start());
    }
    if (round % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(check());
    }
  }
  ASSERT_NO_FATAL_FAILURE(check());
  EXPECT_GT(database_.integer("SELECT count(*) FROM inbox_seen").value(), 0);
}

TEST_F(InboxKeysTest, WhatArrivesAndGoesWithOneCommitIsForgotten) {
  ASSERT_NO_FATAL_FAILURE(commit(3, 3, false));
  EXPECT_EQ(keys_->waiting(), 0U);
  ASSERT_NO_FATAL_FAILURE(check());
}

TEST_F(InboxKeysTest, AllAreWrittenAfterAsManyMoreHaveCome) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_NO_FATAL_FAILURE(commit(kTogether / 10, 0, false));
  }
  const auto through = database_.integer("SELECT id FROM inbox_seen_through").value();
  EXPECT_GE(through, static_cast<std::int64_t>(kTogether));
  EXPECT_GE(database_.integer("SELECT count(*) FROM inbox_seen").value(), through);
  start();
  EXPECT_EQ(keys_->waiting(), static_cast<std::size_t>(last_ - through));
  ASSERT_NO_FATAL_FAILURE(check());
}

}  // namespace
}  // namespace tidings::sqlite

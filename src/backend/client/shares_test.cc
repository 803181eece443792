// Goal: whatever one app's or one user's clients take, others get in. Method: places taken until
// nothing is given any more.
#include "backend/client/shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidings::backend::client_shares_test {
namespace {

using Places = std::vector<std::unique_ptr<ClientShares::Place>>;

community::AccountKey account(std::uint32_t app, std::string_view user) {
  return {SdkAppId(app), UserId(user)};
}

/// Takes what one user gets; how many that are, and in `why` the refusal.
std::size_t take_all(ClientShares& shares, const community::AccountKey& who, Places& held,
                     Error* why = nullptr) {
  for (std::size_t got = 0;; ++got) {
    auto place = shares.take(who, true);
    if (place) {
      held.push_back(std::move(*place));
      continue;
    }
    EXPECT_EQ(place.error().code, 10006);
    if (why != nullptr) *why = place.error();
    return got;
  }
}

/// The same with users that come one after the other, one client each.
std::size_t take_by_many(ClientShares& shares, std::uint32_t app, Places& held,
                         Error* why = nullptr, bool has_others = true) {
  for (std::size_t got = 0;; ++got) {
    auto place = shares.take(account(app, "u" + std::to_string(got)), has_others);
    if (place) {
      held.push_back(std::move(*place));
      continue;
    }
    if (why != nullptr) *why = place.error();
    return got;
  }
}

TEST(ClientShares, OneAppGetsHalfOfWhatTheOthersLeave) {
  ClientShares shares(100);
  Places held;
  Error why;
  EXPECT_EQ(take_by_many(shares, 1, held, &why), 50U);
  EXPECT_EQ(why.what,
            "app 1 has 50 clients connected, its share; try again when some have left, or raise "
            "serve.max_connections");
  EXPECT_EQ(take_by_many(shares, 2, held), 25U);
  EXPECT_EQ(take_by_many(shares, 3, held), 13U);
}

TEST(ClientShares, OneUserGetsHalfOfWhatTheOthersOfItsAppLeave) {
  ClientShares shares(100);
  Places held;
  Error why;
  EXPECT_EQ(take_all(shares, account(1, "mallory"), held, &why), 25U);
  EXPECT_EQ(why.what,
            "user mallory has 25 clients connected, its share of those of app 1; try again when "
            "some have left, or raise serve.max_connections");
  EXPECT_EQ(take_by_many(shares, 1, held), 25U) << "the app's others have the rest of its half";
  EXPECT_EQ(take_all(shares, account(2, "mallory"), held), 13U) << "another app's is another user";
}

TEST(ClientShares, AnAppsFirstClientIsLetInWhateverOthersHave) {
  ClientShares shares(2);
  Places held;
  for (std::uint32_t app = 1; app <= 20; ++app) {
    EXPECT_GE(take_by_many(shares, app, held), 1U) << app;
  }
  EXPECT_FALSE(shares.take(account(20, "second"), true));
}

TEST(ClientShares, AnAppWithoutOthersHasAll) {
  ClientShares shares(100);
  Places held;
  EXPECT_EQ(take_by_many(shares, 1, held, nullptr, false), 100U);
  held.pop_back();
  EXPECT_TRUE(shares.take(account(2, "first"), true)) << "another app is made, and its first comes";
  EXPECT_FALSE(shares.take(account(1, "late"), true));
}

TEST(ClientShares, WhatWasGivenBackCanBeTaken) {
  ClientShares shares(100);
  Places held;
  EXPECT_EQ(take_by_many(shares, 1, held), 50U);
  held.clear();
  EXPECT_EQ(take_by_many(shares, 2, held), 50U);
  held.pop_back();
  EXPECT_TRUE(shares.take(account(2, "late"), true));
}

}  // namespace
}  // namespace tidings::backend::client_shares_test

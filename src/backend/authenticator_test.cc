// Goal: verified tickets are remembered within a bound and forgotten when they or their keys end;
// repeated failures close an identifier for one minute.
// Method: real UserSigs, a clock that is moved by hand.
#include "backend/authenticator.h"

#include <gtest/gtest.h>

#include "tidings/usersig.h"

namespace tidings::backend::authenticator_test {
namespace {

constexpr std::string_view kKey = "a-key-of-the-app";

community::App make_app(std::uint32_t id = 1400112233) {
  community::App app;
  app.id = SdkAppId(id);
  app.keys = {{std::string(kKey), 0, 0}};
  return app;
}

int code(const Result<void>& result) { return result ? 0 : result.error().code; }

class AuthenticatorTest : public ::testing::Test {
 protected:
  std::string sig(std::string_view user, std::string_view key = kKey) {
    return make_user_sig(app.id, UserId(user), key, clock.now_s(), 3600);
  }
  ManualClock clock;
  community::App app = make_app();
  Authenticator authenticator{clock};
};

TEST_F(AuthenticatorTest, a_ticket_is_bound_to_app_identifier_and_key_also_when_remembered) {
  const std::string ticket = sig("vera_01");
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", ticket)), 0);
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", ticket)), 0);
  EXPECT_EQ(code(authenticator.verify(app, "omar", ticket)), 70013);
  EXPECT_EQ(code(authenticator.verify(make_app(1400112234), "vera_01", ticket)), 70014);
  app.keys = {{"another key", 0, 0}};
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", ticket)), 70009);
  app.keys = {};
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", ticket)), 70016);
}

TEST_F(AuthenticatorTest, a_tampered_copy_of_a_remembered_ticket_is_refused) {
  std::string ticket = sig("vera_01");
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", ticket)), 0);
  ticket[ticket.size() / 2] = ticket[ticket.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(code(authenticator.verify(app, "vera_01", ticket)), 0);
  EXPECT_NE(code(authenticator.verify(app, "vera_01", ticket.substr(1))), 0);
}

TEST_F(AuthenticatorTest, it_remembers_no_more_than_its_bound_and_stays_right) {
  Authenticator small(clock, {.cache_entries = 32, .max_failures = 10});
  std::vector<std::string> tickets;
  for (int i = 0; i < 500; ++i) tickets.push_back(sig("user-" + std::to_string(i)));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 500; ++i) {
      const std::string user = "user-" + std::to_string(i);
      ASSERT_EQ(code(small.verify(app, user, tickets[static_cast<std::size_t>(i)])), 0) << i;
    }
  }
}

TEST_F(AuthenticatorTest, failures_are_counted_per_app_and_identifier_within_a_minute) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(code(authenticator.verify(app, "vera_01", "x")), 70003);
  clock.advance(std::chrono::seconds(60));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(code(authenticator.verify(app, "vera_01", "x")), 70003) << "a new minute, " << i;
  }
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", sig("vera_01"))), 70050);
  EXPECT_EQ(code(authenticator.verify(app, "omar", sig("omar"))), 0);
  community::App other = make_app(1400112234);
  EXPECT_EQ(code(authenticator.verify(other, "vera_01", "x")), 70003);
  clock.advance(std::chrono::seconds(59));
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", sig("vera_01"))), 70050);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", sig("vera_01"))), 0);
  EXPECT_EQ(code(authenticator.verify(app, "vera_01", "x")), 70003) << "the count began anew";
}

TEST_F(AuthenticatorTest, guesses_lock_out_nobody_whose_ticket_verified_before) {
  const std::string ticket = sig("administrator");
  EXPECT_EQ(code(authenticator.verify(app, "administrator", ticket)), 0);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(code(authenticator.verify(app, "administrator", "x")), 70003);
  }
  EXPECT_EQ(code(authenticator.verify(app, "administrator", ticket)), 0);
  EXPECT_EQ(code(authenticator.verify(app, "administrator", "x")), 70050);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(code(authenticator.verify(app, "administrator", sig("administrator"))), 70050)
      << "one that nobody has seen";
}

TEST_F(AuthenticatorTest, a_missing_key_is_nobodys_failure) {
  app.keys = {};
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(code(authenticator.verify(app, "vera_01", sig("vera_01"))), 70016);
  }
}

TEST_F(AuthenticatorTest, a_blocked_user_is_refused_after_every_other_check_and_at_once) {
  const std::string ticket = sig("mallory");
  EXPECT_EQ(code(authenticator.verify(app, "mallory", ticket)), 0);
  app.blocked_users = {UserId("mallory")};
  EXPECT_EQ(code(authenticator.verify(app, "mallory", ticket)), 70051) << "although remembered";
  EXPECT_EQ(code(authenticator.verify(app, "mallory", "x")), 70003);
  EXPECT_EQ(code(authenticator.verify(app, "omar", sig("omar"))), 0);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(code(authenticator.verify(app, "mallory", ticket)), 70051) << "no failure to count";
  }
  clock.advance(std::chrono::seconds(3601));
  EXPECT_EQ(code(authenticator.verify(app, "mallory", ticket)), 70001);
  app.blocked_users = {};
  EXPECT_EQ(code(authenticator.verify(app, "mallory", sig("mallory"))), 0);
}

TEST_F(AuthenticatorTest, errors_do_not_hold_the_ticket) {
  const std::string ticket = sig("vera_01", "wrong key");
  const auto refused = authenticator.verify(app, "vera_01", ticket);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().what.find(ticket), std::string::npos);
}

}  // namespace
}  // namespace tidings::backend::authenticator_test

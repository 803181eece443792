// Goal: the ledger of every app and in total is shown with its speed, an audit counts it afresh, and
// a test delivery goes where it was asked to, with a verdict a person can read. Method: the admin
// API in memory; the one that sends is a function of the test's own.
#include <gtest/gtest.h>

#include "backend/admin/admin_fixture.h"

namespace tidings::backend::delivery_endpoints_test {
namespace {

using net::HttpMethod;

class DeliveryEndpoints : public AdminFixture {
 protected:
  DeliveryEndpoints() : figures(clock) {}

  AdminApi api(CallbackTester tester = nullptr) {
    AdminApi::Parts given{service, committer, hub, {}};
    given.rules.allow_local_callback_hosts = true;
    given.figures = &figures;
    given.test_callback = std::move(tester);
    return AdminApi(std::move(given));
  }
  static AdminCall call(json::object body = {}) {
    AdminCall made;
    made.params = {"1400112233"};
    made.body = std::move(body);
    return made;
  }
  /// What was asked to be tested, and an answer to it.
  CallbackTester tester(CallbackTestReport report) {
    return [this, report](community::AppPtr app) -> runtime::awaitable<Result<CallbackTestReport>> {
      return answer(this, report, std::move(app));
    };
  }
  static runtime::awaitable<Result<CallbackTestReport>> answer(DeliveryEndpoints* self,
                                                               CallbackTestReport report,
                                                               community::AppPtr app) {
    self->tested.push_back(app->callback.url);
    co_return report;
  }
  json::object run(AdminApi::Answer answer, std::string_view schema) {
    auto reply = runtime::block_on(lanes[0], std::move(answer));
    EXPECT_TRUE(reply) << reply.error().what;
    if (!reply) return {};
    EXPECT_EQ(checker.misfit(reply->body, checker.schema(schema)), "") << reply->body;
    return reply->body.get_object();
  }

  DeliveryFigures figures;
  std::vector<std::string> tested;
};

TEST_F(DeliveryEndpoints, LedgersAreShownPerAppAndInTotalWithTheirSpeed) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  make_topic(vera, "wood");
  std::vector<community::Event> two(2);
  for (auto& each : two) each.app = kClientApp;
  figures.accepted(two);
  figures.delivered(kClientApp, 40);
  clock.advance(std::chrono::seconds{5});
  auto made = api();
  const auto body = run(made.list_ledgers({}), "Ledgers");
  ASSERT_EQ(body.at("apps").get_array().size(), 1U);
  const auto& app = body.at("apps").get_array()[0].get_object();
  EXPECT_EQ(app.at("sdkappid"), 1400112233);
  EXPECT_EQ(app.at("accepted"), 2);
  EXPECT_EQ(app.at("pending"), 2);
  EXPECT_EQ(app.at("balanced"), true);
  EXPECT_GE(app.at("oldest_pending_age_ms").to_number<int>(), 5000);
  EXPECT_EQ(app.at("accepted_last_minute"), 2);
  EXPECT_EQ(app.at("delivered_last_minute"), 1);
  EXPECT_GT(app.at("delay_p50_ms").to_number<int>(), 25);
  const auto& total = body.at("total").get_object();
  EXPECT_EQ(total.at("accepted"), 2);
  EXPECT_EQ(total.at("accepted_last_minute"), 2);
  const auto one = run(made.get_ledger(call()), "Ledger");
  EXPECT_EQ(one.at("accepted_last_minute"), 2);
  EXPECT_EQ(object(get("/admin/v1/ledger")).at("total").get_object().at("accepted"), 2);
}

TEST_F(DeliveryEndpoints, AnAuditCountsEveryAppAfresh) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  const auto body = object(get("/admin/v1/ledger/audit"));
  EXPECT_EQ(body.at("agrees"), true);
  ASSERT_EQ(body.at("apps").get_array().size(), 1U);
  const auto& app = body.at("apps").get_array()[0].get_object();
  EXPECT_EQ(app.at("kept"), app.at("counted"));
  EXPECT_EQ(app.at("last_sequence"), app.at("kept").get_object().at("accepted"));
}

TEST_F(DeliveryEndpoints, ATestDeliveryGoesToTheAppsUrlOrToAGivenOneAndIsReported) {
  ASSERT_EQ(patch(std::string(kAppPath) + "/callback", R"({"url":"https://hooks.riverside.test/im"})")
                .status,
            200U);
  CallbackTestReport refused;
  refused.outcome = "refused";
  refused.meaning = "Nothing listens there.";
  refused.way_out = "Start it.";
  refused.address = "203.0.113.7:443";
  refused.total_us = 812;
  auto made = api(tester(refused));
  const auto body = run(made.test_callback(call()), "CallbackTestReport");
  EXPECT_EQ(body.at("delivered"), false);
  EXPECT_EQ(body.at("outcome"), "refused");
  EXPECT_EQ(body.at("way_out"), "Start it.");
  EXPECT_EQ(body.at("url"), "https://hooks.riverside.test/im");
  const auto other = run(made.test_callback(call({{"url", "http://127.0.0.1:9000/new"}})),
                         "CallbackTestReport");
  EXPECT_EQ(other.at("url"), "http://127.0.0.1:9000/new");
  EXPECT_EQ(tested, (std::vector<std::string>{"https://hooks.riverside.test/im",
                                              "http://127.0.0.1:9000/new"}));
  EXPECT_EQ(apps.find(kClientApp)->callback.url, "https://hooks.riverside.test/im")
      << "a test changes nothing";
}

TEST_F(DeliveryEndpoints, ATestWithoutAUrlOrWithABadOneIsRefusedByField) {
  auto made = api(tester({}));
  const auto none = runtime::block_on(lanes[0], made.test_callback(call()));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Errc::conflict);
  const auto bad = runtime::block_on(lanes[0], made.test_callback(call({{"url", "ftp://x/"}})));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, Errc::invalid_argument);
  EXPECT_TRUE(bad.error().what.starts_with("callback.url: ")) << bad.error().what;
  EXPECT_FALSE(runtime::block_on(lanes[0], made.test_callback(call({{"uri", "http://x/"}}))));
  EXPECT_TRUE(tested.empty());
  EXPECT_EQ(refusal(post(std::string(kAppPath) + "/callback/test")), "conflict url");
}

}  // namespace
}  // namespace tidings::backend::delivery_endpoints_test

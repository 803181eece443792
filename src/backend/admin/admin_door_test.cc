// Goal: the admin listener as an operator meets it: token, every route with its documented answer,
// lost updates, and that a change works at once. Method: requests as values; the fixture checks
// every answer against docs/openapi.json, and one test compares the document with the routes.
#include <set>

#include "backend/admin/admin_fixture.h"

namespace tidings::backend {
namespace {

using net::HttpMethod;
using Admin = AdminFixture;

std::string path(std::string_view rest) { return "/admin/v1/apps/1400112233" + std::string(rest); }

TEST_F(Admin, OnlyTheTokenLetsIn) {
  const std::string wrong = "Bearer " + std::string(64, '0');
  const auto refused = [&](std::vector<net::HttpField> fields) {
    return raw(HttpMethod::get, "/admin/v1/apps", {}, std::move(fields));
  };
  auto none = refused({});
  EXPECT_EQ(none.status, 401U);
  EXPECT_EQ(header(none, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(refusal(none), "unauthenticated Authorization");
  EXPECT_FALSE(none.proven) << "the listener closes strangers first";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(refused({{"Authorization", wrong}}).status, 401U);
  EXPECT_EQ(refused({{"Authorization", wrong}}).status, 429U);
  EXPECT_EQ(get("/admin/v1/apps").status, 200U) << "guessing locked the operator out";
  EXPECT_TRUE(get("/admin/v1/apps").proven);
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(refused({{"Authorization", wrong}}).status, 401U);
  EXPECT_EQ(raw(HttpMethod::get, "/admin/v1/openapi.json", {}, {}).status, 401U);
}

TEST_F(Admin, HealthReadinessAndMetricsNeedNoToken) {
  const auto collecting = collect_store_metrics(metrics, committer, engine, apps, clock);
  EXPECT_EQ(raw(HttpMethod::get, "/healthz", {}, {}).status, 200U);
  EXPECT_EQ(raw(HttpMethod::get, "/readyz", {}, {}).status, 200U);
  ready = false;
  const auto not_ready = raw(HttpMethod::get, "/readyz", {}, {});
  EXPECT_EQ(not_ready.status, 503U);
  EXPECT_EQ(not_ready.body, "starting\n");
  const auto text = raw(HttpMethod::get, "/metrics", {}, {}).body;
  for (const std::string_view line :
       {"tidings_commands_total 1\n", "tidings_commit_batches_total 1\n",
        "tidings_commands_expired_total 0\n",
        "tidings_events_accepted_total{sdkappid=\"1400112233\"} 0\n",
        "tidings_events_pending{sdkappid=\"1400112233\"} 0\n",
        "tidings_events_oldest_pending_age_seconds{sdkappid=\"1400112233\"} 0\n",
        "tidings_ledger_events{state=\"accepted\"} 0\n", "tidings_client_sessions 0\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
  EXPECT_EQ(raw(HttpMethod::get, "/other", {}, {}).status, 404U);
}

TEST_F(Admin, TheDocumentNamesExactlyTheRoutes) {
  std::set<std::string> served, documented;
  for (const auto& route : admin_routes()) {
    const std::string_view method = route.method == HttpMethod::get     ? "get "
                                    : route.method == HttpMethod::post  ? "post "
                                    : route.method == HttpMethod::patch ? "patch "
                                                                        : "delete ";
    served.insert(std::string(method) + std::string(route.pattern));
  }
  served.insert("get /admin/v1/openapi.json");
  for (const auto& path_item : checker.paths()) {
    for (const auto& operation : path_item.value().get_object()) {
      const std::string name = std::string(operation.key()) + " " + std::string(path_item.key());
      documented.insert(name);
      const auto* body = operation.value().get_object().if_contains("requestBody");
      for (const auto& route : admin_routes()) {
        if (served.contains(name) && name.ends_with(" " + std::string(route.pattern)) &&
            name.starts_with(route.method == HttpMethod::post    ? "post"
                             : route.method == HttpMethod::patch ? "patch"
                             : route.method == HttpMethod::get   ? "get"
                                                                 : "delete")) {
          EXPECT_EQ(route.has_body, body != nullptr) << name;
        }
      }
    }
  }
  EXPECT_EQ(served, documented);
  const auto answer = get("/admin/v1/openapi.json");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(json::parse(answer.body).at("openapi").get_string(), "3.1.0");
}

TEST_F(Admin, TheSwitchesOfTheDocumentAreThoseOfTheProgram) {
  const auto& properties = checker.schema("Switches").at("properties").get_object();
  EXPECT_EQ(properties.size(), kCallbackSwitchCount);
  for (const auto which : all_callback_switches()) {
    EXPECT_TRUE(properties.contains(to_string(which))) << to_string(which);
  }
}

TEST_F(Admin, AnAppIsCreatedReadAndListed) {
  const auto created = post("/admin/v1/apps", R"({"name":"Second"})");
  ASSERT_EQ(created.status, 201U) << created.body;
  const auto app = object(created);
  EXPECT_EQ(header(created, "ETag"), "\"1\"");
  EXPECT_EQ(header(created, "Location"),
            "/admin/v1/apps/" + std::to_string(app.at("sdkappid").to_number<std::uint32_t>()));
  EXPECT_EQ(header(created, "Cache-Control"), "no-store");
  EXPECT_EQ(created.body.find(apps.find(SdkAppId(app.at("sdkappid").to_number<std::uint32_t>()))
                                  ->keys[0]
                                  .text),
            std::string::npos)
      << "the secret key is shown without being asked for";
  EXPECT_EQ(get(header(created, "Location")).status, 200U);
  EXPECT_EQ(object(get("/admin/v1/apps")).at("total"), 2);
  EXPECT_EQ(post("/admin/v1/apps", R"({"name":"a","sdkappid":77})").status, 201U);
  const auto again = post("/admin/v1/apps", R"({"name":"a","sdkappid":77})");
  EXPECT_EQ(again.status, 409U);
  EXPECT_EQ(refusal(again), "conflict sdkappid");
}

TEST_F(Admin, WhatIsNotThereOrNotJsonIsRefused) {
  EXPECT_EQ(refusal(get("/admin/v1/apps/9")), "not_found sdkappid");
  EXPECT_EQ(refusal(get("/admin/v1/apps/abc")), "not_found sdkappid");
  EXPECT_EQ(get("/admin/v1/nothing").status, 404U);
  EXPECT_EQ(get("/admin/v1").status, 404U);
  const auto method = request(HttpMethod::put, "/admin/v1/apps", "{}");
  EXPECT_EQ(method.status, 405U);
  EXPECT_EQ(header(method, "Allow"), "GET, POST");
  for (const std::string_view body : {"{", "[]", "{} x", R"({"name":"a","name":"b"})", "\xff"}) {
    EXPECT_EQ(post("/admin/v1/apps", body).status, 400U) << body;
  }
  EXPECT_EQ(refusal(post("/admin/v1/apps", "")), "invalid_argument name");
  EXPECT_EQ(refusal(patch(kAppPath, R"({"callback":{"url":"ftp://x"}})")),
            "invalid_argument callback.url");
}

TEST_F(Admin, APatchWorksAtOnceAndGuardsAgainstLostUpdates) {
  const auto changed = patch(kAppPath, R"({"name":"Renamed"})", "\"1\"");
  ASSERT_EQ(changed.status, 200U) << changed.body;
  EXPECT_EQ(header(changed, "ETag"), "\"2\"");
  EXPECT_EQ(apps.find(kClientApp)->name, "Renamed");
  const auto lost = patch(kAppPath, R"({"name":"Lost"})", "\"1\"");
  EXPECT_EQ(lost.status, 412U);
  EXPECT_EQ(refusal(lost), "precondition_failed If-Match");
  EXPECT_EQ(apps.find(kClientApp)->name, "Renamed");
  EXPECT_EQ(patch(kAppPath, R"({"name":"Third"})").status, 200U) << "If-Match is optional";
  EXPECT_EQ(patch(kAppPath, "{}", "seven").status, 400U);
  const auto same = patch(kAppPath, R"({"name":"Third"})");
  EXPECT_EQ(header(same, "ETag"), "\"3\"") << "a change of nothing made a version";
}

TEST_F(Admin, DisablingClosesClientsAndOnlyADisabledAppIsDeleted) {
  TestClient& client = online("nova");
  const auto enabled = request(HttpMethod::delete_, kAppPath);
  EXPECT_EQ(enabled.status, 409U);
  EXPECT_EQ(refusal(enabled), "conflict status");
  EXPECT_EQ(post(path("/disable")).status, 200U);
  EXPECT_EQ(client.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_EQ(object(get(kAppPath)).at("status"), "disabled");
  EXPECT_EQ(post(path("/enable")).status, 200U);
  EXPECT_EQ(apps.find(kClientApp)->status, community::AppStatus::enabled);
  EXPECT_EQ(post(path("/disable")).status, 200U);
  EXPECT_EQ(request(HttpMethod::delete_, kAppPath, {}, "\"1\"").status, 412U);
  EXPECT_EQ(request(HttpMethod::delete_, kAppPath).status, 204U);
  EXPECT_EQ(get(kAppPath).status, 404U);
  EXPECT_EQ(apps.find(kClientApp), nullptr);
}

TEST_F(Admin, BlockingAUserClosesItsSessionsAndNoOthers) {
  TestClient& blocked = online("nova");
  TestClient& other = online("vera_01");
  const auto changed = patch(kAppPath, R"({"blocked_users":["nova"]})");
  ASSERT_EQ(changed.status, 200U) << changed.body;
  EXPECT_EQ(object(changed).at("blocked_users"), json::array{"nova"});
  EXPECT_EQ(blocked.outbox.wait_closed(), close_code::kPolicy);
  EXPECT_EQ(blocked.outbox.close_reason(), kBlockedReason);
  EXPECT_EQ(other.code("getJoinedCommunityList", "{}"), 0);
}

TEST_F(Admin, KeysAreShownOnRequestAndARotatedKeyStillVerifiesForTheOverlap) {
  const std::string old_sig = sig("nova");
  auto keys = object(get(path("/keys"))).at("keys").get_array();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].at("text").get_string(), kClientKey);
  const auto rotated = post(path("/keys/rotate"), R"({"overlap_s":3600})");
  ASSERT_EQ(rotated.status, 200U) << rotated.body;
  EXPECT_EQ(object(rotated).at("keys").get_array().size(), 2U);
  EXPECT_TRUE(authenticator.verify(*apps.find(kClientApp), "nova", old_sig).has_value());
  clock.advance(std::chrono::seconds(3601));
  EXPECT_EQ(authenticator.verify(*apps.find(kClientApp), "nova", old_sig).error().code, 70009);
  EXPECT_EQ(refusal(post(path("/keys/rotate"), R"({"overlap_s":"x"})")),
            "invalid_argument overlap_s");
}

TEST_F(Admin, AdminsAreAddedAndRemoved) {
  EXPECT_EQ(post(path("/admins"), R"({"user_id":"ops_2"})").status, 201U);
  EXPECT_EQ(refusal(post(path("/admins"), R"({"user_id":"ops_2"})")), "conflict user_id");
  EXPECT_EQ(refusal(post(path("/admins"), R"({"user_id":"a b"})")), "invalid_argument user_id");
  EXPECT_EQ(object(get(path("/admins"))).at("admins").get_array().size(), 2U);
  EXPECT_EQ(request(HttpMethod::delete_, path("/admins/ops_2")).status, 204U);
  EXPECT_EQ(request(HttpMethod::delete_, path("/admins/ops_2")).status, 404U);
}

TEST_F(Admin, FieldsAreDeclaredInTheirLists) {
  const std::string body =
      R"({"key":"badge","types":[{"type":"Public","read":"member","write":"owner"}]})";
  const auto declared = post(path("/member-fields"), body);
  ASSERT_EQ(declared.status, 200U) << declared.body;
  EXPECT_EQ(object(declared).at("fields").get_array()[0].at("types").get_array()[0].at("self_read"),
            true);
  EXPECT_EQ(post(path("/group-fields"), body).status, 409U) << "one key in both lists";
  EXPECT_EQ(object(get(path("/group-fields"))).at("fields").get_array().size(), 2U);
  EXPECT_EQ(object(get(path("/member-fields"))).at("limit"), 5);
}

TEST_F(Admin, CallbacksAreConfiguredWithoutShowingSecrets) {
  const auto changed = patch(path("/callback"),
                             R"({"url":"https://hooks.riverside.test/im","sign":true,
                                 "token":"S3cretTok","switches":{"after_group_destroyed":true}})");
  ASSERT_EQ(changed.status, 200U) << changed.body;
  EXPECT_EQ(changed.body.find("S3cretTok"), std::string::npos);
  EXPECT_EQ(object(get(path("/callback"))).at("token_set"), true);
  const auto switches = object(get(path("/callback/switches"))).at("switches").get_array();
  ASSERT_EQ(switches.size(), kCallbackSwitchCount);
  bool shared = false;
  for (const auto& one : switches) {
    if (one.at("name") != "after_create_group") continue;
    EXPECT_EQ(one.at("on"), true);
    EXPECT_EQ(json::serialize(one.at("commands")),
              R"(["Group.CallbackAfterCreateTopic","Group.CallbackAfterCreateGroup"])");
    shared = true;
  }
  EXPECT_TRUE(shared);
}

TEST_F(Admin, WebhookSecretsAreShownOnce) {
  EXPECT_EQ(post(path("/callback/webhook-secrets/rotate"), "{}").status, 409U);
  const auto made = post(path("/callback/webhook-secrets"));
  ASSERT_EQ(made.status, 201U) << made.body;
  const std::string text(object(made).at("text").get_string());
  EXPECT_TRUE(text.starts_with("whsec_"));
  EXPECT_EQ(post(path("/callback/webhook-secrets")).status, 409U);
  EXPECT_EQ(post(path("/callback/webhook-secrets/rotate"), R"({"overlap_s":60})").status, 201U);
  const auto list = get(path("/callback/webhook-secrets"));
  EXPECT_EQ(object(list).at("webhook_secrets").get_array().size(), 2U);
  EXPECT_EQ(list.body.find("whsec_"), std::string::npos);
  EXPECT_EQ(request(HttpMethod::delete_, path("/callback/webhook-secrets")).status, 204U);
  EXPECT_TRUE(apps.find(kClientApp)->callback.webhook_secrets.empty());
}

TEST_F(Admin, EventsLedgerGroupsAndTopicsAreRead) {
  TestClient& vera = online("vera_01");
  make_community(vera);
  make_topic(vera, "wood");
  EXPECT_EQ(object(get(path("/ledger"))).at("accepted"), 2);
  EXPECT_EQ(object(get(path("/ledger"))).at("balanced"), true);
  const auto events = object(get(path("/events"))).at("events").get_array();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].at("seq"), 1);
  EXPECT_FALSE(events[0].get_object().contains("body"));
  const auto page = object(get(path("/events?limit=1&state=pending")));
  EXPECT_EQ(page.at("next_after"), 1);
  EXPECT_TRUE(object(get(path("/events?after=2"))).at("next_after").is_null());
  EXPECT_EQ(object(get(path("/events?command=Group.CallbackAfterCreateTopic")))
                .at("events")
                .get_array()
                .size(),
            1U);
  EXPECT_EQ(object(get(path("/events?group_id=%40TGS%23_makers"))).at("events").get_array().size(),
            2U);
  const auto event = object(get(path("/events/2")));
  EXPECT_EQ(json::parse(event.at("body").get_string()).at("CallbackCommand"),
            "Group.CallbackAfterCreateTopic");
  EXPECT_TRUE(event.at("attempt_list").get_array().empty());
  EXPECT_EQ(refusal(get(path("/events/3"))), "not_found seq");
  EXPECT_EQ(get(path("/events/zero")).status, 400U);

  const auto groups = object(get(path("/groups?type=Community")));
  EXPECT_EQ(groups.at("total"), 1);
  EXPECT_EQ(groups.at("groups").get_array()[0].at("topic_num"), 1);
  EXPECT_EQ(object(get(path("/groups?type=Public"))).at("total"), 0);
  const auto topics = object(get(path("/groups/@TGS%23_makers/topics")));
  EXPECT_EQ(topics.at("topics").get_array()[0].at("topic_id"), "@TGS#_makers@TOPIC#_wood");
  EXPECT_EQ(refusal(get(path("/groups/@TGS%23_none/topics"))), "not_found group_id");
  EXPECT_EQ(object(get("/admin/v1/stats")).at("client_sessions"), 1);
}

TEST_F(Admin, WrongQueriesNameTheParameter) {
  const struct {
    std::string_view query;
    std::string_view refusal;
  } rows[] = {
      {"/events?limit=0", "invalid_argument limit"},
      {"/events?limit=1001", "invalid_argument limit"},
      {"/events?state=lost", "invalid_argument state"},
      {"/events?after=-1", "invalid_argument after"},
      {"/events?until_ms=soon", "invalid_argument until_ms"},
      {"/events?page=2", "invalid_argument page"},
      {"/events?limit=1&limit=2", "invalid_argument limit"},
      {"/events?limit=%4", "invalid_argument query"},
      {"/groups?type=Club", "invalid_argument type"},
  };
  for (const auto& row : rows) {
    const auto response = get(path(row.query));
    EXPECT_EQ(response.status, 400U) << row.query;
    EXPECT_EQ(refusal(response), row.refusal) << row.query;
  }
}

TEST_F(Admin, RefusalsOfTheServerItselfHaveTheSameShape) {
  for (const unsigned status : {400U, 408U, 413U, 500U}) {
    const auto response = AdminDoor::error_body(status, "the body is larger than 1 MiB");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(checker.misfit(json::parse(response.body), checker.schema("Error")), "");
  }
}

}  // namespace
}  // namespace tidings::backend

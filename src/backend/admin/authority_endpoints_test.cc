// Goal: the admin door hands out what an app backend needs for HTTPS, and takes an app's own
// authorities with clear refusals. Method: as admin_door_test.cc; answers are checked against the
// OpenAPI document on the way.
#include "backend/admin/admin_fixture.h"

namespace tidings::backend {
namespace {

using Authority = AdminFixture;

std::string quoted_pem(std::string_view pem) {
  return json::serialize(json::value(json::string(pem)));
}

TEST_F(Authority, ItsCertificateIsHandedOutWithoutItsKey) {
  const auto answer = get("/admin/v1/authority");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const auto body = object(answer);
  EXPECT_EQ(body.at("certificate").get_string(), authority.certificate());
  EXPECT_EQ(body.at("subject").get_string(), "CN=Test authority");
  EXPECT_EQ(answer.body.find("PRIVATE KEY"), std::string::npos);
}

TEST_F(Authority, ItIssuesServerCertificatesOnce) {
  const auto answer = post("/admin/v1/authority/certificates",
                           R"({"hosts":["hooks.test","10.0.0.7"],"days":30})");
  ASSERT_EQ(answer.status, 201U) << answer.body;
  const auto body = object(answer);
  EXPECT_EQ(body.at("not_after_s").get_int64(), clock.now_s() + 30 * 24 * 3600);
  const auto summary =
      net::summarize_certificate(std::string_view(body.at("certificate").get_string())).value();
  EXPECT_EQ(summary.subject, "CN=hooks.test");
  EXPECT_NE(body.at("key").get_string().find("PRIVATE KEY"), json::string::npos);
  EXPECT_EQ(header(answer, "Cache-Control"), "no-store");
}

TEST_F(Authority, ItRefusesByName) {
  const std::string_view path = "/admin/v1/authority/certificates";
  for (const auto& [body, wanted] : {std::pair<std::string_view, std::string_view>{
           "{}", "invalid_argument hosts"},
           {R"({"hosts":[]})", "invalid_argument hosts"},
           {R"({"hosts":["a.test","b c"]})", "invalid_argument hosts[1]"},
           {R"({"hosts":["a.test"],"days":0})", "invalid_argument days"},
           {R"({"hosts":["a.test"],"days":9999})", "invalid_argument days"},
           {R"({"hosts":["a.test"],"key":"x"})", "invalid_argument key"}}) {
    const auto answer = post(path, body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(refusal(answer), wanted) << body;
  }
}

TEST_F(Authority, WhereThereIsNoneTheWayToOneIsSaid) {
  AdminApi api({service, committer, hub, {}});
  for (const auto method : {&AdminApi::get_authority, &AdminApi::issue_certificate}) {
    const auto answer = runtime::block_on(lanes[0], (api.*method)({}));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, Errc::not_found);
    EXPECT_NE(answer.error().what.find("tidings ca init"), std::string::npos);
  }
}

TEST_F(Authority, AnAppMayHaveAuthoritiesOfItsOwn) {
  const std::string_view path = "/admin/v1/apps/1400112233/callback";
  const auto set = patch(path, R"({"ca_certificates":)" + quoted_pem(authority.certificate()) + "}");
  ASSERT_EQ(set.status, 200U) << set.body;
  EXPECT_EQ(object(set).at("ca_certificates").get_string(), authority.certificate());
  EXPECT_EQ(apps.find(SdkAppId(1400112233))->callback.trusted_pem, authority.certificate());
  const std::string key = authority.key();
  for (const std::string& bad : {std::string("nonsense"), key, authority.certificate() + key}) {
    const auto refused = patch(path, R"({"ca_certificates":)" + quoted_pem(bad) + "}");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_EQ(refusal(refused), "invalid_argument callback.ca_certificates");
    EXPECT_EQ(refused.body.find(key.substr(30, 20)), std::string::npos);
  }
  EXPECT_EQ(object(get(path)).at("ca_certificates").get_string(), authority.certificate());
  ASSERT_EQ(patch(path, R"({"ca_certificates":null})").status, 200U);
  EXPECT_EQ(object(get(path)).at("ca_certificates").get_string(), "");
}

TEST_F(Authority, AnExpiredOneIsNotTaken) {
  const auto old = net::CertificateAuthority::make("Old", 1, clock.now_s() - 3 * 24 * 3600).value();
  const auto refused = patch("/admin/v1/apps/1400112233/callback",
                             R"({"ca_certificates":)" + quoted_pem(old.certificate()) + "}");
  EXPECT_EQ(refusal(refused), "invalid_argument callback.ca_certificates");
  EXPECT_NE(refused.body.find("expired"), std::string::npos);
}

}  // namespace
}  // namespace tidings::backend

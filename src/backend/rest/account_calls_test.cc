// Goal: the account calls take the documented requests and give the documented responses, with the
// 70xxx codes of their service.
// Method: sample requests of protocol 4.7.21 to 4.7.24 against the whole backend.
#include "backend/rest/rest_fixture.h"

namespace tidings::backend::rest::account_calls_test {
namespace {

constexpr const char* kImport = "im_open_login_svc/account_import";
constexpr const char* kImportMany = "im_open_login_svc/multiaccount_import";
constexpr const char* kDelete = "im_open_login_svc/account_delete";
constexpr const char* kCheck = "im_open_login_svc/account_check";

using AccountCallsTest = RestFixture;

class TrialAccountCallsTest : public RestFixture {
 protected:
  TrialAccountCallsTest() : RestFixture(unlimited(), trial_app()) {}
  static community::App trial_app() {
    community::App app = make_app();
    app.edition = community::Edition::trial;
    app.community_on = false;
    app.topic_on = false;
    return app;
  }
};

TEST_F(AccountCallsTest, an_account_is_imported_also_under_the_legacy_name) {
  EXPECT_EQ(text(kImport, R"({"UserID":"lin-7","Nick":"Lin",)"
                          R"("FaceUrl":"https://cdn.riverside.test/u/lin.png"})"),
            R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0})");
  EXPECT_EQ(code(kImport, R"({"Identifier":"omar"})"), 0);
  EXPECT_EQ(code(kImport, R"({"UserID":"lin-7"})"), 0) << "twice is harmless";
  EXPECT_EQ(text(kCheck, R"({"CheckItem":[{"UserID":"omar"},{"UserID":"ghost"}]})"),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[)"
            R"({"UserID":"omar","ResultCode":0,"ResultInfo":"","AccountStatus":"Imported"},)"
            R"({"UserID":"ghost","ResultCode":0,"ResultInfo":"","AccountStatus":"NotImported"}]})");
}

TEST_F(AccountCallsTest, a_bad_account_is_70402_and_a_long_profile_40601) {
  EXPECT_EQ(code(kImport, "{}"), 70402);
  EXPECT_EQ(code(kImport, R"({"UserID":""})"), 70402);
  EXPECT_EQ(code(kImport, R"({"UserID":"has a space"})"), 70402);
  EXPECT_EQ(code(kImport, R"({"UserID":"this-name-is-far-too-long-to-be-imported"})"), 70402);
  EXPECT_EQ(code(kImport, R"({"UserID":"a","Nick":5})"), 70402);
  EXPECT_EQ(code(kImport, R"({"UserID":"a","Nick":")" + std::string(501, 'n') + "\"}"), 40601);
  EXPECT_EQ(code(kImport, R"({"UserID":"a","Nick":")" + std::string(500, 'n') + "\"}"), 0);
}

TEST_F(AccountCallsTest, many_accounts_are_imported_and_the_bad_ones_named) {
  EXPECT_EQ(text(kImportMany, R"({"Accounts":["vera_01","omar",)"
                              R"("this-name-is-far-too-long-to-be-imported"]})"),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"",)"
            R"("FailAccounts":["this-name-is-far-too-long-to-be-imported"]})");
  EXPECT_EQ(call(kImportMany, R"({"Accounts":["vera_01"]})").at("FailAccounts").as_array().size(),
            0U);
  std::string many = "\"u\"";
  for (int i = 1; i < 101; ++i) many += ",\"u\"";
  EXPECT_EQ(code(kImportMany, "{\"Accounts\":[" + many + "]}"), 70402);
  EXPECT_EQ(code(kImportMany, R"({"Accounts":[]})"), 70402);
  EXPECT_EQ(code(kImportMany, R"({"Accounts":"vera_01"})"), 70402);
  EXPECT_EQ(code(kImportMany, "{}"), 70402);
}

TEST_F(AccountCallsTest, deletion_is_for_trial_apps_only) {
  import({"lin-7"});
  EXPECT_EQ(code(kDelete, R"({"DeleteItem":[{"UserID":"lin-7"}]})"), 71000);
}

TEST_F(TrialAccountCallsTest, deletion_answers_item_by_item) {
  import({"lin-7"});
  const auto reply = call(kDelete, R"({"DeleteItem":[{"UserID":"lin-7"},{"UserID":"ghost"}]})");
  const auto& items = reply.at("ResultItem").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(boost::json::serialize(items[0]),
            R"({"ResultCode":0,"ResultInfo":"","UserID":"lin-7"})");
  EXPECT_EQ(items[1].at("ResultCode").as_int64(), 70107);
  EXPECT_FALSE(items[1].at("ResultInfo").as_string().empty());
  EXPECT_EQ(code(kDelete, R"({"DeleteItem":[]})"), 70402);
  EXPECT_EQ(code(kDelete, R"({"DeleteItem":[{}]})"), 70402);
  EXPECT_EQ(code(kDelete, R"({"DeleteItem":["lin-7"]})"), 70402);
}

TEST_F(TrialAccountCallsTest, a_trial_app_has_one_hundred_accounts) {
  for (int i = 0; i < 99; ++i) {  // its admin is the first account
    ASSERT_EQ(code(kImport, R"({"UserID":"u)" + std::to_string(i) + "\"}"), 0) << i;
  }
  EXPECT_EQ(code(kImport, R"({"UserID":"one-more"})"), 70398);
  EXPECT_EQ(code(kImport, R"({"UserID":"u5"})"), 0) << "it has that one already";
}

TEST_F(AccountCallsTest, at_most_one_hundred_are_checked_at_once) {
  std::string many = R"({"UserID":"u"})";
  for (int i = 1; i < 100; ++i) many += R"(,{"UserID":"u"})";
  EXPECT_EQ(code(kCheck, "{\"CheckItem\":[" + many + "]}"), 0);
  EXPECT_EQ(code(kCheck, "{\"CheckItem\":[" + many + R"(,{"UserID":"u"}]})"), 70402);
  EXPECT_EQ(code(kCheck, R"({"CheckItem":[]})"), 70402);
}

}  // namespace
}  // namespace tidings::backend::rest::account_calls_test

// What an app backend does with libtidings: log in with a UserSig, check that a callback is
// genuine, and read it. Everything is a pure function: bytes and the time go in, a value or an
// error comes out. How the request gets here is up to your HTTP server.
#include <tidings/callback.h>
#include <tidings/callback_sign.h>
#include <tidings/callback_url.h>
#include <tidings/usersig.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

namespace {

const tidings::SdkAppId kApp{1400112233};
const std::vector<std::string> kSecretKeys = {"the app's secret key, as the console shows it"};
const std::vector<std::string> kTokens = {"S3cretTok"};  // a second one while it is being changed
constexpr std::int64_t kNow = 1735689602;                // your clock, in seconds since 1970

// As it arrives: the request's target and its body.
constexpr const char* kTarget =
    "/im?SdkAppid=1400112233&CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json"
    "&ClientIP=203.0.113.9&OptPlatform=RESTAPI"
    "&Sign=b89098544161938fe8b8f2692d9fb2b89d38e0ed6ed1b90a0f1f7ff69414d294"
    "&RequestTime=1735689601";
constexpr const char* kBody = R"({
  "CallbackCommand": "Group.CallbackAfterCreateTopic",
  "GroupId": "@TGS#2J4SZEAEL",
  "TopicId": "@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_@TOPIC#cRTE3HIM62C5",
  "Operator_Account": "group_root",
  "Owner_Account": "leckie",
  "Type": "Community",
  "Name": "MyFirstTopic",
  "UserDefinedDataList": [
    {"Key": "UserDefined1", "Value": "hello"},
    {"Key": "UserDefined2", "Value": "world"}
  ]
})";

int complain(const tidings::Error& error) {
  std::cerr << "refused: " << error.what << '\n';
  return 1;
}

/// A ticket for the REST API, and how a server checks it.
int show_user_sig() {
  const std::string sig =
      tidings::make_user_sig(kApp, tidings::UserId{"administrator"}, kSecretKeys[0], kNow, 86400);
  const auto claims = tidings::verify_user_sig(sig, kApp, "administrator", kSecretKeys, kNow);
  if (!claims) return complain(claims.error());
  std::cout << "UserSig of " << claims->identifier << " is valid for " << claims->expire_s
            << " s\n";
  const auto late = tidings::verify_user_sig(sig, kApp, "administrator", kSecretKeys, kNow + 86401);
  std::cout << "a day later: error " << (late ? 0 : late.error().code) << '\n';
  return 0;
}

/// Genuine? Then what does it say?
int show_callback() {
  const auto query = tidings::parse_callback_query(kTarget);
  if (!query) return complain(query.error());
  if (query->sdkappid != kApp) return complain(tidings::fail(tidings::Errc::forbidden, "not ours"));
  if (const auto genuine = tidings::verify_sign(*query, kTokens, kNow); !genuine) {
    return complain(genuine.error());
  }
  std::cout << "genuine callback from " << query->client_ip << " by " << query->opt_platform
            << '\n';
  const auto callback = tidings::parse_callback(kBody, query->command);
  if (!callback) return complain(callback.error());
  if (const auto* topic = std::get_if<tidings::AfterCreateTopic>(&callback->value)) {
    std::cout << "topic \"" << topic->name << "\" " << topic->topic_id << "\n  in group "
              << topic->group_id << (callback->group_mismatch ? " (not its community)" : "")
              << "\n  made by " << topic->operator_account << ", owner " << topic->owner_account
              << '\n';
    for (const auto& [key, value] : topic->user_defined_data_list.value_or(tidings::KeyValues{})) {
      std::cout << "  " << key << " = " << value << '\n';
    }
  }
  std::cout << "answer: " << tidings::kCallbackOk << '\n';
  return 0;
}

}  // namespace

int main() {
  const int failed = show_user_sig();
  return failed != 0 ? failed : show_callback();
}

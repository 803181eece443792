// What the pure parts cost, one call at a time: the callback's codec, its signatures, a UserSig,
// and the decision on a create_topic with what it collects and loads.
//
//   protocol_bench
//   protocol_bench --benchmark_filter=Sign
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "community/decide.h"
#include "tidings/callback.h"
#include "tidings/callback_answer.h"
#include "tidings/callback_sign.h"
#include "tidings/callback_url.h"
#include "tidings/standard_webhooks.h"
#include "tidings/usersig.h"

namespace {

using namespace tidings;

constexpr std::int64_t kNowS = 1'735'689'600;
const SdkAppId kApp{1'400'112'233};
const std::string kKey = "5d41402abc4b2a76b9719d911017c592ab56b4a76b9719d911017c592ab56b4a";

// The documented sample with its two custom fields.
AfterCreateTopic sample() {
  AfterCreateTopic body;
  body.group_id = GroupId{"@TGS#_@TGS#cQVLVHIM62CJ"};
  body.topic_id = TopicId{"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_TestTopic"};
  body.operator_account = UserId{"leckie"};
  body.owner_account = UserId{"leckie"};
  body.name = "MyFirstTopic";
  body.user_defined_data_list = {{"UserDefined1", "hello"}, {"UserDefined2", "world"}};
  return body;
}

void CallbackWrite(benchmark::State& state) {
  const auto body = sample();
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_callback(out, body, AdditiveMembers::needed);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(CallbackWrite);

void CallbackParse(benchmark::State& state) {
  const std::string text = write_callback(sample(), AdditiveMembers::needed);
  for (auto _ : state) {
    auto parsed = parse_callback(text);
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(CallbackParse);

void CallbackQueryParse(benchmark::State& state) {
  CallbackQuery query;
  query.sdkappid = kApp;
  query.command = AfterCreateTopic::kCommand;
  query.client_ip = "203.0.113.9";
  query.opt_platform = "RESTAPI";
  query.request_id = "0194c3f0-5d1e-7c3a-9b1e-4f6a2d8c7e10";
  query.request_time = std::to_string(kNowS);
  query.sign = make_sign("token-of-thirty-two-characters-x", *query.request_time);
  const std::string target = make_callback_target({.path = "/callback"}, query);
  for (auto _ : state) {
    auto parsed = parse_callback_query(target);
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(CallbackQueryParse);

void CallbackAnswerParse(benchmark::State& state) {
  for (auto _ : state) {
    auto answer = parse_callback_answer(kCallbackOk);
    benchmark::DoNotOptimize(answer);
  }
}
BENCHMARK(CallbackAnswerParse);

void CallbackSignMake(benchmark::State& state) {
  for (auto _ : state) {
    auto sign = make_sign("token-of-thirty-two-characters-x", "1735689600");
    benchmark::DoNotOptimize(sign);
  }
}
BENCHMARK(CallbackSignMake);

void CallbackSignVerify(benchmark::State& state) {
  const std::vector<std::string> tokens = {"token-of-thirty-two-characters-x"};
  CallbackQuery query;
  query.request_time = std::to_string(kNowS);
  query.sign = make_sign(tokens[0], *query.request_time);
  for (auto _ : state) {
    auto verified = verify_sign(query, tokens, kNowS);
    benchmark::DoNotOptimize(verified);
  }
}
BENCHMARK(CallbackSignVerify);

void WebhookSign(benchmark::State& state) {
  const std::vector<WebhookSecret> secrets = {{std::string(32, 's')}};
  const std::string text = write_callback(sample(), AdditiveMembers::needed);
  for (auto _ : state) {
    auto signature = sign_webhook(secrets, "144115263289565628", kNowS, text);
    benchmark::DoNotOptimize(signature);
  }
}
BENCHMARK(WebhookSign);

void UserSigVerify(benchmark::State& state) {
  const std::vector<std::string> keys = {kKey};
  const std::string sig = make_user_sig(kApp, UserId{"administrator"}, kKey, kNowS, 86'400);
  for (auto _ : state) {
    auto claims = verify_user_sig(sig, kApp, "administrator", keys, kNowS + 1);
    benchmark::DoNotOptimize(claims);
  }
}
BENCHMARK(UserSigVerify);

// A batch of create_topic over so many communities, as the committer runs it, without the store.
void DecideCreateTopic(benchmark::State& state) {
  using namespace tidings::community;
  const auto batch = static_cast<std::size_t>(state.range(0));
  App app;
  app.id = kApp;
  app.admins = {UserId{"administrator"}};
  app.community_on = app.topic_on = true;
  for (const auto each : all_callback_switches()) app.callback.set(each, true);
  const auto shared = std::make_shared<const App>(app);
  std::vector<Command> commands;
  for (std::size_t i = 0; i < batch; ++i) {
    CreateTopic command;
    command.caller = {kApp, UserId{"administrator"}, true, {"203.0.113.7", "RESTAPI"}};
    command.group_id = "@TGS#_community_" + std::to_string(i % 100);
    command.topic_name = "MyFirstTopic";
    command.from_account = UserId{"leckie"};
    commands.emplace_back(std::move(command));
  }
  SystemRandom random;
  for (auto _ : state) {
    Needs needs;
    for (const Command& command : commands) collect(command, needs);
    View view{kNowS * 1000, random};
    for (const SdkAppId id : needs.apps) {
      view.apps.load(id, shared);
      Tally tally;
      tally.app = id;
      view.tallies.load(id, tally);
    }
    for (const auto& key : needs.accounts) view.accounts.load(key, Account{key, "", "", 1, 1});
    for (const auto& key : needs.groups) {
      if (view.groups.known(key)) continue;
      Group group;
      group.key = key;
      group.support_topic = true;
      group.name = "Riverside";
      group.owner = UserId{"leckie"};
      view.groups.load(key, group);
    }
    for (const auto& key : needs.members) view.members.load(key, std::nullopt);
    for (const Command& command : commands) {
      auto reply = decide(command, view);
      if (!reply) {
        state.SkipWithError("a create_topic was refused");
        return;
      }
      benchmark::DoNotOptimize(reply);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(DecideCreateTopic)->Arg(1)->Arg(32);

}  // namespace

BENCHMARK_MAIN();

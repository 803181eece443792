// tidings callback send|verify|list: try one's own receiver, look at a captured request.
#include <iostream>

#include "base/clock.h"
#include "cli/callback_check.h"
#include "cli/callback_sample.h"
#include "cli/callback_send.h"
#include "cli/command_line.h"
#include "cli/config_value.h"
#include "cli/printable.h"
#include "cli/sdkappid_option.h"
#include "cli/secret_option.h"
#include "net/simple_http_client.h"

namespace tidings::cli {
namespace {

struct SendOptions {
  CallbackPlan plan;
  std::uint32_t sdkappid = 0;
  std::string body_file;
  std::vector<std::string> texts;
  std::vector<std::string> jsons;
  SecretOption token;
  SecretOption webhook_secret;
  std::string ca_file;
  bool insecure = false;
  bool print_only = false;
};

void declare_send(CLI::App& command, SendOptions& options) {
  command.add_option("url", options.plan.url, "The receiver's URL, without query")->required();
  command.add_option("--command", options.plan.command,
                     "Callback, such as AfterCreateTopic; `tidings callback list` shows all")
      ->default_val("Group.CallbackAfterCreateTopic");
  add_sdkappid(command, "--sdkappid", options.sdkappid)->required();
  command.add_option("--set", options.texts, "Member=text in the body; may be repeated")
      ->type_name("NAME=TEXT");
  command.add_option("--json", options.jsons, "Member=JSON value in the body; may be repeated")
      ->type_name("NAME=JSON");
  command.add_option("--body-file", options.body_file, "Send these bytes instead of a sample");
  command.add_option("--client-ip", options.plan.client_ip, "ClientIP")->capture_default_str();
  command.add_option("--opt-platform", options.plan.opt_platform, "OptPlatform")
      ->capture_default_str();
  command.add_option("--request-id", options.plan.request_id, "RequestID; default: a fresh one");
  add_secret_option(command, options.token, "token", "Sign with this token");
  add_secret_option(command, options.webhook_secret, "webhook-secret",
                    "Add Standard Webhooks headers with this secret (whsec_...)");
  command.add_option("--ca-file", options.ca_file, "PEM authorities to trust; default: the system's");
  command.add_flag("--insecure", options.insecure, "Accept any certificate (tests only)");
  command.add_flag("--print", options.print_only, "Print the request instead of sending it");
}

Result<std::vector<std::pair<std::string, std::string>>> split_pairs(
    const std::vector<std::string>& texts, const std::string& option) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::invalid_argument, option + " '" + text + "': write Member=value");
    }
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

Result<CallbackToSend> prepare(const SendOptions& options) {
  CallbackPlan plan = options.plan;
  plan.sdkappid = SdkAppId(options.sdkappid);
  TRY(plan.texts, split_pairs(options.texts, "--set"));
  TRY(plan.jsons, split_pairs(options.jsons, "--json"));
  if (!options.body_file.empty()) {
    TRY(plan.body, read_input(options.body_file));
  }
  if (options.token.given()) {
    TRY(plan.token, options.token.read());
  }
  if (options.webhook_secret.given()) {
    TRY(plan.webhook_secret, options.webhook_secret.read());
  }
  SystemRandom random;
  return build_callback(plan, SystemClock().now_s(), random);
}

ExitCode send(const SendOptions& options) {
  const auto request = prepare(options);
  if (!request) return complain(ExitCode::usage, request.error().what);
  std::cout << "POST " << request->url << "\n";
  for (const auto& [name, value] : request->headers) std::cout << name << ": " << value << "\n";
  std::cout << "\n" << request->body << "\n";
  if (options.print_only) return ExitCode::ok;

  net::TlsClientOptions tls;
  tls.ca_file = options.ca_file;
  tls.verify = !options.insecure;
  auto client = net::HttpClient::create(tls);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const auto answer = (*client)->request("POST", request->url, request->body, request->headers);
  if (!answer) return complain(ExitCode::failure, answer.error().what);
  const auto verdict = judge_answer(request->command, answer->status, answer->body);
  std::cout << "\nHTTP " << answer->status << " after " << answer->timings.total_us / 1000
            << " ms\n" << printable_lines(answer->body) << "\n\n" << printable(verdict.text) << "\n";
  return verdict.accepted ? ExitCode::ok : ExitCode::failure;
}

struct VerifyOptions {
  CapturedCallback captured;
  std::uint32_t sdkappid = 0;
  std::string body_file;
  SecretOption token;
  SecretOption webhook_secret;
  std::string window = "60s";
  std::int64_t at = 0;
};

void declare_verify(CLI::App& command, VerifyOptions& options) {
  command.add_option("target", options.captured.target,
                     "The URL as it was received, or its query")
      ->required();
  command.add_option("--body-file", options.body_file, "File with the body (-: standard input)");
  add_sdkappid(command, "--sdkappid", options.sdkappid, "The app it must be for; default: any");
  add_secret_option(command, options.token, "token", "Check Sign with this token");
  add_secret_option(command, options.webhook_secret, "webhook-secret",
                    "Check the Standard Webhooks headers with this secret");
  command.add_option("--webhook-id", options.captured.webhook_id, "Header webhook-id");
  command.add_option("--webhook-timestamp", options.captured.webhook_timestamp,
                     "Header webhook-timestamp");
  command.add_option("--webhook-signature", options.captured.webhook_signature,
                     "Header webhook-signature");
  command.add_option("--window", options.window, "How far RequestTime may be from --at")
      ->capture_default_str();
  command.add_option("--at", options.at, "Unix seconds when it arrived; default: now");
}

ExitCode verify(const VerifyOptions& options) {
  CheckWith with;
  with.sdkappid = SdkAppId(options.sdkappid);
  with.now_s = options.at != 0 ? options.at : SystemClock().now_s();
  const auto window = parse_duration(options.window);
  if (!window) return complain(ExitCode::usage, "--window: " + window.error().what);
  with.window_s = window->count() / 1000;
  for (auto [option, list] : {std::pair{&options.token, &with.tokens},
                              std::pair{&options.webhook_secret, &with.webhook_secrets}}) {
    if (!option->given()) continue;
    auto secret = option->read();
    if (!secret) return complain(ExitCode::usage, secret.error().what);
    list->push_back(std::move(*secret));
  }
  CapturedCallback captured = options.captured;
  if (!options.body_file.empty()) {
    auto body = read_input(options.body_file);
    if (!body) return complain(ExitCode::usage, body.error().what);
    captured.body = std::move(*body);
  }
  bool good = true;
  for (const CheckStep& step : check_callback(captured, with)) {
    std::cout << (step.ok ? "ok    " : "FAIL  ") << step.name << ": " << printable(step.text)
              << "\n";
    good = good && step.ok;
  }
  return good ? ExitCode::ok : ExitCode::failure;
}

struct ListOptions {};
void declare_list(CLI::App&, ListOptions&) {}
ExitCode list(const ListOptions&) {
  for (const CallbackSample& sample : callback_samples()) std::cout << sample.command << "\n";
  return ExitCode::ok;
}

}  // namespace

void add_callback(CommandLine& line) {
  CLI::App* callback = line.parser.add_subcommand(
      "callback", "Send a callback to a receiver; check a captured one");
  callback->require_subcommand(1);
  line.add<SendOptions>(
      *callback, "send",
      "Send a documented callback, signed, and judge the answer; exit code 1: not accepted",
      "  tidings callback send https://127.0.0.1:8090/im --sdkappid 1400000001 --token-file token \\\n"
      "      --ca-file ca.pem --set Name=Woodwork\n"
      "  tidings callback send http://127.0.0.1:9000/ --sdkappid 1400000001 --command BeforeCreateTopic\n",
      declare_send, send);
  line.add<VerifyOptions>(
      *callback, "verify", "Check a captured callback step by step; exit code 1: a step failed",
      "  tidings callback verify 'https://me/im?SdkAppid=1400000001&...' --body-file body.json \\\n"
      "      --sdkappid 1400000001 --token-file token --at 1735689601\n",
      declare_verify, verify);
  line.add<ListOptions>(*callback, "list", "Print the commands that `send` has samples of",
                        "  tidings callback list\n", declare_list, list);
}

}  // namespace tidings::cli

// tidings client: be a user's client from a shell: log in over the WebSocket, run operations, see
// what is pushed.
#include <boost/json.hpp>
#include <iostream>

#include "backend/client/operation.h"
#include "base/clock.h"
#include "cli/client_run.h"
#include "cli/command_line.h"
#include "cli/config_value.h"
#include "cli/printable.h"
#include "cli/sdkappid_option.h"
#include "cli/secret_option.h"
#include "runtime/run_on.h"
#include "tidings/json.h"
#include "tidings/usersig.h"

namespace tidings::cli {
namespace {

struct ClientOptions {
  std::string url = "ws://127.0.0.1:8080/client";
  std::uint32_t sdkappid = 0;
  std::string user;
  SecretOption key;
  SecretOption sig;
  std::string platform = "Web";
  std::string listen = "0";
  std::string ca_file;
  std::vector<std::string> operation;
};

void declare(CLI::App& command, ClientOptions& options) {
  command.add_option("--url", options.url, "The client door")->capture_default_str();
  add_sdkappid(command, "--sdkappid", options.sdkappid)->required();
  command.add_option("--user", options.user, "Who logs in")->required();
  add_secret_option(command, options.sig, "sig", "The user's UserSig");
  add_secret_option(command, options.key, "key", "Or the app's key, to make the UserSig with");
  command.add_option("--platform", options.platform, "Becomes OptPlatform")->capture_default_str();
  command.add_option("--listen", options.listen,
                     "Stay connected this long after the last operation and print what is pushed")
      ->capture_default_str();
  command.add_option("--ca-file", options.ca_file, "PEM authorities to trust; default: the system's");
  command
      .add_option("operation", options.operation,
                  "One operation and its arguments as JSON; none: lines of "
                  "{\"op\":...,\"args\":...} from standard input")
      ->type_name("OP [ARGS]")
      ->expected(0, 2);
  command.footer("Operations: " + backend::operation_names() +
                 ".\ndocs/client-door.md says what each takes and answers.");
}

Result<std::string> ticket(const ClientOptions& options) {
  if (options.sig.given()) return options.sig.read();
  if (!options.key.given()) {
    return fail(Errc::invalid_argument, "give the UserSig (--sig-file, --sig-env) or the app's key "
                                        "(--key-file, --key-env)");
  }
  TRY(const std::string key, options.key.read());
  return make_user_sig(SdkAppId(options.sdkappid), UserId(options.user), key, SystemClock().now_s(),
                       3600);
}

/// The operation of the command line as one line, once.
Result<std::string> single_operation(const std::vector<std::string>& operation) {
  boost::json::object frame{{"op", operation[0]}, {"args", boost::json::object{}}};
  if (operation.size() == 2) {
    const auto args = parse_json_strict(operation[1]);
    if (!args || !args->is_object()) {
      return fail(Errc::invalid_argument, "the arguments are not a JSON object: " + operation[1]);
    }
    frame["args"] = *args;
  }
  return boost::json::serialize(frame);
}

Result<ClientRun> prepare(const ClientOptions& options) {
  ClientRun run;
  run.url = options.url;
  run.sdkappid = options.sdkappid;
  run.user = options.user;
  run.platform = options.platform;
  TRY(run.user_sig, ticket(options));
  TRY(run.listen, parse_duration(options.listen));
  if (!options.ca_file.empty()) {
    net::TlsClientOptions tls;
    tls.ca_file = options.ca_file;
    TRY(run.tls, net::TlsClient::create(tls));
  }
  if (options.operation.empty()) {
    run.next_line = []() -> std::optional<std::string> {
      std::string line;
      while (std::getline(std::cin, line)) {
        if (!line.empty()) return line;
      }
      return std::nullopt;
    };
  } else {
    TRY(const std::string line, single_operation(options.operation));
    run.next_line = [line, given = false]() mutable -> std::optional<std::string> {
      return std::exchange(given, true) ? std::nullopt : std::optional(line);
    };
  }
  run.print = [](const std::string& frame) { std::cout << printable(frame) << std::endl; };
  return run;
}

ExitCode run(const ClientOptions& options) {
  auto plan = prepare(options);
  if (!plan) return complain(ExitCode::usage, plan.error().what);
  runtime::Lanes lanes(1, "client");
  runtime::BlockingPool blocking(1);
  lanes.start();
  const auto refused =
      runtime::block_on(lanes[0], run_client(lanes[0], blocking, std::move(*plan)));
  lanes.stop();
  if (!refused) return complain(ExitCode::failure, refused.error().what);
  return *refused == 0 ? ExitCode::ok : ExitCode::failure;
}

}  // namespace

void add_client(CommandLine& line) {
  line.add<ClientOptions>(
      line.parser, "client",
      "Be a user's client: log in, run operations, print frames; exit code 1: one was refused",
      "  tidings client --sdkappid 1400000001 --user vera_01 --key-file app.key \\\n"
      "      createTopicInCommunity '{\"groupID\":\"@TGS#_...\",\"topicName\":\"Woodwork\"}'\n"
      "  tidings client --sdkappid 1400000001 --user omar --sig-file omar.sig --listen 10m\n",
      declare, run);
}

}  // namespace tidings::cli

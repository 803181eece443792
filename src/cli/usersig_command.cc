// tidings usersig make|check: tickets for tests, scripts and support, without a server.
#include <boost/json.hpp>
#include <iostream>

#include "base/clock.h"
#include "cli/command_line.h"
#include "cli/config_value.h"
#include "cli/log_line.h"
#include "cli/printable.h"
#include "cli/sdkappid_option.h"
#include "cli/secret_option.h"
#include "tidings/identifier.h"
#include "tidings/usersig.h"

namespace tidings::cli {
namespace {

struct UserSigOptions {
  std::uint32_t sdkappid = 0;
  std::string user;
  SecretOption key;
  std::string expire = "180d";
  std::string sig_file = "-";
};

void declare_common(CLI::App& command, UserSigOptions& options) {
  add_sdkappid(command, "--sdkappid", options.sdkappid)->required();
  add_secret_option(command, options.key, "key", "The app's secret key");
}

void declare_make(CLI::App& command, UserSigOptions& options) {
  declare_common(command, options);
  command.add_option("--user", options.user, "Who the ticket is for")->required();
  command.add_option("--expire", options.expire, "How long it is valid")->capture_default_str();
}

ExitCode make(const UserSigOptions& options) {
  if (options.user.empty() || options.user.size() > kMaxUserIdBytes) {
    return complain(ExitCode::usage, "--user has " + std::to_string(options.user.size()) +
                                         " bytes: 1 to " + std::to_string(kMaxUserIdBytes) +
                                         " are allowed");
  }
  const auto expire = parse_duration(options.expire);
  if (!expire) return complain(ExitCode::usage, "--expire: " + expire.error().what);
  if (*expire < std::chrono::seconds(1)) {
    return complain(ExitCode::usage, "--expire: '" + options.expire +
                                         "' is too short: a ticket is valid for at least 1s");
  }
  const auto key = options.key.read();
  if (!key) return complain(ExitCode::usage, key.error().what);
  std::cout << make_user_sig(SdkAppId(options.sdkappid), UserId(options.user), *key,
                             SystemClock().now_s(), expire->count() / 1000)
            << "\n";
  return ExitCode::ok;
}

void declare_check(CLI::App& command, UserSigOptions& options) {
  declare_common(command, options);
  command.add_option("--user", options.user, "Who it should be for; default: whom it names");
  command.add_option("--sig-file", options.sig_file, "File with the UserSig (-: standard input)")
      ->capture_default_str();
}

ExitCode check(const UserSigOptions& options) {
  const auto key = options.key.read();
  if (!key) return complain(ExitCode::usage, key.error().what);
  auto text = read_input(options.sig_file);
  if (!text) return complain(ExitCode::usage, text.error().what);
  const std::string sig = text->substr(0, text->find_first_of(" \r\n"));
  boost::json::object verdict;
  const auto claims = decode_user_sig(sig);
  if (claims) {
    verdict["identifier"] = claims->identifier.str();
    verdict["sdkappid"] = claims->sdkappid.number();
    verdict["created"] = utc_time(claims->time_s * 1000);
    verdict["expires"] = utc_time((claims->time_s + claims->expire_s) * 1000);
  }
  const std::string user = options.user.empty() && claims ? claims->identifier.str() : options.user;
  const std::array<std::string, 1> keys{*key};
  const auto verified = verify_user_sig(sig, SdkAppId(options.sdkappid), user, keys,
                                        SystemClock().now_s());
  verdict["valid"] = verified.has_value();
  if (!verified) {
    verdict["code"] = verified.error().code;
    verdict["reason"] = verified.error().what;
  }
  std::cout << printable(boost::json::serialize(verdict)) << "\n";
  return verified ? ExitCode::ok : ExitCode::failure;
}

}  // namespace

void add_usersig(CommandLine& line) {
  CLI::App* usersig = line.parser.add_subcommand("usersig", "Make and check UserSig tickets");
  usersig->require_subcommand(1);
  line.add<UserSigOptions>(
      *usersig, "make", "Make a ticket and print it",
      "  tidings usersig make --sdkappid 1400000001 --user administrator --key-file app.key\n"
      "  KEY=... tidings usersig make --sdkappid 1400000001 --user vera_01 --key-env KEY --expire 1h\n",
      declare_make, make);
  line.add<UserSigOptions>(
      *usersig, "check", "Check a ticket and print what it says, as JSON; exit code 1: not valid",
      "  tidings usersig check --sdkappid 1400000001 --key-file app.key < ticket\n"
      "  tidings usersig check --sdkappid 1400000001 --key-file app.key --user vera_01 --sig-file t\n",
      declare_check, check);
}

}  // namespace tidings::cli

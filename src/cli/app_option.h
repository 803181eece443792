/// What the `tidings app` subcommands share: how the admin door is reached, which app is meant, and
/// printing what it answers.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/admin_client.h"
#include "cli/command_line.h"
#include "cli/config.h"

namespace tidings::cli {

/// The options of all `app` subcommands; each declares those it has.
struct AppOptions {
  DoorOption door;
  std::uint32_t sdkappid = 0;
  std::string name;
  std::string user;
  std::string list;
  std::string document;
  std::string overlap = "24h";
  bool rotate = false;
  bool plain = false;
  std::map<std::string, std::string> texts;     ///< member of the patch to text
  std::map<std::string, std::string> switches;  ///< member of the patch to "on" or "off"
  std::vector<std::string> events;              ///< "after_create_group=on"
  TextList rest_allow, rest_disable, blocked_users, refused_words;
  std::map<std::string, std::optional<std::int64_t>> quotas;  ///< member of the patch to number
  std::optional<std::string> ca_file;           ///< "": none of its own
  SecretOption callback_token;

  [[nodiscard]] std::string path() const { return "/admin/v1/apps/" + std::to_string(sdkappid); }
};

void declare_admin_door(CLI::App& command, AppOptions& options);
/// The door and the app's number.
void declare_one_app(CLI::App& command, AppOptions& options);

/// Calls the door and prints the answer.
ExitCode show_answer(const AppOptions& options, std::string_view method, const std::string& path,
                     const std::string& body = {});

/// An option that takes "on" or "off"; "" (the default): not given.
void add_switch(CLI::App& command, const std::string& name, std::string& value,
                const std::string& help);
/// "on" or "off"; the error names the option.
Result<bool> on_or_off(const std::string& option, const std::string& text);

/// `app key`, `app field`, `app callback`, `app webhook`.
void add_app_settings(CommandLine& line, CLI::App& app);

/// `app test-callback`.
void add_app_test(CommandLine& line, CLI::App& app);

}  // namespace tidings::cli

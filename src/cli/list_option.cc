#include "cli/list_option.h"

#include <charconv>
#include <system_error>
#include <vector>

#include "cli/config_value.h"
#include "tidings/callback_command.h"

namespace tidings::cli {
namespace {

constexpr std::int64_t kMostListed = 1'000'000'000;

/// "Group.CallbackAfterCreateTopic" is "AfterCreateTopic", "State.StateChange" is "StateChange".
std::string_view short_name(std::string_view command) {
  constexpr std::string_view kCallback = "Callback";
  command.remove_prefix(command.find('.') + 1);
  if (command.starts_with(kCallback)) command.remove_prefix(kCallback.size());
  return command;
}

}  // namespace

CLI::Option* add_limit(CLI::App& command, std::int64_t& limit) {
  const auto check = [](const std::string& text) -> std::string {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good = error == std::errc{} && end == text.data() + text.size() && number >= 1 &&
                      number <= kMostListed;
    if (good) return {};
    return "'" + text + "' is not a whole number from 1 to " + std::to_string(kMostListed);
  };
  return command.add_option("--limit", limit, "At most this many")
      ->capture_default_str()
      ->check(CLI::Validator(check, "", "limit"));
}

CLI::Option* add_command_filter(CLI::App& command, std::string& callback) {
  const auto complete = [](std::string& text) -> std::string {
    auto whole = whole_command(text);
    if (!whole) return whole.error().what;
    text = std::move(*whole);
    return {};
  };
  return command.add_option("--command", callback, "Only this callback, such as AfterCreateTopic")
      ->transform(CLI::Validator(complete, "", "callback"));
}

Result<std::string> whole_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const std::string_view command : kCallbackCommands) {
    if (name == command || name == short_name(command)) return std::string(command);
    names.push_back(command);
    names.push_back(short_name(command));
  }
  std::string what = "'" + std::string(name) + "' is no callback";
  if (const auto meant = nearest(name, names); !meant.empty()) {
    what += "; did you mean '" + std::string(meant) + "'?";
  }
  return fail(Errc::invalid_argument, what + "; `tidings callback list` shows those about groups");
}

}  // namespace tidings::cli

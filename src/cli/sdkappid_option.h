/// How a subcommand takes an app's number: one wording of help and of what is wrong with it.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

namespace tidings::cli {

/// `name`: "--sdkappid", or "sdkappid" where it stands without a flag. It is 1 to 2^32-1 (protocol 3.1).
template <class Number>
CLI::Option* add_sdkappid(CLI::App& command, const std::string& name, Number& sdkappid,
                          const std::string& help = "The app's number") {
  const auto check = [](const std::string& text) -> std::string {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size() && number != 0) return {};
    return "'" + text + "' is not an SDKAppID: write a whole number from 1 to 4294967295";
  };
  return command.add_option(name, sdkappid, help)->check(CLI::Validator(check, "", "sdkappid"));
}

}  // namespace tidings::cli

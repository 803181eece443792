#include "cli/secret_option.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

namespace tidings::cli {

std::optional<std::string> read_whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) return std::nullopt;
  std::string text;
  std::array<char, 16384> part{};
  // read() turns what the buffer throws into bad(); iterators on it would let it out.
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return std::nullopt;
  return text;
}

Result<std::string> read_input(const std::string& path) {
  if (path == "-") return std::string{std::istreambuf_iterator<char>(std::cin), {}};
  auto text = read_whole_file(path);
  if (!text) return fail(Errc::invalid_argument, "the file '" + path + "' cannot be read");
  return std::move(*text);
}

Result<std::string> SecretOption::read() const {
  std::string text;
  if (!file.empty()) {
    TRY(text, read_input(file));
  } else if (!variable.empty()) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) {
      return fail(Errc::invalid_argument, "give --" + what + "-file or --" + what +
                                              "-env: the environment variable " + variable +
                                              " is not set");
    }
    text = value;
  } else {
    return fail(Errc::invalid_argument, "give --" + what + "-file or --" + what + "-env");
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return fail(Errc::invalid_argument,
                what + " is empty in " + (file.empty() ? variable : "'" + file + "'"));
  }
  return text;
}

Result<void> check_one_word(std::string_view secret, const std::string& where) {
  for (const char c : secret) {
    if (static_cast<unsigned char>(c) > ' ') continue;
    return fail(Errc::invalid_argument, where + " holds a space, a tab or several lines; it must be "
                                                "one token, on one line");
  }
  return {};
}

void add_secret_option(CLI::App& command, SecretOption& secret, const std::string& what,
                       const std::string& description, const std::string& variable) {
  secret.what = what;
  secret.variable = variable;
  auto* file = command.add_option("--" + what + "-file", secret.file,
                                  description + ": the file that holds it (-: standard input)");
  file->type_name("PATH");
  auto* env = command.add_option("--" + what + "-env", secret.variable,
                                 description + ": the environment variable that holds it");
  env->type_name("NAME");
  if (!variable.empty()) env->capture_default_str();
}

}  // namespace tidings::cli

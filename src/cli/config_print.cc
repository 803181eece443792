#include "cli/config_print.h"

#include <algorithm>
#include <array>

#include "cli/config_keys.h"
#include "cli/config_value.h"
#include "tidings/json.h"

namespace tidings::cli {
namespace {

/// JSON's escapes are a subset of TOML's basic strings.
std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string toml_text(bool value) { return value ? "true" : "false"; }
std::string toml_text(std::int64_t value) { return std::to_string(value); }
std::string toml_text(const std::string& value) { return in_quotes(value); }
std::string toml_text(Milliseconds value) { return in_quotes(write_duration(value)); }
std::string toml_text(Bytes value) { return in_quotes(write_size(value)); }
std::string toml_text(const ListenAddress& value) { return in_quotes(write_listen_address(value)); }
std::string toml_text(const TextList& list) {
  std::string out;
  for (const std::string& entry : list) out += (out.empty() ? "" : ", ") + in_quotes(entry);
  return "[" + out + "]";
}
std::string toml_text(const NumberMap& map) {
  std::string out;
  for (const auto& [name, number] : map) {
    out += (out.empty() ? "" : ", ") + name + " = " + std::to_string(number);
  }
  return "{" + out + "}";
}

template <class Root>
std::string key_text(const Key<Root>& key, Root& root) {
  return std::visit(
      [&root]<class Value>(Place<Root, Value> place) { return toml_text(place(root)); }, key.place);
}

template <class Root>
void print_keys(std::string& out, std::span<const Key<Root>> keys, Root root) {
  for (const Key<Root>& key : keys) {
    const std::string value = key_text(key, root);
    if (key.secret) {
      out += "# " + std::string(key.name) + (value == "\"\"" ? ": not set\n" : ": <redacted>\n");
    } else {
      out += std::string(key.name) + " = " + value + "\n";
    }
  }
}

constexpr std::string_view kIntroduction = R"(# Configuration

Every setting can stand in a TOML file (`--config FILE` or `TIDINGS_CONFIG`), in the environment, or
on the command line. A flag wins over the environment, that over the file, that over the default.
All errors are reported at once, each with its place; an unknown key is an error.
`tidings check-config` checks a file and prints the values in effect, without secrets.

Durations are written with a unit of ms, s, m, h or d (`"2s"`, `"1h30m"`), sizes with B, KiB, MiB or
GiB (`"64KiB"`), addresses as `"127.0.0.1:8080"` or `"[::1]:8080"` (port 0: any free one), networks
as `"10.0.0.0/8"`. In the environment and in flags, lists are separated by commas and tables of
numbers written `name=1,other=2`. Relative paths are taken from the working directory.

Secrets come from files or the environment only. SIGHUP opens the log file anew and rereads the files
marked *at SIGHUP*; everything else needs a restart.

This page is written by `tidings check-config --reference`; a test keeps the two equal.
)";

template <class Root>
void describe(std::string& out, const Key<Root>& key, Root defaults, std::string_view section) {
  const std::string range = range_text(key);
  out += "| `" + std::string(key.name) + "` | " + type_name(key);
  if (!range.empty()) out += (key.kind == ValueKind::choice ? " " : ", ") + range;
  const std::string value = key_text(key, defaults);
  out += " | `" + value + "` | " + std::string(key.doc);
  if (key.secret) out += " Secret: " + environment_name(section, key.name) + " only.";
  if (key.takes_effect == TakesEffect::hangup) out += " *Reread at SIGHUP.*";
  out += " |\n";
}

template <class Root>
void describe_section(std::string& out, std::string_view title, std::string_view text,
                      std::span<const Key<Root>> keys, std::string_view section) {
  out += "\n## " + std::string(title) + "\n\n" + std::string(text) + "\n\n";
  out += "| key | value | default | what it does |\n|---|---|---|---|\n";
  for (const Key<Root>& key : keys) describe(out, key, Root{}, section);
}

}  // namespace

std::string print_config(const Config& config) {
  std::string out = "[serve]\n";
  print_keys(out, serve_keys(), config.serve);
  out += "\n[receive]\n";
  print_keys(out, receive_keys(), config.receive);
  for (const ReceiveAppConfig& app : config.receive.apps) {
    out += "\n[[receive.app]]\n";
    print_keys(out, receive_app_keys(), app);
    out += "# tokens: " + std::to_string(app.tokens.size()) + " <redacted>\n";
    out += "# webhook_secrets: " + std::to_string(app.webhook_secrets.size()) + " <redacted>\n";
    for (const BeforeRule& rule : app.before) {
      out += "\n[[receive.app.before]]\n";
      print_keys(out, before_rule_keys(), rule);
    }
  }
  out += "\n[log]\n";
  print_keys(out, log_keys(), config.log);
  return out;
}

std::string config_reference() {
  std::string out(kIntroduction);
  describe_section(out, "[serve]",
                   "For `tidings serve`. Environment: `TIDINGS_SERVE_` and the key in capitals, dots "
                   "as underscores\n(`TIDINGS_SERVE_CLIENT_IDLE_TIMEOUT`). Flags: `tidings serve "
                   "--client-idle-timeout 2m`.",
                   serve_keys(), "serve");
  describe_section(out, "[receive]",
                   "For `tidings receive`. Environment: `TIDINGS_RECEIVE_...`. Flags: `tidings "
                   "receive --listen ...`.",
                   receive_keys(), "receive");
  describe_section(out, "[[receive.app]]",
                   "One table for each app whose callbacks are accepted; in the file only.",
                   receive_app_keys(), "receive");
  describe_section(out, "[[receive.app.before]]",
                   "Rules for before-callbacks, below their app; the first one that fits answers, "
                   "and where none\nfits the answer is to proceed.",
                   before_rule_keys(), "receive");
  describe_section(out, "[log]",
                   "For both. Environment: `TIDINGS_LOG_...`. Flags: `--log-level debug`.",
                   log_keys(), "log");
  return out;
}

}  // namespace tidings::cli

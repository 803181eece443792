#include "cli/config_load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "backend/rest/access.h"
#include "cli/config_assign.h"
#include "cli/config_file.h"
#include "cli/secret_option.h"
#include "net/simple_http_client.h"
#include "tidings/callback_command.h"
#include "tidings/standard_webhooks.h"

namespace tidings::cli {
namespace {

/// Read by other parts of the program; not configuration keys.
constexpr std::array<std::string_view, 4> kOtherVariables = {
    "TIDINGS_CONFIG", "TIDINGS_ADMIN_URL", "TIDINGS_ADMIN_TOKEN", "TIDINGS_RECEIVE_ADMIN_URL"};

/// A secret's file may end with a line feed.
std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

class Loader {
 public:
  Loader(const ConfigSources& sources, ConfigUse use) : sources_(sources), use_(use) {}

  Loaded load() {
    read_file();
    read_environment();
    read_flags();
    if (use_ != ConfigUse::receive) check_serve();
    if (use_ != ConfigUse::serve) check_receive();
    return std::move(out_);
  }

 private:
  void problem(std::string place, std::string what) {
    out_.problems.push_back({std::move(place), std::move(what)});
  }
  /// The place a key's value came from, or the key itself where it has its default.
  std::string place_of(const std::string& key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? key : found->second;
  }

  void read_file() {
    if (sources_.file.empty() && !sources_.file_text) return;
    const auto text = sources_.file_text ? sources_.file_text : read_whole_file(sources_.file);
    if (!text) {
      problem(sources_.file, "the configuration file cannot be read; name another with --config");
      return;
    }
    read_config_file(*text, sources_.file, out_.config, places_, out_.problems);
  }

  template <class Visit>
  void each_section(Visit visit) {
    visit("serve", serve_keys(), out_.config.serve);
    visit("receive", receive_keys(), out_.config.receive);
    visit("log", log_keys(), out_.config.log);
  }

  void read_environment() {
    std::set<std::string, std::less<>> known(kOtherVariables.begin(), kOtherVariables.end());
    for (const ReceiveAppConfig& app : out_.config.receive.apps) {
      known.insert(app.token_env.begin(), app.token_env.end());
      known.insert(app.webhook_secret_env.begin(), app.webhook_secret_env.end());
      known.insert(app.source.key_env);
    }
    each_section([&]<class Root>(const char* section, std::span<const Key<Root>> keys, Root& root) {
      for (const Key<Root>& key : keys) {
        const std::string name = environment_name(section, key.name);
        known.insert(name);
        const auto value = sources_.environment.find(name);
        if (value != sources_.environment.end()) set(key, section, name, value->second, root);
      }
    });
    for (const auto& [name, value] : sources_.environment) {
      if (!name.starts_with("TIDINGS_") || known.contains(name)) continue;
      const std::vector<std::string_view> names(known.begin(), known.end());
      std::string what = "no such setting";
      if (const auto meant = nearest(name, names); !meant.empty()) {
        what += "; did you mean " + std::string(meant) + "?";
      }
      problem(name, std::move(what));
    }
  }

  void read_flags() {
    each_section([&]<class Root>(const char* section, std::span<const Key<Root>> keys, Root& root) {
      for (const Key<Root>& key : keys) {
        const auto value = sources_.flags.find(std::string(section) + "." + std::string(key.name));
        if (value == sources_.flags.end() || key.secret) continue;
        const std::string flag = section == std::string_view("log") ? "log." : "";
        set(key, section, flag_name(flag + std::string(key.name)), value->second, root);
      }
    });
  }

  template <class Root>
  void set(const Key<Root>& key, const char* section, const std::string& place,
           const std::string& text, Root& root) {
    places_[std::string(section) + "." + std::string(key.name)] = place;
    const auto assigned = assign_text(key, root, text);
    if (!assigned) problem(place, assigned.error().what);
  }

  void check_readable(const std::string& key, const std::string& path) {
    if (path.empty() || access(path.c_str(), R_OK) == 0) return;
    problem(place_of(key), key + ": the file '" + path + "' cannot be read");
  }

  void check_tls(const std::string& section, const TlsConfig& tls,
                 const std::string& without = "plain HTTP") {
    const std::string certificate = section + ".certificate_file";
    const std::string key = section + ".key_file";
    if (tls.certificate_file.empty() != tls.key_file.empty()) {
      problem(place_of(tls.key_file.empty() ? certificate : key),
              certificate + " and " + key + " belong together: give both, or none for " + without);
    }
    check_readable(certificate, tls.certificate_file);
    check_readable(key, tls.key_file);
  }

  void check_serve() {
    const ServeConfig& serve = out_.config.serve;
    check_tls("serve.tls", serve.tls);
    check_tls("serve.admin_tls", serve.admin_tls);
    check_readable("serve.callbacks.ca_file", serve.callbacks.ca_file);
    check_tls("serve.callbacks",
              {serve.callbacks.certificate_file, serve.callbacks.key_file},
              "the client certificate of serve.ca_dir");
    if (serve.listen == serve.admin_listen && serve.listen.port != 0) {
      problem(place_of("serve.admin_listen"),
              "serve.admin_listen and serve.listen are the same address; the admin door needs one "
              "of its own");
    }
    for (const auto& [command, limit] : serve.rate_limits) {
      if (backend::rest::documented_limit(command)) continue;
      problem(place_of("serve.rate_limits"),
              "serve.rate_limits: there is no REST command '" + command + "'");
    }
  }

  void check_receive() {
    ReceiveConfig& receive = out_.config.receive;
    check_tls("receive.tls", receive.tls);
    check_tls("receive.admin_tls", receive.admin_tls);
    check_readable("receive.tls.client_ca_file", receive.client_ca_file);
    if (!receive.client_ca_file.empty() && receive.tls.certificate_file.empty()) {
      problem(place_of("receive.tls.client_ca_file"),
              "receive.tls.client_ca_file asks for client certificates, which needs TLS: give "
              "receive.tls.certificate_file and receive.tls.key_file");
    }
    if (receive.listen == receive.admin_listen && receive.listen.port != 0) {
      problem(place_of("receive.admin_listen"),
              "receive.admin_listen and receive.listen are the same address; the query door needs "
              "one of its own");
    }
    check_readable("receive.admin_token_file", receive.admin_token_file);
    std::set<std::int64_t> seen;
    for (std::size_t i = 0; i < receive.apps.size(); ++i) {
      const std::string section = "receive.app[" + std::to_string(i) + "]";
      check_app(section, receive.apps[i]);
      if (!seen.insert(receive.apps[i].sdkappid).second) {
        problem(place_of(section), "receive.app: sdkappid " +
                                       std::to_string(receive.apps[i].sdkappid) +
                                       " stands here a second time");
      }
    }
  }

  void check_app(const std::string& section, ReceiveAppConfig& app) {
    if (app.sdkappid == 0 && !places_.contains(section + ".sdkappid")) {
      problem(place_of(section), "receive.app: sdkappid is missing");
    }
    read_secrets(section, "token", app.token_files, app.token_env, app.tokens);
    read_secrets(section, "webhook_secret", app.webhook_secret_files, app.webhook_secret_env,
                 app.webhook_secrets);
    for (const std::string& secret : app.webhook_secrets) {
      const auto parsed = parse_webhook_secret(secret);
      if (!parsed) problem(place_of(section), section + ": " + parsed.error().what);
    }
    const bool named = !app.token_files.empty() || !app.token_env.empty() ||
                       !app.webhook_secret_files.empty() || !app.webhook_secret_env.empty();
    if (!named && !app.unsigned_allowed) {
      problem(place_of(section),
              "receive.app: nothing proves that a callback of " + std::to_string(app.sdkappid) +
                  " is genuine; give token_files, token_env or a webhook secret, or set unsigned = "
                  "true where something else checks the caller");
    }
    if (app.require_client_certificate && out_.config.receive.client_ca_file.empty()) {
      problem(place_of(section + ".require_client_certificate"),
              "receive.app: require_client_certificate needs receive.tls.client_ca_file");
    }
    check_source(section, app);
    for (std::size_t i = 0; i < app.before.size(); ++i) {
      check_rule(section + ".before[" + std::to_string(i) + "]", app.before[i]);
    }
  }

  void check_source(const std::string& section, ReceiveAppConfig& app) {
    SourceConfig& source = app.source;
    const auto credentials = std::array{&source.key_file, &source.key_env, &source.usersig_file};
    const auto given = std::ranges::count_if(credentials, [](const auto* each) {
      return !each->empty();
    });
    if (source.url.empty()) {
      if (given > 0 || !source.ca_file.empty() || source.reconcile_every.count() != 0) {
        problem(place_of(section), section + ".source.url is missing; without it nothing is fetched");
      }
      return;
    }
    if (const auto url = net::parse_url(source.url); !url) {
      problem(place_of(section + ".source.url"), section + ".source.url: " + url.error().what);
    }
    constexpr Milliseconds kShortest{1000};
    if (source.reconcile_every.count() != 0 && source.reconcile_every < kShortest) {
      problem(place_of(section + ".source.reconcile_every"),
              section + ".source.reconcile_every: " +
                  std::to_string(source.reconcile_every.count()) +
                  "ms is less than 1s; write 0 for never, or 1s and more");
    }
    if (given != 1) {
      problem(place_of(section + ".source.url"),
              section + ".source needs one of key_file, key_env and usersig_file" +
                  (given == 0 ? "" : ", not several"));
    }
    check_readable(section + ".source.ca_file", source.ca_file);
    TextList keys;
    read_secrets(section, "source.key", source.key_file, source.key_env, keys);
    if (!keys.empty()) source.key = keys.front();
    TextList tickets;
    read_secrets(section, "source.usersig", source.usersig_file, "", tickets);
    if (!tickets.empty()) source.user_sig = tickets.front();
  }

  void read_secrets(const std::string& section, const std::string& what, const std::string& file,
                    const std::string& variable, TextList& secrets) {
    if (!file.empty()) {
      read_secret_file(section + "." + what + "_file", file, secrets);
    }
    if (!variable.empty()) {
      read_secret_variable(section + "." + what + "_env", variable, secrets);
    }
  }

  void check_rule(const std::string& section, const BeforeRule& rule) {
    if (rule.command != "*" && !is_before_command(rule.command)) {
      problem(place_of(section), "receive.app.before: '" + rule.command +
                                     "' is no before-callback; write one such as "
                                     "Group.CallbackBeforeCreateTopic, or *");
    }
    if (rule.error_code > 2 && rule.error_code < 10100) {
      problem(place_of(section), "receive.app.before: error_code " +
                                     std::to_string(rule.error_code) +
                                     " is none of 0, 1, 2, 10100 to 10200");
    }
  }

  void read_secrets(const std::string& section, const std::string& what, const TextList& files,
                    const TextList& variables, TextList& secrets) {
    const std::string files_key = section + "." + what + "_files";
    const std::string variables_key = section + "." + what + "_env";
    for (const std::string& path : files) {
      const std::size_t before = secrets.size();
      read_secret_file(files_key, path, secrets);
      if (secrets.size() > before) check_last(files_key, "'" + path + "'", secrets);
    }
    for (const std::string& name : variables) {
      const std::size_t before = secrets.size();
      read_secret_variable(variables_key, name, secrets);
      if (secrets.size() > before) {
        check_last(variables_key, "the environment variable " + name, secrets);
      }
    }
  }

  void check_last(const std::string& key, const std::string& where, const TextList& secrets) {
    const auto checked = check_one_word(secrets.back(), where);
    if (!checked) problem(place_of(key), key + ": " + checked.error().what);
  }

  void read_secret_file(const std::string& key, const std::string& path, TextList& secrets) {
    auto text = read_whole_file(path);
    if (!text || without_line_end(*text).empty()) {
      problem(place_of(key), key + ": '" + path + "' " + (text ? "is empty" : "cannot be read"));
    } else {
      secrets.push_back(without_line_end(std::move(*text)));
    }
  }

  void read_secret_variable(const std::string& key, const std::string& name, TextList& secrets) {
    const auto value = sources_.environment.find(name);
    if (value == sources_.environment.end() || value->second.empty()) {
      problem(place_of(key), key + ": the environment variable " + name + " is not set");
    } else {
      secrets.push_back(value->second);
    }
  }

  const ConfigSources& sources_;
  const ConfigUse use_;
  Loaded out_;
  ConfigPlaces places_;
};

}  // namespace

std::string to_string(const std::vector<ConfigProblem>& problems) {
  std::string text;
  for (const ConfigProblem& problem : problems) {
    text += problem.place + ": " + problem.what + "\n";
  }
  return text;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Loaded load_config(const ConfigSources& sources, ConfigUse use) {
  return Loader(sources, use).load();
}

}  // namespace tidings::cli

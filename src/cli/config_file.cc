#include "cli/config_file.h"

#include <toml++/toml.h>

#include "cli/config_assign.h"

namespace tidings::cli {
namespace {

class FileReader {
 public:
  FileReader(const std::string& name, Config& config, ConfigPlaces& places,
             std::vector<ConfigProblem>& problems)
      : name_(name), config_(config), places_(places), problems_(problems) {}

  void read(const toml::table& document) {
    for (const auto& [key, node] : document) {
      const toml::table* table = node.as_table();
      if (key == "serve" && table != nullptr) {
        read_table(*table, "serve", "", serve_keys(), config_.serve);
      } else if (key == "receive" && table != nullptr) {
        read_table(*table, "receive", "", receive_keys(), config_.receive);
      } else if (key == "log" && table != nullptr) {
        read_table(*table, "log", "", log_keys(), config_.log);
      } else {
        unknown(key, std::string(key.str()), {"serve", "receive", "log"});
      }
    }
  }

 private:
  std::string place(const toml::source_region& source) const {
    return name_ + ":" + std::to_string(source.begin.line);
  }
  void problem(const toml::source_region& source, std::string what) {
    problems_.push_back({place(source), std::move(what)});
  }

  void unknown(const toml::key& key, const std::string& full,
               const std::vector<std::string_view>& known) {
    std::string what = "unknown key '" + full + "'";
    if (const auto meant = nearest(full, known); !meant.empty()) {
      what += "; did you mean '" + std::string(meant) + "'?";
    }
    problem(key.source(), std::move(what));
  }

  /// `inside`: the keys' common beginning, "" or "tls.".
  template <class Root>
  void read_table(const toml::table& table, const std::string& section, const std::string& inside,
                  std::span<const Key<Root>> keys, Root& root) {
    for (const auto& [key, node] : table) {
      const std::string name = inside + std::string(key.str());
      if (section == "receive" && name == "app") {
        read_apps(key, node);
        continue;
      }
      if (section.starts_with("receive.app[") && name == "before") continue;  // read_apps does
      const auto found = std::find_if(keys.begin(), keys.end(),
                                      [&](const Key<Root>& each) { return each.name == name; });
      const bool prefix =
          std::any_of(keys.begin(), keys.end(),
                      [&](const Key<Root>& each) { return each.name.starts_with(name + "."); });
      if (found != keys.end()) {
        set(*found, section, key, node, root);
      } else if (prefix && node.is_table()) {
        read_table(*node.as_table(), section, name + ".", keys, root);
      } else {
        std::vector<std::string_view> known;
        for (const Key<Root>& each : keys) known.push_back(each.name);
        if (section == "receive") known.push_back("app");
        if (section.starts_with("receive.app[")) known.push_back("before");
        unknown(key, name, known);
      }
    }
  }

  template <class Root>
  void set(const Key<Root>& key, const std::string& section, const toml::key& where,
           const toml::node& node, Root& root) {
    const std::string full = section + "." + std::string(key.name);
    if (key.secret) {
      problem(where.source(), full + " is a secret and has no place in this file; set " +
                                  environment_name(section, key.name) + " or use " + full +
                                  "_file");
      return;
    }
    places_[full] = place(where.source());
    const auto assigned = assign_node(key, root, node);
    if (!assigned) problem(where.source(), full + ": " + assigned.error().what);
  }

  void read_apps(const toml::key& key, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      problem(key.source(), "receive.app: write each app as a table of its own, [[receive.app]]");
      return;
    }
    for (const toml::node& entry : *array) {
      const std::string section = "receive.app[" + std::to_string(config_.receive.apps.size()) + "]";
      ReceiveAppConfig& app = config_.receive.apps.emplace_back();
      places_[section] = place(entry.source());
      read_table(*entry.as_table(), section, "", receive_app_keys(), app);
      if (const toml::node* rules = entry.as_table()->get("before")) {
        read_rules(*rules, section, app);
      }
    }
  }

  void read_rules(const toml::node& node, const std::string& section, ReceiveAppConfig& app) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      problem(node.source(), section +
                                 ".before: write each rule as a table of its own, "
                                 "[[receive.app.before]]");
      return;
    }
    for (const toml::node& entry : *array) {
      const std::string name = section + ".before[" + std::to_string(app.before.size()) + "]";
      places_[name] = place(entry.source());
      read_table(*entry.as_table(), name, "", before_rule_keys(), app.before.emplace_back());
    }
  }

  const std::string& name_;
  Config& config_;
  ConfigPlaces& places_;
  std::vector<ConfigProblem>& problems_;
};

}  // namespace

void read_config_file(std::string_view text, const std::string& name, Config& config,
                      ConfigPlaces& places, std::vector<ConfigProblem>& problems) {
  try {
    const toml::table document = toml::parse(text, name);
    FileReader(name, config, places, problems).read(document);
  } catch (const toml::parse_error& error) {  // the one way toml++ tells of bad syntax
    problems.push_back({name + ":" + std::to_string(error.source().begin.line),
                        "not valid TOML: " + std::string(error.description())});
  }
}

}  // namespace tidings::cli

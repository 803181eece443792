#include "cli/config_option.h"

#include "cli/config_keys.h"

namespace tidings::cli {
namespace {

template <class Root>
void add_flags(CLI::App& command, ConfigOption& option, const std::string& section,
               std::span<const Key<Root>> keys) {
  for (const Key<Root>& key : keys) {
    if (key.secret) continue;
    const std::string name = section == "log" ? "log." + std::string(key.name) : std::string(key.name);
    std::string& text = option.values[section + "." + std::string(key.name)];
    std::string doc(key.doc);
    if (const std::string range = range_text(key); !range.empty()) doc += " (" + range + ")";
    command.add_option(flag_name(name), text, doc)
        ->type_name(type_name(key))
        ->group("Configuration (docs/config.md)");
  }
}

}  // namespace

ConfigSources ConfigOption::sources() const {
  ConfigSources sources;
  sources.environment = process_environment();
  sources.file = file;
  const auto named = sources.environment.find("TIDINGS_CONFIG");
  if (file.empty() && named != sources.environment.end()) sources.file = named->second;
  for (const auto& [key, text] : values) {
    if (!text.empty()) sources.flags[key] = text;
  }
  return sources;
}

void add_config_option(CLI::App& command, ConfigOption& option, ConfigUse use) {
  command.add_option("--config", option.file, "TOML file; default: what TIDINGS_CONFIG names, or none")
      ->type_name("PATH");
  if (use == ConfigUse::serve) add_flags(command, option, "serve", serve_keys());
  if (use == ConfigUse::receive) add_flags(command, option, "receive", receive_keys());
  if (use != ConfigUse::both) add_flags(command, option, "log", log_keys());
}

}  // namespace tidings::cli

// tidings app key|field|callback|webhook: an app's secrets, custom fields and callbacks.
#include <boost/json.hpp>
#include <iostream>

#include "cli/app_option.h"
#include "cli/config_value.h"
#include "tidings/callback_command.h"

namespace tidings::cli {
namespace {

namespace json = boost::json;

/// The body {"overlap_s":...} of the rotations.
Result<std::string> overlap_body(const AppOptions& options) {
  TRY(const auto overlap, parse_duration(options.overlap));
  return json::serialize(json::object{{"overlap_s", overlap.count() / 1000}});
}

void declare_key(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_flag("--rotate", options.rotate, "Make a new key; the old one stays for --overlap");
  command.add_option("--overlap", options.overlap, "0 ends all former keys at once")
      ->capture_default_str();
  command.add_flag("--plain", options.plain, "Print the current key alone");
}
ExitCode key(const AppOptions& options) {
  const auto overlap = overlap_body(options);
  if (!overlap) return complain(ExitCode::usage, "--overlap: " + overlap.error().what);
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const auto answer = options.rotate
                          ? client->call("POST", options.path() + "/keys/rotate", *overlap)
                          : client->call("GET", options.path() + "/keys");
  if (!answer) return complain(ExitCode::failure, answer.error().what);
  if (!options.plain) {
    std::cout << pretty_json(*answer) << "\n";
    return ExitCode::ok;
  }
  const json::value* keys = answer->if_object() ? answer->get_object().if_contains("keys") : nullptr;
  if (keys == nullptr || !keys->is_array() || keys->get_array().empty()) {
    return complain(ExitCode::failure, "the app has no key");
  }
  std::cout << json::value_to<std::string>(keys->get_array()[0].at("text")) << "\n";
  return ExitCode::ok;
}

void declare_fields(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("list", options.list, "group or member")
      ->required()
      ->check(CLI::IsMember({"group", "member"}));
}
void declare_field(CLI::App& command, AppOptions& options) {
  declare_fields(command, options);
  command.add_option("declaration", options.document, "The declaration as JSON")->required();
}
ExitCode list_fields(const AppOptions& options) {
  return show_answer(options, "GET", options.path() + "/" + options.list + "-fields");
}
ExitCode declare_field_now(const AppOptions& options) {
  return show_answer(options, "POST", options.path() + "/" + options.list + "-fields", options.document);
}

void declare_callback(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("--callback-url", options.texts["url"], "Where callbacks go");
  add_switch(command, "--sign", options.switches["sign"], "Sign and RequestTime: on or off");
  add_secret_option(command, options.callback_token, "callback-token", "The Sign token");
  command.add_option("--switch", options.events,
                     "An event's switch, such as after_create_group=on; `all=on` for all");
  command.add_option("--retry", options.texts["retry"], "off, timeouts or durable");
  command.add_option("--dead-head", options.texts["dead_head"],
                     "When a group's next event would end dead: continue without it, or park");
  command.add_option("--before-failure", options.texts["before_failure"], "proceed or block");
  command.add_option("--additive", options.texts["additive"], "documented, needed or all");
  command.add_option("--callback-ca-file", options.ca_file,
                     "PEM file of the authorities whose server certificates count for this app; "
                     "\"\" returns to those of the configuration");
  add_switch(command, "--endpoint", options.switches["endpoint_enabled"],
             "on: send again after the endpoint answered 410");
}

Result<json::object> switches_patch(const std::vector<std::string>& events) {
  json::object switches;
  for (const std::string& event : events) {
    const auto equals = event.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::invalid_argument, "--switch '" + event + "': write NAME=on or NAME=off");
    }
    const std::string name = event.substr(0, equals);
    TRY(const bool on, on_or_off("--switch " + name, event.substr(equals + 1)));
    if (name != "all") {
      switches[name] = on;
      continue;
    }
    for (const CallbackSwitch which : all_callback_switches()) switches[to_string(which)] = on;
  }
  return switches;
}

Result<json::object> callback_patch(const AppOptions& options) {
  json::object patch;
  for (const auto& [name, text] : options.texts) {
    if (!text.empty()) patch[name] = text;
  }
  for (const auto& [name, text] : options.switches) {
    if (!text.empty()) patch[name] = text == "on";
  }
  if (options.callback_token.given()) {
    TRY(const std::string token, options.callback_token.read());
    patch["token"] = token;
  }
  if (options.ca_file) {
    patch["ca_certificates"] = "";
    if (!options.ca_file->empty()) {
      TRY(patch["ca_certificates"], read_input(*options.ca_file));
    }
  }
  if (!options.events.empty()) {
    TRY(patch["switches"], switches_patch(options.events));
  }
  return patch;
}

ExitCode set_callback(const AppOptions& options) {
  const auto patch = callback_patch(options);
  if (!patch) return complain(ExitCode::usage, patch.error().what);
  const std::string path = options.path() + "/callback";
  return patch->empty() ? show_answer(options, "GET", path)
                        : show_answer(options, "PATCH", path, json::serialize(*patch));
}


ExitCode list_webhooks(const AppOptions& options) {
  return show_answer(options, "GET", options.path() + "/callback/webhook-secrets");
}
ExitCode create_webhook(const AppOptions& options) {
  return show_answer(options, "POST", options.path() + "/callback/webhook-secrets");
}
void declare_rotation(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("--overlap", options.overlap, "How long the former secret signs as well")
      ->capture_default_str();
}
ExitCode rotate_webhook(const AppOptions& options) {
  const auto overlap = overlap_body(options);
  if (!overlap) return complain(ExitCode::usage, "--overlap: " + overlap.error().what);
  return show_answer(options, "POST", options.path() + "/callback/webhook-secrets/rotate",
                     *overlap);
}
ExitCode delete_webhooks(const AppOptions& options) {
  return show_answer(options, "DELETE", options.path() + "/callback/webhook-secrets");
}

}  // namespace

void add_app_settings(CommandLine& line, CLI::App& app) {
  line.add<AppOptions>(app, "key", "Print or rotate the secret key that UserSigs are made with",
                       "  tidings app key 1400000001 --plain > app.key\n"
                       "  tidings app key 1400000001 --rotate --overlap 48h\n",
                       declare_key, key);
  CLI::App* field = app.add_subcommand("field", "Custom fields: list and declare; never deleted");
  field->require_subcommand(1);
  line.add<AppOptions>(*field, "list", "Print the declared fields",
                       "  tidings app field list 1400000001 group\n", declare_fields, list_fields);
  line.add<AppOptions>(
      *field, "declare", "Declare a field, or extend it by rows",
      "  tidings app field declare 1400000001 group \\\n"
      "      '{\"key\":\"season\",\"types\":[{\"type\":\"Community\",\"read\":\"anyone\",\"write\":\"admin\"}]}'\n",
      declare_field, declare_field_now);
  line.add<AppOptions>(
      app, "callback", "Print or change where callbacks go and which ones; no option: print",
      "  tidings app callback 1400000001\n"
      "  tidings app callback 1400000001 --callback-url https://hooks.riverside.test/im --sign on \\\n"
      "      --callback-token-file token --switch all=on\n",
      declare_callback, set_callback);
  CLI::App* webhook = app.add_subcommand("webhook", "Standard Webhooks secrets");
  webhook->require_subcommand(1);
  line.add<AppOptions>(*webhook, "list", "Print since when secrets exist",
                       "  tidings app webhook list 1400000001\n", declare_one_app, list_webhooks);
  line.add<AppOptions>(*webhook, "create", "Make a secret and print it once",
                       "  tidings app webhook create 1400000001\n", declare_one_app,
                       create_webhook);
  line.add<AppOptions>(*webhook, "rotate", "Make a new secret; the former one signs for --overlap",
                       "  tidings app webhook rotate 1400000001 --overlap 48h\n",
                       declare_rotation, rotate_webhook);
  line.add<AppOptions>(*webhook, "delete", "Stop signing with Standard Webhooks",
                       "  tidings app webhook delete 1400000001\n", declare_one_app,
                       delete_webhooks);
}

}  // namespace tidings::cli

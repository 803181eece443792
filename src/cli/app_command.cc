// tidings app …: an operator's work on apps, through the admin door.
#include <boost/json.hpp>
#include <iostream>

#include "cli/app_option.h"
#include "cli/sdkappid_option.h"

namespace tidings::cli {
namespace {

namespace json = boost::json;

void declare_create(CLI::App& command, AppOptions& options) {
  declare_admin_door(command, options);
  command.add_option("name", options.name, "What the app is called")->required();
  add_sdkappid(command, "--sdkappid", options.sdkappid, "Its number; default: a free one is drawn");
  command.add_option("--introduction", options.texts["introduction"], "A sentence about it");
}
ExitCode create(const AppOptions& options) {
  json::object body{{"name", options.name}};
  if (options.sdkappid != 0) body["sdkappid"] = options.sdkappid;
  const std::string& introduction = options.texts.at("introduction");
  if (!introduction.empty()) body["introduction"] = introduction;
  return show_answer(options, "POST", "/admin/v1/apps", json::serialize(body));
}

ExitCode list(const AppOptions& options) { return show_answer(options, "GET", "/admin/v1/apps"); }
ExitCode show_one(const AppOptions& options) { return show_answer(options, "GET", options.path()); }
ExitCode remove(const AppOptions& options) { return show_answer(options, "DELETE", options.path()); }
ExitCode enable(const AppOptions& options) {
  return show_answer(options, "POST", options.path() + "/enable");
}
ExitCode disable(const AppOptions& options) {
  return show_answer(options, "POST", options.path() + "/disable");
}
ExitCode ledger(const AppOptions& options) {
  return show_answer(options, "GET", options.path() + "/ledger");
}
ExitCode events(const AppOptions& options) {
  return show_answer(options, "GET", options.path() + "/events");
}

void declare_set(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("--name", options.texts["name"], "What the app is called");
  command.add_option("--introduction", options.texts["introduction"], "A sentence about it");
  command.add_option("--edition", options.texts["edition"], "trial, pro or ultimate; up only");
  add_switch(command, "--community", options.switches["community"], "Communities: on or off");
  add_switch(command, "--topic", options.switches["topic"], "Topics: on or off; need communities");
  command.add_option("--rest-allow", options.rest_allow,
                     "Networks REST calls may come from; once per network, \"\" for any");
  command.add_option("--rest-disable", options.rest_disable,
                     "REST calls to switch off, a service or service/command; once per call, "
                     "\"\" for none");
  command.add_option("--block-user", options.blocked_users,
                     "Users who may neither log in nor call (70051); once per user, \"\" for none");
  command.add_option("--refuse-word", options.refused_words,
                     "Words no name, introduction or notice may hold (80001); once per word, "
                     "\"\" for none");
  command.add_option("--new-groups-per-day", options.quotas["new_groups_per_day"],
                     "Groups created a day, less those destroyed (10006); 0: no limit");
  command.add_option("--av-chat-rooms", options.quotas["av_chat_rooms"],
                     "Groups of type AVChatRoom at a time (10036); 0: no limit");
}

/// The list as it shall be; "" alone empties it. Not given: unchanged.
void patch_list(json::object& patch, std::string_view member, const TextList& given) {
  if (given.empty()) return;
  json::array& list = patch[member].emplace_array();
  for (const std::string& text : given) {
    if (!text.empty()) list.emplace_back(text);
  }
}

ExitCode set(const AppOptions& options) {
  json::object patch;
  for (const auto& [name, text] : options.texts) {
    if (!text.empty()) patch[name] = text;
  }
  for (const auto& [name, text] : options.switches) {
    if (!text.empty()) patch[name] = text == "on";
  }
  patch_list(patch, "rest_allow", options.rest_allow);
  patch_list(patch, "rest_disabled", options.rest_disable);
  patch_list(patch, "blocked_users", options.blocked_users);
  patch_list(patch, "refused_words", options.refused_words);
  for (const auto& [name, number] : options.quotas) {
    if (!number) continue;
    json::value& quotas = patch["quotas"];
    if (!quotas.is_object()) quotas.emplace_object();
    quotas.get_object()[name] = *number;
  }
  if (patch.empty()) return complain(ExitCode::usage, "nothing to set; see --help");
  return show_answer(options, "PATCH", options.path(), json::serialize(patch));
}

void declare_user(CLI::App& command, AppOptions& options) {
  declare_one_app(command, options);
  command.add_option("user", options.user, "The admin's UserID")->required();
}
ExitCode list_admins(const AppOptions& options) {
  return show_answer(options, "GET", options.path() + "/admins");
}
ExitCode add_admin(const AppOptions& options) {
  return show_answer(options, "POST", options.path() + "/admins",
              json::serialize(json::object{{"user_id", options.user}}));
}
ExitCode remove_admin(const AppOptions& options) {
  return show_answer(options, "DELETE", options.path() + "/admins/" + percent_encoded(options.user));
}

}  // namespace

void declare_admin_door(CLI::App& command, AppOptions& options) {
  add_door_option(command, options.door, "http://127.0.0.1:8081", "TIDINGS_ADMIN_URL",
                  "TIDINGS_ADMIN_TOKEN", "data/serve/admin.token");
}

void declare_one_app(CLI::App& command, AppOptions& options) {
  declare_admin_door(command, options);
  add_sdkappid(command, "sdkappid", options.sdkappid)->required();
}

ExitCode show_answer(const AppOptions& options, std::string_view method, const std::string& path,
              const std::string& body) {
  auto client = DoorClient::open(options.door);
  if (!client) return complain(ExitCode::usage, client.error().what);
  const auto answer = client->call(method, path, body);
  if (!answer) return complain(ExitCode::failure, answer.error().what);
  if (!answer->is_null()) std::cout << pretty_json(*answer) << "\n";
  return ExitCode::ok;
}

void add_switch(CLI::App& command, const std::string& name, std::string& value,
                const std::string& help) {
  const auto check = [](const std::string& text) -> std::string {
    return text == "on" || text == "off" ? "" : "'" + text + "' is neither on nor off";
  };
  command.add_option(name, value, help)->check(CLI::Validator(check, "", "switch"));
}

Result<bool> on_or_off(const std::string& option, const std::string& text) {
  if (text == "on" || text == "off") return text == "on";
  return fail(Errc::invalid_argument, option + ": '" + text + "' is neither on nor off");
}

void add_app(CommandLine& line) {
  CLI::App* app = line.parser.add_subcommand("app", "Create and change apps, at the admin door");
  app->require_subcommand(1);
  line.add<AppOptions>(*app, "create", "Create an app and print it",
                       "  tidings app create \"Riverside\"\n"
                       "  tidings app create Riverside --sdkappid 1400000001 --token-file t\n",
                       declare_create, create);
  line.add<AppOptions>(*app, "list", "Print all apps", "  tidings app list\n", declare_admin_door,
                       list);
  line.add<AppOptions>(*app, "show", "Print one app", "  tidings app show 1400000001\n",
                       declare_one_app, show_one);
  line.add<AppOptions>(*app, "set", "Change an app's name, edition, features, networks or quotas",
                       "  tidings app set 1400000001 --community on --topic on\n"
                       "  tidings app set 1400000001 --rest-allow 10.0.0.0/8\n"
                       "  tidings app set 1400000001 --rest-disable "
                       "group_open_http_svc/destroy_group\n"
                       "  tidings app set 1400000001 --block-user mallory --refuse-word casino\n"
                       "  tidings app set 1400000001 --new-groups-per-day 500 --av-chat-rooms 20\n",
                       declare_set, set);
  line.add<AppOptions>(*app, "enable", "Let an app be used again",
                       "  tidings app enable 1400000001\n", declare_one_app, enable);
  line.add<AppOptions>(*app, "disable", "Refuse every call of an app (60016)",
                       "  tidings app disable 1400000001\n", declare_one_app, disable);
  line.add<AppOptions>(*app, "delete", "Delete a disabled app and all it has, for ever",
                       "  tidings app disable 1400000001\n"
                       "  tidings app delete 1400000001\n",
                       declare_one_app, remove);
  line.add<AppOptions>(*app, "ledger", "Print how many events were accepted, delivered, ...",
                       "  tidings app ledger 1400000001\n", declare_one_app, ledger);
  line.add<AppOptions>(*app, "events", "Print the newest events",
                       "  tidings app events 1400000001\n", declare_one_app, events);
  CLI::App* admin = app->add_subcommand("admin", "List, add and remove an app's admins");
  admin->require_subcommand(1);
  line.add<AppOptions>(*admin, "list", "Print the admins",
                       "  tidings app admin list 1400000001\n", declare_one_app, list_admins);
  line.add<AppOptions>(*admin, "add", "Add an admin (at most 10)",
                       "  tidings app admin add 1400000001 ops\n", declare_user, add_admin);
  line.add<AppOptions>(*admin, "remove", "Remove an admin",
                       "  tidings app admin remove 1400000001 ops\n", declare_user, remove_admin);
  add_app_settings(line, *app);
  add_app_test(line, *app);
}

}  // namespace tidings::cli

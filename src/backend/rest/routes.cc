#include "backend/rest/routes.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace tidings::backend::rest {
namespace {

constexpr std::string_view kMillion = "million_group_open_http_svc";
constexpr std::string_view kGroup = "group_open_http_svc";
constexpr std::string_view kLogin = "im_open_login_svc";
constexpr std::string_view kMessage = "openim";

constexpr auto kRoutes = [] {
  std::array<Route, 25> routes = {{
      {"create_topic", create_topic},
      {"get_topic", get_topic},
      {"modify_topic", modify_topic},
      {"destroy_topic", destroy_topic},
      {"import_topic", import_topic},
      {"create_group", create_group},
      {"get_group_info", get_group_info},
      {"modify_group_base_info", modify_group_base_info},
      {"destroy_group", destroy_group},
      {"get_appid_group_list", get_appid_group_list, 0, 1},
      {"get_joined_group_list", get_joined_group_list},
      {"add_group_member", add_group_member},
      {"delete_group_member", delete_group_member},
      {"get_group_member_info", get_group_member_info},
      {"modify_group_member_info", modify_group_member_info},
      {"get_role_in_group", get_role_in_group},
      {"change_group_owner", change_group_owner},
      {"forbid_send_msg", forbid_send_msg},
      {"get_group_muted_account", get_group_muted_account},
      {"import_group", import_group},
      {"import_group_member", import_group_member},
      {"account_import", account_import},
      {"multiaccount_import", multiaccount_import, 0, 100},
      {"account_delete", account_delete, 0, 100},
      {"account_check", account_check, 0, 100},
  }};
  std::uint32_t slot = kFirstCommandSlot;
  for (Route& route : routes) route.slot = slot++;
  return routes;
}();
constexpr std::size_t kTopicRoutes = 5;     // served by both group services
constexpr std::size_t kFirstAccountRoute = 21;

constexpr std::array<std::string_view, 8> kMessageCommands = {
    "send_group_msg",        "send_group_system_notification",
    "group_msg_recall",      "group_msg_get_simple",
    "import_group_msg",      "delete_group_msg_by_sender",
    "modify_group_msg",      "get_group_msg_receipt"};

using Commands = std::unordered_map<std::string_view, const Route*>;

Commands index(std::size_t first, std::size_t end) {
  Commands commands;
  for (std::size_t i = first; i < end; ++i) commands.emplace(kRoutes[i].command, &kRoutes[i]);
  return commands;
}

const Commands& topic_commands() {
  static const Commands commands = index(0, kTopicRoutes);
  return commands;
}
const Commands& group_commands() {
  static const Commands commands = [] {
    Commands all = index(0, kFirstAccountRoute);
    all.emplace("get_group_shutted_uin", all.at("get_group_muted_account"));
    return all;
  }();
  return commands;
}
const Commands& account_commands() {
  static const Commands commands = index(kFirstAccountRoute, kRoutes.size());
  return commands;
}

}  // namespace

std::span<const Route> all_routes() { return kRoutes; }

std::uint32_t feed_slot() {
  return kFirstCommandSlot + static_cast<std::uint32_t>(kRoutes.size());
}

std::optional<Family> family_of(std::string_view service) {
  if (service == kMillion || service == kGroup) return Family::group;
  if (service == kLogin) return Family::account;
  if (service == kMessage) return Family::message;
  return std::nullopt;
}

const Route* find_route(std::string_view service, std::string_view command) {
  if (service == kMessage) return nullptr;
  const Commands& commands = service == kMillion ? topic_commands()
                             : service == kGroup ? group_commands()
                                                 : account_commands();
  const auto found = commands.find(command);
  return found == commands.end() ? nullptr : found->second;
}

bool is_message_command(std::string_view command) {
  return std::find(kMessageCommands.begin(), kMessageCommands.end(), command) !=
         kMessageCommands.end();
}

}  // namespace tidings::backend::rest

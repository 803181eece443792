/// account_import, multiaccount_import, a client's login, account_delete (protocol 3.2, 4.7.21 to
/// 4.7.23). Items answer for themselves, so that one bad name does not fail the others.
#include <algorithm>
#include <set>
#include <utility>

#include "community/checks.h"
#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "community/membership.h"

namespace tidings::community {
namespace {

Result<void> check_batch(std::string_view field, std::size_t count) {
  if (count >= 1 && count <= kAccountsBatch) return {};
  return refuse(code::kAccountParameter, std::string{field} + " holds " + std::to_string(count) +
                                             " accounts, 1 to " + std::to_string(kAccountsBatch) +
                                             " are allowed in one request");
}

Result<void> check_profile(std::string_view field, const std::optional<std::string>& value) {
  if (!value || value->size() <= kProfileBytes) return {};
  return refuse(code::kProfileTooLong, std::string{field} + " is " +
                                           std::to_string(value->size()) + " bytes, at most " +
                                           std::to_string(kProfileBytes) +
                                           " are allowed: shorten it");
}

/// Logging in imports oneself; anyone else is an app admin's to import.
Result<void> check_import_right(const ImportAccounts& command) {
  if (command.caller.app_admin) return {};
  if (command.users.size() == 1 && command.users.front() == command.caller.user.view()) return {};
  return refuse(code::kAccountPermission, "only an app admin may import other accounts");
}

ItemResult item_of(std::string id, const Error& error) {
  return ItemResult{std::move(id), error.code, error.what};
}

ItemResult import_one(const ImportAccounts& command, const std::string& user, const App& app,
                      View& view) {
  if (auto checked = check_user_id(user); !checked) {
    // Who logs in may carry an id that another system made (2.1).
    const bool tolerated = !command.caller.app_admin && well_formed_user_id(user);
    if (!tolerated) return item_of(user, checked.error());
  }
  const AccountKey key{app.id, UserId{user}};
  const Account* const held = view.account(key);
  if (held == nullptr) {
    const std::int64_t count = view.tally(app.id).accounts;
    if (app.edition == Edition::trial && count >= kTrialAccounts) {
      return item_of(user, refuse(code::kAccountQuota,
                                  "app " + app.id.str() + " has " + std::to_string(count) +
                                      " accounts, at most " + std::to_string(kTrialAccounts) +
                                      " are allowed on the trial edition: delete some, or "
                                      "upgrade it"));
    }
    view.put(Account{key, command.nick.value_or(""), command.face_url.value_or(""), view.now_s()});
    view.change_tally(app.id).accounts += 1;
    return ItemResult{user, 0, ""};
  }
  Account account = *held;
  if (command.nick) account.nick = *command.nick;
  if (command.face_url) account.face_url = *command.face_url;
  if (account.nick != held->nick || account.face_url != held->face_url) {
    view.put(std::move(account));
  }
  return ItemResult{user, 0, ""};
}

/// The groups an account is in, before it goes. Read from the rows that Needs::memberships loaded.
std::vector<GroupKey> groups_of(const View& view, const AccountKey& key) {
  std::vector<GroupKey> result;
  for (const auto& [member, entry] : view.members.entries()) {
    if (entry.row && member.user == key.user && member.group.app == key.app) {
      result.push_back(member.group);
    }
  }
  return result;
}

void delete_one(View& view, const AccountKey& key) {
  const std::vector<GroupKey> groups = groups_of(view, key);
  view.forget(key);
  view.change_tally(key.app).accounts -= 1;
  for (const GroupKey& group : groups) {
    view.notify(MembersRemoved{group, {key.user}});
    const Group* const held = view.group(group);
    if (held->type != GroupType::private_group || held->member_num != 0) continue;
    end_group(view, group);
    view.notify(GroupDissolved{group});
  }
}

}  // namespace

Result<Reply> apply(const ImportAccounts& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  TRY_VOID(check_import_right(command));
  TRY_VOID(check_batch("Accounts", command.users.size()));
  TRY_VOID(check_profile("Nick", command.nick));
  TRY_VOID(check_profile("FaceUrl", command.face_url));
  ItemsReply reply;
  for (const std::string& user : command.users) {
    reply.items.push_back(import_one(command, user, *app, view));
  }
  return reply;
}

Result<Reply> apply(const DeleteAccounts& command, View& view) {
  TRY(const AppPtr app, usable_app(view, command.caller.app));
  if (!command.caller.app_admin) {
    return refuse(code::kAccountPermission, "only an app admin may delete accounts");
  }
  if (app->edition != Edition::trial) {
    return refuse(code::kDeletionUnsupported,
                  "accounts can be deleted on the trial edition only, app " + app->id.str() +
                      " has " + std::string{to_string(app->edition)});
  }
  TRY_VOID(check_batch("DeleteItem", command.users.size()));
  ItemsReply reply;
  std::set<std::string_view> seen;
  for (const std::string& user : command.users) {
    if (!seen.insert(user).second) continue;
    const AccountKey key{app->id, UserId{user}};
    if (app->is_admin(user)) {
      reply.items.push_back(ItemResult{
          user, code::kAccountParameter,
          "'" + user + "' is an admin of the app: remove it from the admins first"});
    } else if (view.account(key) == nullptr) {
      reply.items.push_back(ItemResult{user, code::kAccountUnknown, "account not imported"});
    } else {
      delete_one(view, key);
      reply.items.push_back(ItemResult{user, 0, ""});
    }
  }
  return reply;
}

}  // namespace tidings::community

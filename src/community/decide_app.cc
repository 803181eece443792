/// The admin door's changes of an app: everything of protocol section 8 that can be checked without
/// I/O. A refusal has no protocol code; its kind is invalid_argument, too_large, not_found or
/// conflict.
#include <algorithm>
#include <utility>

#include "community/code.h"
#include "community/decision.h"
#include "community/limits.h"
#include "tidings/callback_url.h"
#include "tidings/standard_webhooks.h"

namespace tidings::community {
namespace {

Error bad(std::string what) { return fail(Errc::invalid_argument, std::move(what)); }

Result<void> check_identity(const App& app) {
  if (app.id == SdkAppId{}) return bad("id is missing or 0: an SDKAppID is 1 to 4294967295");
  if (app.name.empty()) return bad("name is empty: give the app a name");
  if (app.keys.empty()) return bad("keys is empty: an app needs at least one secret key");
  for (const Secret& key : app.keys) {
    if (key.text.empty()) return bad("keys holds an empty key: remove it");
  }
  if (app.topic_on && !app.community_on) {
    return bad("topic_on needs community_on: switch communities on first, or topics off");
  }
  return {};
}

Result<void> check_admins(const std::vector<UserId>& admins) {
  if (admins.size() > kAdminsPerApp) {
    return fail(Errc::too_large, "admins holds " + std::to_string(admins.size()) +
                                     " users, at most " + std::to_string(kAdminsPerApp) +
                                     " are allowed");
  }
  for (auto admin = admins.begin(); admin != admins.end(); ++admin) {
    if (!well_formed_user_id(admin->view())) {
      return bad("admins: '" + admin->str().substr(0, 2 * kMaxUserIdBytes) +
                 "' is not a user id: 1 to 32 letters, digits, '_' and '-'");
    }
    if (std::find(admins.begin(), admin, *admin) != admin) {
      return bad("admins names '" + admin->str() + "' twice: once is enough");
    }
  }
  return {};
}

Result<void> check_limits(const TextLimits& limits) {
  const auto check = [](std::string_view field, std::size_t value,
                        std::size_t most) -> Result<void> {
    if (value >= 1 && value <= most) return {};
    return bad("text_limits." + std::string{field} + " is " + std::to_string(value) +
               ", 1 to " + std::to_string(most) + " are allowed");
  };
  TRY_VOID(check("topic_name", limits.topic_name, kMaxTopicNameBytes));
  return check("topic_face_url", limits.topic_face_url, kMaxTopicFaceUrlBytes);
}

Result<void> check_quotas(const Quotas& quotas) {
  const auto check = [](std::string_view field, std::int64_t value) -> Result<void> {
    if (value >= 0 && value <= kMaxQuota) return {};
    return bad("quotas." + std::string{field} + " is " + std::to_string(value) + ", 0 to " +
               std::to_string(kMaxQuota) + " are allowed (0: no limit)");
  };
  TRY_VOID(check("new_groups_per_day", quotas.new_groups_per_day));
  return check("av_chat_rooms", quotas.av_chat_rooms);
}

Error too_many(std::string_view field, std::size_t count, std::size_t most) {
  return fail(Errc::too_large, std::string{field} + " holds " + std::to_string(count) +
                                   ", at most " + std::to_string(most) + " are allowed");
}

/// Users and words that the app keeps out.
Result<void> check_kept_out(const App& app) {
  if (app.blocked_users.size() > kBlockedUsers) {
    return too_many("blocked_users", app.blocked_users.size(), kBlockedUsers);
  }
  for (const UserId& user : app.blocked_users) {
    if (well_formed_user_id(user.view())) continue;
    return bad("blocked_users: '" + user.str().substr(0, 2 * kMaxUserIdBytes) +
               "' is not a user id: 1 to 32 letters, digits, '_' and '-'");
  }
  if (app.refused_words.size() > kRefusedWords) {
    return too_many("refused_words", app.refused_words.size(), kRefusedWords);
  }
  for (const std::string& word : app.refused_words) {
    if (!word.empty() && word.size() <= kRefusedWordBytes) continue;
    return bad("refused_words: '" + word.substr(0, kRefusedWordBytes) + "' is " +
               std::to_string(word.size()) + " bytes, 1 to " + std::to_string(kRefusedWordBytes) +
               " are allowed");
  }
  return {};
}

Result<void> check_token(const CallbackSettings& callback) {
  if (callback.token.empty()) {
    if (!callback.sign) return {};
    return bad("callback.token is empty while callback.sign is on: set a token, or switch it off");
  }
  const bool printable = std::all_of(callback.token.begin(), callback.token.end(),
                                     [](char c) { return c > 0x20 && c < 0x7f; });
  if (printable && callback.token.size() <= kCallbackTokenBytes) return {};
  return bad("callback.token must be 1 to " + std::to_string(kCallbackTokenBytes) +
             " printable ASCII characters without spaces; it is " +
             std::to_string(callback.token.size()) + " bytes" +
             (printable ? "" : " and holds others"));
}

/// Where loopback and private addresses may be called is for the operator to say at connect time
/// (design.md, Delivery), so the URL's form is checked here, not its reach.
Result<void> check_callback(const CallbackSettings& callback, const App* before) {
  if (!callback.url.empty()) {
    auto url = parse_callback_url(callback.url, true);
    if (!url) return bad("callback.url: " + url.error().what);
    const auto old =
        before == nullptr ? Result<CallbackUrl>{fail(Errc::not_found, "")}
                          : parse_callback_url(before->callback.url, true);
    if (old) {
      auto change = check_url_change(*old, *url);
      if (!change) return bad("callback.url: " + change.error().what);
    }
  }
  TRY_VOID(check_token(callback));
  for (std::size_t i = 0; i < callback.webhook_secrets.size(); ++i) {
    auto secret = parse_webhook_secret(callback.webhook_secrets[i].text);
    if (secret) continue;
    return bad("callback.webhook_secrets[" + std::to_string(i) + "]: " + secret.error().what);
  }
  if ((callback.switches >> kCallbackSwitchCount) != 0) {
    return bad("callback.switches has bits that name no switch: use the listed names");
  }
  return {};
}

Result<void> check_fields_grow(const App& app, const App* before) {
  static const std::vector<FieldDeclaration> kNone;
  TRY_VOID(check_declarations(FieldLists::group,
                              before == nullptr ? kNone : before->group_fields, app.group_fields,
                              app.member_fields));
  return check_declarations(FieldLists::member,
                            before == nullptr ? kNone : before->member_fields, app.member_fields,
                            app.group_fields);
}

Result<void> check_version(const PutApp& command, const App* before) {
  const std::string id = command.app.id.str();
  if (command.expected_version == 0) {
    if (before == nullptr) return {};
    return fail(Errc::conflict, "app " + id + " exists already: choose another id, or change it");
  }
  if (before == nullptr) return fail(Errc::not_found, "there is no app " + id);
  if (before->version != command.expected_version) {
    return fail(Errc::conflict, "app " + id + " is at version " + std::to_string(before->version) +
                                    ", not " + std::to_string(command.expected_version) +
                                    ": read it again and repeat the change");
  }
  if (command.app.edition < before->edition) {
    return fail(Errc::conflict, "edition is " + std::string{to_string(command.app.edition)} +
                                    ", the app has " + std::string{to_string(before->edition)} +
                                    ": it can only be upgraded");
  }
  return {};
}

}  // namespace

Result<Reply> apply(const PutApp& command, View& view) {
  TRY_VOID(check_identity(command.app));
  const AppPtr before = view.app(command.app.id);
  TRY_VOID(check_version(command, before.get()));
  TRY_VOID(check_admins(command.app.admins));
  TRY_VOID(check_limits(command.app.text_limits));
  TRY_VOID(check_quotas(command.app.quotas));
  TRY_VOID(check_kept_out(command.app));
  TRY_VOID(check_callback(command.app.callback, before.get()));
  TRY_VOID(check_fields_grow(command.app, before.get()));

  App app = command.app;
  std::sort(app.blocked_users.begin(), app.blocked_users.end());
  app.blocked_users.erase(std::unique(app.blocked_users.begin(), app.blocked_users.end()),
                          app.blocked_users.end());
  app.created_s = before == nullptr ? view.now_s() : before->created_s;
  app.version = command.expected_version + 1;
  app.events_before = before == nullptr ? 0 : before->events_before;
  const SdkAppId id = app.id;
  if (before == nullptr) {
    Tally tally;
    tally.app = id;
    // An app that was here before left its sequence behind: a number is never drawn again.
    if (const Tally* left = view.tallies.find(id)) tally.event_sequence = left->event_sequence;
    app.events_before = tally.event_sequence;
    view.put(tally);
  }
  for (const UserId& admin : app.admins) {
    const AccountKey key{id, admin};
    if (view.account(key) != nullptr) continue;
    view.put(Account{key, "", "", view.now_s()});
    view.change_tally(id).accounts += 1;
  }
  view.put(std::move(app));
  return AppReply{view.app(id)};
}

Result<Reply> apply(const DeleteApp& command, View& view) {
  const AppPtr app = view.app(command.app);
  if (app == nullptr) return fail(Errc::not_found, "there is no app " + command.app.str());
  if (app->status == AppStatus::enabled) {
    return fail(Errc::conflict, "app " + command.app.str() +
                                    " is enabled; only a disabled app can be deleted, with all "
                                    "its data: disable it first");
  }
  view.drop(command.app);
  return Done{};
}

Result<Reply> apply(const PurgeEvents& command, View& view) {
  if (!command.seqs.empty()) view.set_changes.emplace_back(ForgetEvents{command.seqs});
  return Done{};
}

Result<Reply> apply(const PurgeDeleted& command, View& view) {
  view.set_changes.emplace_back(ForgetDeleted{command.app, command.rows});
  return Done{};
}

}  // namespace tidings::community

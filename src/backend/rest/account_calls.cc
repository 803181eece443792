// The account calls, 4.7.21 to 4.7.24. Their codes are of the 70xxx range.
#include <utility>

#include "backend/rest/call.h"
#include "backend/rest/reply_text.h"
#include "community/limits.h"

namespace tidings::backend::rest {
namespace {

using community::Reply;

const std::vector<community::ItemResult>& items_of(const Reply& reply) {
  static const std::vector<community::ItemResult> none;
  const auto* items = std::get_if<community::ItemsReply>(&reply);
  return items == nullptr ? none : items->items;
}

/// One account only: what is wrong with it is what is wrong with the call.
Result<std::string> answer_account_imported(const Reply& reply) {
  for (const community::ItemResult& item : items_of(reply)) {
    if (item.code != 0) return fail(Errc::invalid_argument, item.info, item.code);
  }
  return plain_reply();
}

Result<std::string> answer_accounts_imported(const Reply& reply) {
  JsonText text = begin_reply("", EnvelopeOrder::code_first);
  text.open_array("FailAccounts");
  for (const community::ItemResult& item : items_of(reply)) {
    if (item.code != 0) text.item(item.id);
  }
  text.close_array();
  return finish_reply(std::move(text));
}

Result<std::string> answer_accounts_deleted(const Reply& reply) {
  JsonText text = begin_reply("", EnvelopeOrder::code_first);
  text.open_array("ResultItem");
  for (const community::ItemResult& item : items_of(reply)) {
    text.open_object().member("ResultCode", item.code);
    text.member("ResultInfo", item.code == 0 ? std::string_view{} : std::string_view(item.info));
    text.member("UserID", item.id).close_object();
  }
  text.close_array();
  return finish_reply(std::move(text));
}

/// An array of 1 to 100 {UserID}.
Result<std::vector<std::string>> read_user_ids(const Fields& fields, FieldName field) {
  TRY(const auto items, fields.objects(field));
  if (items.empty() || items.size() > community::kAccountsBatch) {
    return fields.bad(field, "names " + std::to_string(items.size()) + " accounts; 1 to " +
                                 std::to_string(community::kAccountsBatch) + " are allowed");
  }
  std::vector<std::string> users;
  users.reserve(items.size());
  for (const Fields& item : items) {
    TRY(auto user, item.text(kUserId));
    users.push_back(std::move(user));
  }
  return users;
}

struct CheckAccounts {
  SdkAppId app;
  std::vector<std::string> users;

  Result<std::string> operator()(const ReadSources& sources) const {
    community::Needs needs;
    for (const std::string& user : users) needs.accounts.push_back({app, UserId(user)});
    community::View view(sources.now_ms, sources.random);
    TRY_VOID(sources.community.read(needs, view));
    JsonText text = begin_reply("", EnvelopeOrder::code_first);
    text.open_array("ResultItem");
    for (const std::string& user : users) {
      const bool imported = view.account({app, UserId(user)}) != nullptr;
      text.open_object().member("UserID", user).member("ResultCode", 0).member("ResultInfo", "");
      text.member("AccountStatus", imported ? "Imported" : "NotImported").close_object();
    }
    text.close_array();
    return finish_reply(std::move(text));
  }
};

}  // namespace

Result<Call> account_import(const CallContext& context) {
  community::ImportAccounts command;
  command.caller = context.caller;
  TRY(auto user, context.fields.text(kUserId));
  command.users.push_back(std::move(user));
  TRY(command.nick, context.fields.maybe_text("Nick"));
  TRY(command.face_url, context.fields.maybe_text("FaceUrl"));
  return Write{std::move(command), answer_account_imported};
}

Result<Call> multiaccount_import(const CallContext& context) {
  community::ImportAccounts command;
  command.caller = context.caller;
  TRY(command.users, context.fields.texts("Accounts"));
  if (command.users.empty() || command.users.size() > community::kAccountsBatch) {
    return context.fields.bad("Accounts", "names " + std::to_string(command.users.size()) +
                                              " accounts; 1 to " +
                                              std::to_string(community::kAccountsBatch) +
                                              " are allowed in one request");
  }
  return Write{std::move(command), answer_accounts_imported};
}

Result<Call> account_delete(const CallContext& context) {
  community::DeleteAccounts command;
  command.caller = context.caller;
  TRY(command.users, read_user_ids(context.fields, "DeleteItem"));
  return Write{std::move(command), answer_accounts_deleted};
}

Result<Call> account_check(const CallContext& context) {
  CheckAccounts query{context.app->id, {}};
  TRY(query.users, read_user_ids(context.fields, "CheckItem"));
  return Read(std::move(query));
}

}  // namespace tidings::backend::rest

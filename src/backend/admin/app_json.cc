#include "backend/admin/app_json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidings::backend {
namespace {

namespace json = boost::json;
using community::FieldLevel;

constexpr std::array<std::pair<FieldLevel, std::string_view>, 5> kLevels = {{
    {FieldLevel::app_admin, "app_admin"},
    {FieldLevel::owner, "owner"},
    {FieldLevel::admin, "admin"},
    {FieldLevel::member, "member"},
    {FieldLevel::anyone, "anyone"},
}};

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& text : list) out.emplace_back(text);
  return out;
}

json::array values(const community::FieldValues& fields) {
  json::array out;
  for (const auto& field : fields) {
    json::object item;
    item["key"] = field.key;
    item["value"] = field.value;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

std::string_view level_name(FieldLevel level) {
  for (const auto& [known, name] : kLevels) {
    if (known == level) return name;
  }
  return "anyone";
}

std::optional<FieldLevel> parse_level(std::string_view name) {
  for (const auto& [level, known] : kLevels) {
    if (known == name) return level;
  }
  return std::nullopt;
}

json::object secret_json(const community::Secret& secret, bool with_text) {
  json::object out;
  if (with_text) out["text"] = secret.text;
  out["created_s"] = secret.created_s;
  if (secret.valid_until_s == 0) {
    out["valid_until_s"] = nullptr;
  } else {
    out["valid_until_s"] = secret.valid_until_s;
  }
  return out;
}

json::array fields_json(const std::vector<community::FieldDeclaration>& fields,
                        community::FieldLists list) {
  json::array out;
  for (const auto& field : fields) {
    json::object item;
    item["key"] = field.key;
    auto& scopes = item["types"].emplace_array();
    for (const auto& scope : field.scopes) {
      json::object row;
      row["type"] = to_string(scope.type);
      row["read"] = level_name(scope.read);
      row["write"] = level_name(scope.write);
      if (list == community::FieldLists::member) {
        row["self_read"] = scope.self_read;
        row["self_write"] = scope.self_write;
      }
      scopes.push_back(std::move(row));
    }
    out.push_back(std::move(item));
  }
  return out;
}

json::array switches_json(const community::CallbackSettings& callback) {
  json::array out;
  for (const auto which : all_callback_switches()) {
    json::object item;
    item["name"] = to_string(which);
    item["on"] = callback.on(which);
    auto& commands = item["commands"].emplace_array();
    for (const auto command : kCallbackCommands) {
      if (switch_of(command) == which) commands.emplace_back(command);
    }
    out.push_back(std::move(item));
  }
  return out;
}

json::object callback_json(const community::CallbackSettings& callback) {
  json::object out;
  out["url"] = callback.url;
  out["sign"] = callback.sign;
  out["token_set"] = !callback.token.empty();
  auto& switches = out["switches"].emplace_object();
  for (const auto which : all_callback_switches()) switches[to_string(which)] = callback.on(which);
  out["retry"] = community::to_string(callback.retry);
  out["dead_head"] = community::to_string(callback.dead_head);
  out["before_failure"] = community::to_string(callback.before_failure);
  out["additive"] = to_string(callback.additive);
  out["endpoint_enabled"] = !callback.endpoint_disabled;
  out["ca_certificates"] = callback.trusted_pem;
  auto& secrets = out["webhook_secrets"].emplace_array();
  for (const auto& secret : callback.webhook_secrets) secrets.push_back(secret_json(secret, false));
  return out;
}

json::object app_json(const community::App& app) {
  json::object out;
  out["sdkappid"] = app.id.number();
  out["name"] = app.name;
  out["introduction"] = app.introduction;
  out["status"] = community::to_string(app.status);
  out["edition"] = community::to_string(app.edition);
  auto& admins = out["admins"].emplace_array();
  for (const auto& admin : app.admins) admins.emplace_back(admin.view());
  out["community"] = app.community_on;
  out["topic"] = app.topic_on;
  out["group_fields"] = fields_json(app.group_fields, community::FieldLists::group);
  out["member_fields"] = fields_json(app.member_fields, community::FieldLists::member);
  out["rest_allow"] = texts(app.rest_allow);
  out["rest_disabled"] = texts(app.rest_disabled);
  auto& limits = out["text_limits"].emplace_object();
  limits["topic_name"] = app.text_limits.topic_name;
  limits["topic_face_url"] = app.text_limits.topic_face_url;
  auto& quotas = out["quotas"].emplace_object();
  quotas["new_groups_per_day"] = app.quotas.new_groups_per_day;
  quotas["av_chat_rooms"] = app.quotas.av_chat_rooms;
  auto& blocked = out["blocked_users"].emplace_array();
  for (const auto& user : app.blocked_users) blocked.emplace_back(user.view());
  out["refused_words"] = texts(app.refused_words);
  out["callback"] = callback_json(app.callback);
  out["created_s"] = app.created_s;
  out["version"] = app.version;
  return out;
}

json::object group_json(const community::Group& group) {
  json::object out;
  out["group_id"] = group.key.group.view();
  out["type"] = to_string(group.type);
  out["name"] = group.name;
  out["introduction"] = group.introduction;
  out["notification"] = group.notification;
  out["face_url"] = group.face_url;
  out["owner"] = group.owner.view();
  out["create_time_s"] = group.create_time_s;
  out["member_num"] = group.member_num;
  out["max_member_num"] = group.max_member_num;
  out["topic_num"] = group.topic_num;
  out["support_topic"] = group.support_topic;
  out["apply_join"] = community::to_string(group.apply_join);
  out["mute_all"] = group.mute_all;
  out["fields"] = values(group.fields);
  return out;
}

json::object topic_json(const community::Topic& topic) {
  json::object out;
  out["topic_id"] = topic.key.topic.view();
  out["name"] = topic.name;
  out["introduction"] = topic.introduction;
  out["notification"] = topic.notification;
  out["face_url"] = topic.face_url;
  out["custom_string"] = topic.custom_string;
  out["mute_all"] = topic.mute_all;
  out["create_time_s"] = topic.create_time_s;
  out["creator"] = topic.creator.view();
  out["fields"] = values(topic.fields);
  return out;
}

namespace {

using Hold = delivery::Scheduler::Hold;

/// Why a pending event is not sent now: by the settings, by its lane, or by the store where its lane
/// does not know it yet.
json::value held_reason(const store::EventRecord& record, const community::App& app,
                        std::int64_t now_ms, const Hold& hold) {
  if (record.state != store::EventState::pending) return nullptr;
  if (record.parked()) return "parked";
  if (app.status != community::AppStatus::enabled) return "app_disabled";
  if (app.callback.endpoint_disabled) return "endpoint_disabled";
  if (app.callback.url.empty()) return "no_url";
  switch (hold.why) {
    case Hold::Why::unknown: break;
    case Hold::Why::nothing: return nullptr;
    case Hold::Why::parked: return "parked";
    case Hold::Why::settings: return "unusable_settings";
    case Hold::Why::retry: return "retry";
    case Hold::Why::breaker: return "breaker";
    case Hold::Why::behind: return "behind";
  }
  if (record.next_attempt_ms > now_ms) return "retry";
  return nullptr;
}

json::value positive_if(bool there, std::int64_t value) {
  return there && value > 0 ? json::value(value) : json::value();
}

}  // namespace

json::object event_json(const store::EventRecord& record, const community::App& app,
                        std::int64_t now_ms, const Hold& hold) {
  json::object out;
  out["seq"] = record.event.app_sequence;
  out["command"] = record.event.command;
  out["group_id"] = record.event.group.view();
  out["request_id"] = record.event.request_id;
  out["event_time_ms"] = record.event.time_ms;
  out["client_ip"] = record.event.origin.client_ip;
  out["opt_platform"] = record.event.origin.opt_platform;
  out["state"] = store::to_string(record.state);
  out["attempts"] = record.attempts;
  const json::value held = held_reason(record, app, now_ms, hold);
  const bool known = hold.why != Hold::Why::unknown;
  const std::int64_t until = known ? hold.until_ms : record.next_attempt_ms;
  out["held"] = held;
  out["held_until_ms"] = positive_if(held == "retry" || held == "breaker", until);
  out["behind_seq"] = positive_if(held == "behind", hold.behind);
  out["next_attempt_ms"] = std::max<std::int64_t>(record.next_attempt_ms, 0);
  out["settled_ms"] = record.settled_ms;
  out["last_outcome"] = record.last_outcome;
  return out;
}

json::object attempt_json(const store::Attempt& attempt) {
  json::object out;
  out["at_ms"] = attempt.at_ms;
  out["duration_us"] = attempt.duration_us;
  out["outcome"] = attempt.outcome;
  out["http_status"] = attempt.http_status;
  out["detail"] = attempt.detail;
  out["address"] = attempt.address;
  out["response_bytes"] = attempt.response_bytes;
  return out;
}

json::object ledger_json(SdkAppId app, const store::Ledger& ledger) {
  json::object out;
  out["sdkappid"] = app.number();
  out["accepted"] = ledger.accepted;
  out["delivered"] = ledger.delivered;
  out["pending"] = ledger.pending;
  out["dead"] = ledger.dead;
  out["cancelled"] = ledger.cancelled;
  out["balanced"] = ledger.balanced();
  out["oldest_pending_ms"] = ledger.oldest_pending_ms;
  return out;
}

namespace {

json::object counts_json(const store::Ledger& ledger) {
  json::object out;
  out["accepted"] = ledger.accepted;
  out["delivered"] = ledger.delivered;
  out["pending"] = ledger.pending;
  out["dead"] = ledger.dead;
  out["cancelled"] = ledger.cancelled;
  return out;
}

}  // namespace

json::object audits_json(const std::vector<store::LedgerAudit>& audits) {
  json::object out;
  bool agree = true;
  auto& list = out["apps"].emplace_array();
  for (const store::LedgerAudit& audit : audits) {
    json::object row;
    row["sdkappid"] = audit.app.number();
    row["agrees"] = audit.agrees();
    row["kept"] = counts_json(audit.kept);
    row["counted"] = counts_json(audit.counted);
    row["purged"] = audit.purged;
    row["last_sequence"] = audit.last_sequence;
    row["oldest_pending_ms"] = audit.counted.oldest_pending_ms;
    list.push_back(std::move(row));
    agree = agree && audit.agrees();
  }
  out["agrees"] = agree;
  return out;
}

}  // namespace tidings::backend

#include "tidings/callback_answer.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/result.h"
#include "protocol/decimal.h"
#include "protocol/json_tape.h"

namespace tidings {
namespace {

std::string text_or_empty(const JsonNode& answer, std::string_view name) {
  const JsonNode* value = find_member(answer, name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->text());
}

std::optional<std::int64_t> error_code_of(const JsonNode& value) {
  if (value.kind() == JsonNode::Kind::int64) return value.integer();
  if (value.kind() == JsonNode::Kind::uint64) return std::numeric_limits<std::int64_t>::max();
  if (!value.is_string()) return std::nullopt;
  return parse_decimal<std::int64_t>(value.text());
}

}  // namespace

Result<CallbackAnswer> parse_callback_answer(std::string_view body) {
  JsonTape tape;
  TRY_VOID(tape.read(body));
  const JsonNode& object = tape.root();
  if (!object.is_object()) {
    return fail(Errc::invalid_argument, "the callback's answer is JSON, but not an object");
  }
  const JsonNode* code = find_member(object, "ErrorCode");
  const std::optional<std::int64_t> number = code == nullptr ? std::nullopt : error_code_of(*code);
  if (!number) {
    return fail(Errc::invalid_argument, "the callback's answer has no integer ErrorCode");
  }
  CallbackAnswer answer;
  // Every code that int cannot hold means "refuse" (6.7), as the largest one does.
  constexpr std::int64_t kLow = std::numeric_limits<int>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<int>::max();
  answer.error_code = static_cast<int>(std::clamp(*number, kLow, kHigh));
  answer.error_info = text_or_empty(object, "ErrorInfo");
  answer.action_status = text_or_empty(object, "ActionStatus");
  const JsonNode* refused = find_member(object, "RefusedMembers_Account");
  if (refused == nullptr) return answer;
  const Error bad_refused =
      fail(Errc::invalid_argument,
           "RefusedMembers_Account in the callback's answer is not an array of UserIDs");
  if (!refused->is_array()) return bad_refused;
  for (const JsonNode& member : JsonChildren(*refused)) {
    if (member.is_string()) {
      answer.refused_members.emplace_back(member.text());
    } else if (member.kind() == JsonNode::Kind::int64) {
      answer.refused_members.emplace_back(std::to_string(member.integer()));
    } else {
      return bad_refused;
    }
  }
  return answer;
}

std::string write_callback_answer(const CallbackAnswer& answer) {
  std::string out = R"({"ActionStatus":)";
  append_json_string(out, answer.action_status);
  out += R"(,"ErrorInfo":)";
  append_json_string(out, answer.error_info);
  out += R"(,"ErrorCode":)" + std::to_string(answer.error_code);
  if (!answer.refused_members.empty()) {
    out += R"(,"RefusedMembers_Account":[)";
    for (const UserId& member : answer.refused_members) {
      append_json_string(out, member.view());
      out.push_back(',');
    }
    out.back() = ']';
  }
  out.push_back('}');
  return out;
}

}  // namespace tidings

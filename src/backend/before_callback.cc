#include "backend/before_callback.h"

#include <string>
#include <variant>

namespace tidings::backend {

std::optional<CallbackSwitch> before_switch(const community::Command& command) {
  if (const auto* topic = std::get_if<community::CreateTopic>(&command)) {
    if (!topic->import) return CallbackSwitch::before_create_group;  // shared with groups (6.9)
  } else if (const auto* group = std::get_if<community::CreateGroup>(&command)) {
    if (!group->import) return CallbackSwitch::before_create_group;
  } else if (const auto* add = std::get_if<community::AddMembers>(&command)) {
    if (!add->import) return CallbackSwitch::before_invite_join_group;
  } else if (std::holds_alternative<community::JoinGroup>(command)) {
    return CallbackSwitch::before_apply_join_group;
  }
  return std::nullopt;
}

const community::Caller* asking_caller(const community::Command& command) {
  if (const auto* topic = std::get_if<community::CreateTopic>(&command)) return &topic->caller;
  if (const auto* group = std::get_if<community::CreateGroup>(&command)) return &group->caller;
  if (const auto* add = std::get_if<community::AddMembers>(&command)) return &add->caller;
  if (const auto* join = std::get_if<community::JoinGroup>(&command)) return &join->caller;
  return nullptr;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

Result<void> judge_answer(std::string_view callback, const CallbackAnswer& answer) {
  if (answer.error_code == 0) return {};
  const std::string_view info = cut_utf8(answer.error_info, kPassedErrorInfoBytes);
  if (answer.error_code >= kFirstCustomCode && answer.error_code <= kLastCustomCode) {
    return fail(Errc::forbidden, std::string(info), answer.error_code);
  }
  std::string what = "the app's backend refused this: it answered " + std::string(callback) +
                     " with ErrorCode " + std::to_string(answer.error_code);
  if (!info.empty()) what.append(": ").append(info);
  return fail(Errc::forbidden, std::move(what), kRefusedByCallback);
}

Result<void> judge_silence(std::string_view callback, community::BeforeFailure policy,
                           std::string_view why) {
  if (policy == community::BeforeFailure::proceed) return {};
  return fail(Errc::unavailable,
              "the app's backend gave no valid answer to " + std::string(callback) + " (" +
                  std::string(why) +
                  "), and the app's policy for that is block; try again, or set it to proceed",
              kRefusedByCallback);
}

}  // namespace tidings::backend

#include "community/decide.h"

#include <variant>

#include "community/decision.h"

namespace tidings::community {

Result<Reply> decide(const Command& command, View& view) {
  return std::visit([&view](const auto& one) { return apply(one, view); }, command);
}

Result<std::optional<Question>> admit(const Command& command, const View& view) {
  if (const auto* topic = std::get_if<CreateTopic>(&command)) return question(*topic, view);
  if (const auto* group = std::get_if<CreateGroup>(&command)) return question(*group, view);
  if (const auto* join = std::get_if<JoinGroup>(&command)) return question(*join, view);
  if (const auto* invite = std::get_if<AddMembers>(&command)) return question(*invite, view);
  return std::optional<Question>{};
}

}  // namespace tidings::community

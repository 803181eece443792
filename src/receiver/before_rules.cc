#include "receiver/before_rules.h"

#include <string>
#include <variant>

namespace tidings::receiver {
namespace {

std::string_view name_of(const CallbackValue& value) {
  return std::visit(
      [](const auto& body) -> std::string_view {
        if constexpr (requires { std::string_view{body.name}; }) {
          return body.name;
        } else {
          return {};
        }
      },
      value);
}

bool fits(const BeforeRule& rule, const ParsedCallback& callback) {
  if (rule.command != "*" && rule.command != callback.command) return false;
  return rule.name_contains.empty() ||
         name_of(callback.value).find(rule.name_contains) != std::string_view::npos;
}

}  // namespace

CallbackAnswer answer_before(std::span<const BeforeRule> rules, const ParsedCallback& callback) {
  for (const BeforeRule& rule : rules) {
    if (!fits(rule, callback)) continue;
    // ErrorCode alone decides; ActionStatus says whether this receiver worked, and it did.
    return {rule.error_code, rule.error_info, "OK", {}};
  }
  return {};
}

}  // namespace tidings::receiver

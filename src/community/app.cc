#include "community/app.h"

#include <algorithm>
#include <initializer_list>

namespace tidings::community {
namespace {

/// The one of `values` whose name is `text`.
template <class E>
std::optional<E> parse_name(std::string_view text, std::initializer_list<E> values) {
  for (const E value : values) {
    if (text == to_string(value)) return value;
  }
  return std::nullopt;
}

}  // namespace

bool App::is_admin(std::string_view user) const {
  return std::any_of(admins.begin(), admins.end(),
                     [user](const UserId& admin) { return admin.view() == user; });
}

bool App::is_blocked(std::string_view user) const {
  const auto at = std::lower_bound(
      blocked_users.begin(), blocked_users.end(), user,
      [](const UserId& blocked, std::string_view asked) { return blocked.view() < asked; });
  return at != blocked_users.end() && at->view() == user;
}

std::vector<std::string> App::valid_keys(std::int64_t now_s) const {
  std::vector<std::string> result;
  for (const Secret& key : keys) {
    if (key.valid_until_s == 0 || now_s < key.valid_until_s) result.push_back(key.text);
  }
  return result;
}

std::string_view to_string(AppStatus status) {
  switch (status) {
    case AppStatus::enabled:
      return "enabled";
    case AppStatus::disabled:
      return "disabled";
    case AppStatus::expired:
      return "expired";
  }
  return "disabled";
}

std::string_view to_string(Edition edition) {
  switch (edition) {
    case Edition::trial:
      return "trial";
    case Edition::pro:
      return "pro";
    case Edition::ultimate:
      return "ultimate";
  }
  return "trial";
}

std::string_view to_string(RetryMode mode) {
  switch (mode) {
    case RetryMode::off:
      return "off";
    case RetryMode::timeouts:
      return "timeouts";
    case RetryMode::durable:
      return "durable";
  }
  return "durable";
}

std::string_view to_string(DeadHead policy) {
  return policy == DeadHead::park ? "park" : "continue";
}

std::string_view to_string(BeforeFailure policy) {
  switch (policy) {
    case BeforeFailure::proceed:
      return "proceed";
    case BeforeFailure::block:
      return "block";
  }
  return "proceed";
}

std::optional<AppStatus> parse_app_status(std::string_view text) {
  return parse_name(text, {AppStatus::enabled, AppStatus::disabled, AppStatus::expired});
}

std::optional<Edition> parse_edition(std::string_view text) {
  return parse_name(text, {Edition::trial, Edition::pro, Edition::ultimate});
}

std::optional<RetryMode> parse_retry_mode(std::string_view text) {
  return parse_name(text, {RetryMode::off, RetryMode::timeouts, RetryMode::durable});
}

std::optional<DeadHead> parse_dead_head(std::string_view text) {
  return parse_name(text, {DeadHead::go_on, DeadHead::park});
}

std::optional<BeforeFailure> parse_before_failure(std::string_view text) {
  return parse_name(text, {BeforeFailure::proceed, BeforeFailure::block});
}

}  // namespace tidings::community

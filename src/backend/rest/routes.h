/// The endpoints by service and command, with their aliases and their default limits
/// (protocol 4.4, 4.6, 4.8, R-09, R-32).
///
/// Threads: constants and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backend/rest/call.h"

namespace tidings::backend::rest {

enum class Family { group, account, message };

struct Route {
  std::string_view command;  ///< the documented name; aliases share it, and its limit
  CallReader read = nullptr;
  std::uint32_t slot = 0;       ///< its bucket, from kFirstCommandSlot
  std::uint32_t per_second = 200;
};

/// Buckets of the rate limiter: the whole app, commands we do not know, then one per endpoint.
inline constexpr std::uint32_t kAppSlot = 0;
inline constexpr std::uint32_t kUnknownCommandSlot = 1;
inline constexpr std::uint32_t kFirstCommandSlot = 2;

/// The pull feed (event_feed.h) is no command of the protocol, but is limited and counted like one.
inline constexpr std::string_view kFeedService = "tidings";
inline constexpr std::string_view kFeedCommand = "events";
inline constexpr std::uint32_t kFeedPerSecond = 200;
[[nodiscard]] std::uint32_t feed_slot();  ///< behind those of all_routes()

/// Every endpoint once, in the order of 4.6.
[[nodiscard]] std::span<const Route> all_routes();

/// What stands behind /v4/{service}/. nullopt: unknown service (60009).
[[nodiscard]] std::optional<Family> family_of(std::string_view service);
/// nullptr: no such command in this service.
[[nodiscard]] const Route* find_route(std::string_view service, std::string_view command);
/// A documented command about messages, which this product leaves out: 10003.
[[nodiscard]] bool is_message_command(std::string_view command);

}  // namespace tidings::backend::rest

/// The checks that many commands share: feature switch, required members and text limits, ids,
/// existence (protocol 4.3 #19, in that order). Each one's error is a sentence for the user.
///
/// Units: bytes of UTF-8, Unix seconds. Errors: `code` as in community/code.h. Nothing is built
/// while a check passes. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "community/view.h"

namespace tidings::community {

/// The app, enabled: 70020, 60016, 60020.
Result<AppPtr> usable_app(const View& view, SdkAppId id);

// Feature switches: 11000, and 10059 for an edition without communities.
Result<void> check_communities_on(const App& app);
Result<void> check_topics_on(const App& app);

// Required members and text limits: 10004. `field` is the protocol's name.
Result<void> check_given(std::string_view field, std::string_view value);
/// Not too long, and without U+0000, which the protocol does not speak of: it ends a text for readers in C,
/// and PostgreSQL stores none. Other control characters are text, line breaks among them.
Result<void> check_text(std::string_view field, std::string_view value, std::size_t limit);
/// Given, not empty, not too long.
Result<void> check_name(std::string_view field, const std::optional<std::string>& value,
                        std::size_t limit);
/// Absent is fine.
Result<void> check_optional_text(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit);
/// The app's own data, whatever it holds: not too long. Absent is fine.
Result<void> check_optional_data(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit);
/// Absent is fine, empty is not.
Result<void> check_optional_name(std::string_view field, const std::optional<std::string>& value,
                                 std::size_t limit);
/// "On" or "Off": 10004.
Result<std::optional<bool>> parse_mute_all(const std::optional<std::string>& value);
/// Not after now and not negative: 10004.
Result<void> check_create_time(std::optional<std::int64_t> create_time_s, std::int64_t now_s);
/// 0 to 2^32-1: 10004.
Result<void> check_mute_time(std::int64_t mute_time_s);
/// 10004 for none, 10005 for too many.
Result<void> check_account_count(std::string_view field, std::size_t count, std::size_t limit);

// Id syntax: 10015.
Result<void> check_group_id(std::string_view text);
/// The id of a community: that of a topic or of another type is refused.
Result<void> check_community_id(std::string_view text);
/// Well-formed, and under `group`.
Result<void> check_topic_id(const GroupId& group, std::string_view text);

// Existence.
Result<const Group*> existing_group(const View& view, const GroupKey& key);  ///< 10010
/// 10019, naming the field.
Result<void> check_imported(const View& view, std::string_view field, const AccountKey& key);

/// The moment a mute of this many seconds ends; INT64_MAX for kMuteForever.
[[nodiscard]] std::int64_t mute_until(std::int64_t now_s, std::int64_t mute_time_s);

}  // namespace tidings::community

/// How groups, members and custom fields look in responses, and which of their members a
/// ResponseFilter asks for (protocol 3.3, 3.5, 4.7.7).
///
/// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/rest/reply_text.h"
#include "community/rows.h"

namespace tidings::backend::rest {

/// Names that a filter lists; no filter wants everything.
class NameFilter {
 public:
  NameFilter() = default;
  explicit NameFilter(std::optional<std::vector<std::string>> names) : names_(std::move(names)) {}
  static NameFilter none() { return NameFilter(std::vector<std::string>{}); }

  [[nodiscard]] bool wants(std::string_view name) const;
  /// The documented name or its legacy spelling (appendix D).
  [[nodiscard]] bool wants(std::string_view name, std::string_view legacy) const {
    return wants(name) || wants(legacy);
  }

 private:
  std::optional<std::vector<std::string>> names_;
};

/// What of a member is shown; Member_Account always is.
struct MemberFilter {
  NameFilter names;
  NameFilter field_keys;
};

/// A mute's end as the protocol writes it: 0 once it is over, 4294967295 for ever.
[[nodiscard]] std::int64_t mute_end(std::int64_t until_s, std::int64_t now_s);

/// The profile members of 3.3 that `filter` wants, GroupId and AppDefinedData not among them.
void write_group_profile(JsonText& text, const community::Group& group, const NameFilter& filter);
/// `"<name>":[{Key,Value}...]` of the keys that are wanted; nothing at all where there are none.
void write_custom_fields(JsonText& text, std::string_view name,
                         const community::FieldValues& values, const NameFilter& keys);
/// One object of a MemberList. `muted_until_s` as stored.
void write_member(JsonText& text, const community::Member& member, std::int64_t muted_until_s,
                  std::int64_t now_s, const MemberFilter& filter);

}  // namespace tidings::backend::rest

/// What a source has now: its groups and their topics, by the REST commands that list them.
///
/// Errors: as SourceClient, and Errc::corrupt for an answer that is none. ErrorCodes of the whole answer
/// are Errc::unavailable with Error::code; those of single items stand in the item.
/// Source: protocol.md 4.7.2, 4.7.7, 4.7.10. Threads: one lane; the parse functions are pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "receiver/source_client.h"
#include "runtime/blocking_pool.h"

namespace tidings::receiver {

/// Texts that the answer does not hold are not known.
struct SourceProfile {
  std::optional<std::string> name, introduction, notification, face_url;
  std::int64_t created_s = 0;  ///< 0: not said
};

struct SourceGroup : SourceProfile {
  GroupId group;
  std::int64_t code = 0;  ///< of this group alone; 10010: there is none of that id
  std::string type;
  std::optional<UserId> owner;
  bool has_topics = false;  ///< SupportTopic; not said: a Community may have some
};

struct SourceTopic : SourceProfile {
  TopicId topic;
  std::int64_t code = 0;  ///< of this topic alone: the source cannot tell of it now
};

struct SourceGroupIds {
  std::vector<GroupId> groups;
  std::int64_t next = 0;  ///< cursor of the next page; 0: that was all
};

/// As many groups as one question may name (4.7.7), and as many ids as one page of them is asked for.
inline constexpr std::size_t kGroupsAtOnce = 50;
inline constexpr std::int64_t kGroupIdsAtOnce = 1000;

[[nodiscard]] Result<SourceGroupIds> parse_group_ids(std::string_view answer);
[[nodiscard]] Result<std::vector<SourceGroup>> parse_groups(std::string_view answer);
[[nodiscard]] Result<std::vector<SourceTopic>> parse_topics(std::string_view answer);

class SourceState {
 public:
  explicit SourceState(std::unique_ptr<SourceClient> client) : client_(std::move(client)) {}

  /// The page behind `next`, 0 for the first. The cloud service answers one a second.
  runtime::awaitable<Result<SourceGroupIds>> group_ids(std::int64_t next);
  /// REQUIRES: 1 to kGroupsAtOnce.
  runtime::awaitable<Result<std::vector<SourceGroup>>> groups(std::vector<GroupId> ids);
  /// All of a community. `readers`: where so long an answer is read; nullptr: on the lane.
  runtime::awaitable<Result<std::vector<SourceTopic>>> topics(
      GroupId group, runtime::BlockingPool* readers = nullptr);

  [[nodiscard]] SourceClient& client() { return *client_; }

 private:
  const std::unique_ptr<SourceClient> client_;
};

}  // namespace tidings::receiver

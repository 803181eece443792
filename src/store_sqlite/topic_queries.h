/// Topics of the mirror by id and by group, for the writing connection and the reading ones.
///
/// A group's topics: those whose ids name it are a chain from the newest to the oldest, whatever
/// their GroupId said; those that belong to it only by their GroupId are found by an index.
/// Errors, threads: those of the connection. Lifetime: ends before its Database.
#pragma once

#include <cstdint>
#include <optional>

#include "store/mirror_store.h"
#include "store_sqlite/database.h"

namespace tidings::sqlite {

/// A group as the ids of topics name it.
struct TopicParent {
  std::int64_t row = 0;   ///< 0: no topic has named it yet
  std::int64_t last = 0;  ///< its newest topic, mirror_topic.row
};

struct ChainedTopic {
  store::MirrorTopic topic;
  std::int64_t parent = 0;  ///< TopicParent::row; 0: its id names no group
  std::int64_t before = 0;  ///< the next older topic of its group; 0: there is none
};

class TopicQueries {
 public:
  Result<void> prepare(Database& database);

  Result<std::optional<store::MirrorTopic>> find(const store::MirrorTopicKey& key);
  /// The same, where the group that the id names and its number are known. REQUIRES: the id names a
  /// group.
  Result<std::optional<store::MirrorTopic>> find(const store::MirrorTopicKey& key,
                                                 const TopicParent& parent,
                                                 std::optional<std::int64_t> number);

  Result<TopicParent> parent(SdkAppId app, const GroupId& group);
  Result<std::optional<ChainedTopic>> at(std::int64_t row);
  /// Topics that only their GroupId puts there, rows higher than `after`, ascending. `group` outlives
  /// the rows.
  [[nodiscard]] Rows given_to(SdkAppId app, const GroupId& group, std::int64_t after) {
    return given_.query(app, group, after);
  }

 private:
  Result<std::optional<store::MirrorTopic>> find_custom(const store::MirrorTopicKey& key);

  Statement by_number_, by_text_, parent_, at_, given_;
};

}  // namespace tidings::sqlite

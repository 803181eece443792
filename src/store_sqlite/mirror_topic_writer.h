/// Topics of the mirror, the writing side: found by id and by group, kept in their groups' chains.
///
/// Errors, threads: those of the connection. Lifetime: ends before its Database.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/mirror_view.h"
#include "store_sqlite/database.h"
#include "store_sqlite/multi_insert.h"
#include "store_sqlite/topic_queries.h"

namespace tidings::sqlite {

class MirrorTopicWriter {
 public:
  Result<void> prepare(Database& database);

  Result<std::optional<store::MirrorTopic>> find(const store::MirrorTopicKey& key);
  /// Where the topics of the group begin.
  Result<store::TopicsLeft> topics_of(const store::MirrorGroupKey& group);
  /// The group's topics by parent_of(), tombstones included, from `from` on, into the View; at most `budget`,
  /// which is lowered by their number. Those left.
  Result<store::TopicsLeft> load_topics(const store::MirrorGroupKey& group, store::TopicsLeft from,
                                        std::size_t& budget, store::MirrorView& view);

  /// Topics that are new (row 0) or changed; new ones are numbered in order of arrival.
  Result<void> write(Database& database, std::vector<const store::MirrorTopic*> topics);
  /// The transaction was rolled back.
  void rolled_back() {
    parents_.clear();
    highest_row_.reset();
  }

 private:
  struct Parent {
    TopicParent is;
    bool dirty = false;
  };
  using Parents = std::unordered_map<store::MirrorGroupKey, Parent>;
  struct Newcomer {
    const store::MirrorTopic* topic = nullptr;
    std::int64_t row = 0;
    TopicParent parent{};  ///< before it came
    std::optional<std::int64_t> number{};
    std::string stamps{};
  };
  Result<Parent*> parent(const store::MirrorGroupKey& group);
  Result<Newcomer> enlist(Database& database, const store::MirrorTopic& topic);
  Result<void> add(std::span<const Newcomer> newcomers);
  Result<void> add_runs(std::span<const Newcomer> newcomers);
  Result<void> move_in_time(const store::MirrorTopic& topic);
  Result<void> change(const store::MirrorTopic& topic);

  TopicQueries queries_;
  MultiInsert add_, put_last_;
  Statement change_, add_parent_, last_row_, add_run_, remove_run_, updated_;
  /// No topic has a higher number: what is created now has, usually, and need not be looked for.
  std::int64_t highest_number_ = 0;
  std::optional<std::int64_t> highest_row_;  // of all topics; none: to be looked up
  /// As on disk, or as they will be with the open transaction; bounded, the usual ones are there.
  Parents parents_;
  std::vector<Parent*> dirty_;  // into parents_, whose nodes stay where they are
};

}  // namespace tidings::sqlite

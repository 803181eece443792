/// Writes the dirty topics of a View: new ones behind all others, each linked to the one before it
/// in its group (schema.cc, "topics in order").
///
/// Errors: as Database; the caller rolls back and drops the cache. Threads: the writer's. Lifetime:
/// ends before its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "community/view.h"
#include "store_sqlite/database.h"
#include "store_sqlite/multi_insert.h"
#include "store_sqlite/row_cache.h"
#include "store_sqlite/row_reader.h"

namespace tidings::sqlite {

class TopicWriter {
 public:
  static Result<TopicWriter> prepare(Database& database);

  TopicWriter() = default;

  /// REQUIRES: the View's groups have their integer keys. Draws rows for topics with an id of their
  /// own from `counters`.
  Result<void> write(const community::View& view, RowReader& reader, RowCache& cache,
                     Counters& counters);
  /// After write(): the chain of a group, if it has changed. Whoever takes it writes it.
  std::optional<TopicChain> take_changed(std::int64_t group_row);
  /// Those that nobody took, by their group's row.
  std::vector<std::pair<std::int64_t, TopicChain>> take_all_changed();

 private:
  struct Chain {
    TopicChain topics;
    bool changed = false;
  };
  struct Newcomer {
    std::int64_t row = 0;
    std::int64_t group = 0;
    const community::Topic* topic = nullptr;
    std::optional<std::string> own_id{};
    std::optional<std::int64_t> previous{};
    std::string fields{};
  };
  struct Place {
    std::int64_t group;
    std::optional<std::int64_t> row;  ///< none: the topic is not stored
  };
  struct Work {
    const community::View& view;
    RowReader& reader;
    RowCache& cache;
    Counters& counters;
  };
  Result<Place> find(const community::TopicKey& key, Work& work);
  Result<Chain*> chain_of(std::int64_t group, const community::GroupKey& key, Work& work);
  Result<void> add(std::vector<Newcomer>& newcomers, Work& work);
  Result<void> change(const community::Topic& topic, Work& work);
  Result<void> erase(const community::GroupKey& key,
                     const std::vector<const community::TopicKey*>& gone, Work& work);

  std::unordered_map<std::int64_t, Chain> chains_;  // of this commit, by their group's row
  MultiInsert insert_;
  Statement update_, erase_, erase_mutes_, own_row_, walk_, link_;
};

}  // namespace tidings::sqlite

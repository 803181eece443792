#include "store_sqlite/inbox_keys.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

#include "store_sqlite/inbox_key_column.h"

namespace tidings::sqlite {
namespace {

/// Written with one commit besides twice what it adds: what is sorted ends before as much has come.
constexpr std::size_t kMoreKeysAtOnce = 64;

/// Keys looked up with one statement: to run one costs more than to look up a key.
constexpr std::size_t kAskedAtOnce = 16;

/// forgotten_ms() goes ahead by so much, or else each commit that purges would write one page more.
constexpr std::int64_t kForgottenStepMs = 60'000;

std::string look_up() {
  std::string values = "(?)";
  for (std::size_t i = 1; i < kAskedAtOnce; ++i) values += ",(?)";
  return "WITH asked(key) AS (VALUES" + values +
         ") SELECT seen.key FROM asked CROSS JOIN inbox_seen AS seen WHERE seen.key = asked.key";
}

/// In the order of the table: as SQLite compares BLOBs.
bool before(const store::InboxKey& a, const store::InboxKey& b) {
  return std::memcmp(a.data(), b.data(), a.size()) < 0;
}

void sort_by_key(std::vector<RecentKeys::Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return before(a.first, b.first); });
}

}  // namespace

Result<void> InboxKeys::open(Database& database, std::size_t most_waiting,
                             std::size_t filter_share) {
  most_waiting_ = most_waiting;
  TRY_VOID(filter_.open(database, filter_share, most_waiting));
  recent_ = RecentKeys(most_waiting + most_waiting / 2);  // growing would hold up one commit
  TRY(has_, database.prepare(look_up()));
  TRY(add_, MultiInsert::prepare(database, "INSERT OR REPLACE INTO inbox_seen(key, id)", "(?,?)"));
  TRY(remove_, database.prepare("DELETE FROM inbox_seen WHERE key = ? AND id = ?"));
  TRY(first_, database.prepare("SELECT id, key, received_ms FROM inbox WHERE id <= ? ORDER BY id"));
  TRY(through_, database.prepare("UPDATE inbox_seen_through SET id = ?"));
  TRY(forgotten_, database.prepare("UPDATE inbox_seen_through SET forgotten_ms = ?"));

  TRY(sorted_through_, database.integer("SELECT id FROM inbox_seen_through"));
  TRY(forgotten_ms_, database.integer("SELECT forgotten_ms FROM inbox_seen_through"));
  forgetting_ms_ = forgotten_ms_;
  last_id_ = sorted_through_;
  TRY(auto behind, database.prepare("SELECT id, key FROM inbox WHERE id > ? ORDER BY id"));
  auto rows = behind.query(sorted_through_);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    last_id_ = rows.integer(0);
    recent_.put(key_of(rows.text(1)), last_id_);
  }
}

Result<std::vector<store::InboxKey>> InboxKeys::known(std::span<const store::InboxKey> asked) {
  std::vector<store::InboxKey> found;
  std::vector<store::InboxKey> others;  // not in memory
  for (const store::InboxKey& key : asked) {
    const auto place = sorted_place(key);
    if (recent_.contains(key) || (place != sorted_.end() && place->second != 0)) {
      found.push_back(key);
    } else if (place == sorted_.end() && !filter_.excludes(key)) {
      others.push_back(key);
    }
  }
  for (std::span<const store::InboxKey> rest{others}; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), kAskedAtOnce);
    TRY_VOID(find_written(rest.first(count), found));
    rest = rest.subspan(count);
  }
  return found;
}

/// Among those that are no longer in memory.
Result<void> InboxKeys::find_written(std::span<const store::InboxKey> asked,
                                     std::vector<store::InboxKey>& found) {
  int next = 1;
  for (const store::InboxKey& key : asked) next = has_.bind_from(next, blob_of(key));
  // A parameter keeps what it was bound to, and NULL equals nothing.
  while (next <= static_cast<int>(kAskedAtOnce)) next = has_.bind_from(next, nullptr);
  auto rows = has_.query_bound();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    found.push_back(key_of(rows.text(0)));
  }
}

Result<void> InboxKeys::write(std::span<const store::InboxEntry> added) {
  TRY_VOID(filter_.read_on(added.size()));
  if (sorted_.empty() && recent_.size() >= most_waiting_) sort_recent();
  return sorted_.empty() ? Result<void>{} : write_share(added.size());
}

void InboxKeys::sort_recent() {
  sorted_ = recent_.take();
  sort_by_key(sorted_);
  written_ = writing_ = 0;
  sorted_through_ = last_id_;
}

Result<void> InboxKeys::write_share(std::size_t added) {
  const std::size_t end = std::min(sorted_.size(), written_ + 2 * added + kMoreKeysAtOnce);
  const auto at = [this](std::size_t place) {
    return sorted_.begin() + static_cast<std::ptrdiff_t>(place);
  };
  std::vector<Entry> share;
  std::copy_if(at(written_), at(end), std::back_inserter(share),
               [](const Entry& entry) { return entry.second != 0; });
  for (const Entry& entry : share) filter_.added(entry.first);
  TRY_VOID(add_.run(std::span{share}, [](Statement& to, int position, const Entry& entry) {
    return to.bind_from(position, blob_of(entry.first), entry.second);
  }));
  writing_ = end;
  if (writing_ < sorted_.size()) return {};
  return through_.run(sorted_through_);
}

Result<void> InboxKeys::purge(std::int64_t last_id) {
  std::int64_t newest_ms = -1;
  {
    auto rows = first_.query(last_id);
    for (;;) {
      TRY(const bool more, rows.next());
      if (!more) break;
      purged_.emplace_back(key_of(rows.text(1)), rows.integer(0));
      newest_ms = rows.integer(2);
    }
  }
  if (newest_ms >= forgetting_ms_) {
    forgetting_ms_ = newest_ms + kForgottenStepMs;
    TRY_VOID(forgotten_.run(forgetting_ms_));
  }
  sort_by_key(purged_);  // neighbours share pages
  for (const auto& [key, id] : purged_) {
    TRY_VOID(remove_.run(blob_of(key), id));
  }
  return {};
}

void InboxKeys::committed(std::span<const store::InboxEntry> added) {
  for (const store::InboxEntry& entry : added) {
    recent_.put(entry.key, entry.id);
    last_id_ = entry.id;
  }
  written_ = writing_;
  if (written_ == sorted_.size()) {
    sorted_ = {};
    written_ = writing_ = 0;
  }
  for (const Entry& entry : purged_) forget(entry);
  purged_.clear();
  forgotten_ms_ = forgetting_ms_;
}

void InboxKeys::forget(const Entry& entry) {
  recent_.erase(entry.first, entry.second);
  const auto place = sorted_place(entry.first);
  if (place != sorted_.end() && place->second == entry.second) place->second = 0;
}

std::vector<InboxKeys::Entry>::iterator InboxKeys::sorted_place(const store::InboxKey& key) {
  const auto place =
      std::lower_bound(sorted_.begin(), sorted_.end(), key,
                       [](const Entry& entry, const auto& k) { return before(entry.first, k); });
  return place != sorted_.end() && place->first == key ? place : sorted_.end();
}

void InboxKeys::rolled_back() {
  writing_ = written_;
  purged_.clear();
  forgetting_ms_ = forgotten_ms_;
}

}  // namespace tidings::sqlite

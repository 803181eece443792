#include "store_sqlite/group_read_ahead.h"

#include "store_sqlite/row_columns.h"

namespace tidings::sqlite {
namespace {

std::size_t bytes_of(const community::Group& group) {
  std::size_t bytes = sizeof group + group.key.group.str().size() + group.name.size() +
                      group.introduction.size() + group.notification.size() +
                      group.face_url.size() + group.owner.str().size();
  for (const auto& [name, value] : group.fields) bytes += sizeof name * 2 + name.size() + value.size();
  return bytes;
}

}  // namespace

void keep_chain(const community::Group& group, const Rows& rows, int column, RowCache& cache) {
  TopicChain chain;
  if (!rows.is_null(column)) chain.last = rows.integer(column);
  if (const GroupCounts* newer = cache.recent.find(group.row)) chain.last = newer->last_topic;
  cache.groups.keep_chain(group.key, chain);
}

Result<GroupReadAhead> GroupReadAhead::prepare(Database& database) {
  GroupReadAhead ahead;
  TRY(ahead.next_,
      database.prepare("SELECT " TIDINGS_GROUP_COLUMNS ", c.last_topic, g.sdkappid, "
                       "g.sdkappid IN (SELECT sdkappid FROM deleted_app) FROM grp g "
                       "CROSS JOIN grp_count c USING(row) WHERE g.row < ? ORDER BY g.row DESC LIMIT ?"));
  return ahead;
}

Result<void> GroupReadAhead::go_on(RowCache& cache) {
  RowCache::Ahead& ahead = cache.ahead;
  const auto room = [&] { return !cache.groups.full() && ahead.bytes < kBytes; };
  if (ahead.all || !room()) return {};
  auto rows = next_.query(ahead.before, kGroupsAtOnce);
  for (int count = 0; room(); ++count) {
    TRY(const bool more, rows.next());
    if (!more) {
      ahead.all = count < kGroupsAtOnce;
      break;
    }
    const SdkAppId app{static_cast<std::uint32_t>(rows.integer(kGroupColumns + 1))};
    TRY(community::Group group, read_group(rows, 0, app));
    ahead.before = group.row;
    const bool deleted = rows.integer(kGroupColumns + 2) != 0;  // with its app
    if (deleted || cache.groups.holds(group.key)) continue;     // as it is now
    cache.recent.correct(group);
    ahead.bytes += bytes_of(group);
    cache.groups.keep_ahead(group);
    keep_chain(group, rows, kGroupColumns, cache);
  }
  return {};
}

}  // namespace tidings::sqlite

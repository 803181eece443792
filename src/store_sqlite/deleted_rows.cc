#include "store_sqlite/deleted_rows.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tidings::sqlite {

Result<DeletedRows> DeletedRows::prepare(Database& database) {
  DeletedRows rows;
  TRY(rows.apps_, database.prepare("SELECT sdkappid FROM deleted_app"));
  TRY(rows.mark_app_, database.prepare("INSERT OR IGNORE INTO deleted_app VALUES(?, ?)"));
  TRY(rows.unmark_app_, database.prepare("DELETE FROM deleted_app WHERE sdkappid = ?"));
  TRY(rows.waiting_, database.prepare("SELECT max(seq) FROM (SELECT seq FROM pending "
                                      "WHERE sdkappid = ? ORDER BY seq LIMIT ?)"));
  TRY(rows.end_waiting_,
      database.prepare("INSERT INTO ended(seq, sdkappid, state, attempts, at_ms, changed_ms, "
                       "last_outcome) SELECT p.seq, p.sdkappid, 3, p.attempts, 0, d.at_ms, "
                       "p.last_outcome FROM deleted_app d CROSS JOIN pending p USING(sdkappid) "
                       "WHERE d.sdkappid = ? AND p.seq <= ?"));
  TRY(rows.erase_waiting_, database.prepare("DELETE FROM pending WHERE sdkappid = ? AND seq <= ?"));
  TRY(rows.erase_accounts_,
      database.prepare("DELETE FROM account WHERE sdkappid = ?1 AND user <= (SELECT max(user) FROM "
                       "(SELECT user FROM account WHERE sdkappid = ?1 ORDER BY user LIMIT ?2))"));
  TRY(rows.groups_of_, database.prepare("SELECT row FROM grp WHERE sdkappid = ? LIMIT ?"));
  TRY(rows.mark_group_, database.prepare("INSERT INTO dissolved_group VALUES(?, ?)"));
  TRY(rows.erase_group_, database.prepare("DELETE FROM grp WHERE row = ?"));
  TRY(rows.erase_count_, database.prepare("DELETE FROM grp_count WHERE row = ?"));
  TRY(rows.group_, database.prepare("SELECT row FROM dissolved_group LIMIT 1"));
  TRY(rows.last_topic_, database.prepare("SELECT last_topic FROM dissolved_group WHERE row = ?"));
  TRY(rows.erase_mutes_,
      database.prepare("DELETE FROM mute WHERE group_row = ?1 AND (topic, user) IN "
                       "(SELECT topic, user FROM mute WHERE group_row = ?1 LIMIT ?2)"));
  TRY(rows.erase_members_,
      database.prepare("DELETE FROM member WHERE group_row = ?1 AND joined <= (SELECT max(joined) "
                       "FROM (SELECT joined FROM member WHERE group_row = ?1 ORDER BY joined "
                       "LIMIT ?2))"));
  TRY(rows.erase_topic_, database.prepare("DELETE FROM topic WHERE row = ? RETURNING previous"));
  TRY(rows.go_on_, database.prepare("UPDATE dissolved_group SET last_topic = ? WHERE row = ?"));
  TRY(rows.unmark_group_, database.prepare("DELETE FROM dissolved_group WHERE row = ?"));
  return rows;
}

Result<void> DeletedRows::learn(RowCache& cache) {
  if (cache.deleted_apps) return {};
  std::set<SdkAppId> found;
  auto rows = apps_.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) break;
    found.insert(SdkAppId{static_cast<std::uint32_t>(rows.integer(0))});
  }
  cache.deleted_apps = std::move(found);
  return {};
}

Result<void> DeletedRows::drop(SdkAppId app, std::int64_t now_ms, RowCache& cache) {
  TRY_VOID(mark_app_.run(app, now_ms));
  cache.deleted_apps->insert(app);
  return {};
}

Result<void> DeletedRows::dissolve(std::int64_t group, RowReader& reader) {
  TRY(const GroupCounts counts, reader.counts_of(group));
  TRY_VOID(mark_group_.run(group, counts.last_topic));
  TRY_VOID(erase_count_.run(group));
  return erase_group_.run(group);
}

Result<void> DeletedRows::take_out(SdkAppId app, std::int64_t rows, RowReader& reader,
                                   RowCache& cache) {
  const std::set<SdkAppId>& apps = *cache.deleted_apps;
  while (rows > 0 && !apps.empty()) {
    const SdkAppId next = app.number() == 0 ? *apps.begin() : app;
    if (!apps.contains(next)) return {};
    TRY(const std::int64_t taken, take_out_app(next, rows, reader, cache));
    rows -= taken;
  }
  while (rows > 0 && app.number() == 0) {
    std::int64_t group = 0;
    {
      auto found = group_.query();
      TRY(const bool any, found.next());
      if (!any) return {};
      group = found.integer(0);
    }
    TRY(const std::int64_t taken, take_out_group(group, rows));
    rows -= taken + 1;  // its mark
  }
  return {};
}

Result<void> DeletedRows::make_way(SdkAppId app, RowReader& reader, RowCache& cache) {
  return take_out(app, std::numeric_limits<std::int64_t>::max(), reader, cache);
}

Result<std::int64_t> DeletedRows::take_out_app(SdkAppId app, std::int64_t rows, RowReader& reader,
                                               RowCache& cache) {
  TRY(std::int64_t taken, end_waiting(app, rows));
  if (taken < rows) {
    TRY_VOID(erase_accounts_.run(app, rows - taken));
    taken += erase_accounts_.changes();
  }
  if (taken < rows) {
    TRY(const std::int64_t groups, dissolve_groups(app, rows - taken, reader));
    taken += groups;
  }
  if (taken < rows) {
    TRY_VOID(unmark_app_.run(app));
    cache.deleted_apps->erase(app);
    ++taken;
  }
  return taken;
}

Result<std::int64_t> DeletedRows::end_waiting(SdkAppId app, std::int64_t rows) {
  std::int64_t through = 0;
  {
    auto last = waiting_.query(app, rows);
    TRY_VOID(last.next());
    if (last.is_null(0)) return std::int64_t{0};
    through = last.integer(0);
  }
  TRY_VOID(end_waiting_.run(app, through));
  TRY_VOID(erase_waiting_.run(app, through));
  return erase_waiting_.changes();
}

Result<std::int64_t> DeletedRows::dissolve_groups(SdkAppId app, std::int64_t rows,
                                                  RowReader& reader) {
  std::vector<std::int64_t> groups;
  {
    auto found = groups_of_.query(app, rows);
    for (;;) {
      TRY(const bool more, found.next());
      if (!more) break;
      groups.push_back(found.integer(0));
    }
  }
  std::ranges::sort(groups);  // as they stand in their tables
  for (const std::int64_t group : groups) {
    TRY_VOID(dissolve(group, reader));
  }
  return std::ssize(groups);
}

Result<std::int64_t> DeletedRows::take_out_group(std::int64_t group, std::int64_t rows) {
  TRY_VOID(erase_mutes_.run(group, rows));
  std::int64_t taken = erase_mutes_.changes();
  if (taken < rows) {
    TRY_VOID(erase_members_.run(group, rows - taken));
    taken += erase_members_.changes();
  }
  if (taken < rows) {
    TRY(const std::int64_t topics, take_out_topics(group, rows - taken));
    taken += topics;
  }
  if (taken < rows) {
    TRY_VOID(unmark_group_.run(group));
  }
  return taken;
}

/// From the newest one on; where it stops, the next commit goes on.
Result<std::int64_t> DeletedRows::take_out_topics(std::int64_t group, std::int64_t rows) {
  std::optional<std::int64_t> at;
  {
    auto found = last_topic_.query(group);
    TRY(const bool exists, found.next());
    if (exists && !found.is_null(0)) at = found.integer(0);
  }
  std::int64_t taken = 0;
  for (; at && taken < rows; ++taken) {
    auto erased = erase_topic_.query(*at);
    TRY(const bool existed, erased.next());
    at.reset();
    if (existed && !erased.is_null(0)) at = erased.integer(0);
    if (existed) {
      TRY_VOID(erased.next());
    }
  }
  if (taken > 0) {
    TRY_VOID(go_on_.run(at, group));
  }
  return taken;
}

}  // namespace tidings::sqlite

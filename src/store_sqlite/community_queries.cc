#include "store_sqlite/community_queries.h"

#include <algorithm>
#include <limits>

#include "store_sqlite/row_columns.h"

namespace tidings::sqlite {

using namespace community;

namespace {

constexpr GroupType kTypes[] = {GroupType::private_group, GroupType::public_group,
                                GroupType::chat_room, GroupType::av_chat_room,
                                GroupType::community};
constexpr int kGroupTypeColumn = 2;      // of TIDINGS_GROUP_COLUMNS
constexpr int kSupportTopicColumn = 16;  // of the same

bool only_leading(const store::MemberQuery& query) {
  return query.roles &&
         std::ranges::none_of(*query.roles, [](Role role) { return role == Role::member; });
}

}  // namespace

const char* const kLeadingMembers =
    "SELECT " TIDINGS_MEMBER_COLUMNS
    " FROM member m WHERE m.group_row = ? AND m.joined > ? AND m.role > 0 ORDER BY m.joined";

Result<CommunityQueries> CommunityQueries::prepare(Database& database) {
  CommunityQueries queries;
  TRY(queries.group_count_,
      database.prepare("SELECT count(*) FROM grp WHERE sdkappid = ? AND type = ? AND "
                       TIDINGS_NOT_DELETED));
  TRY(queries.group_rows_,
      database.prepare("SELECT row FROM grp WHERE sdkappid = ? AND type = ? AND row > ? AND "
                       TIDINGS_NOT_DELETED " ORDER BY row LIMIT ?"));
  TRY(queries.group_id_, database.prepare("SELECT group_id FROM grp WHERE row = ?"));
  TRY(queries.joined_,
      database.prepare("SELECT " TIDINGS_GROUP_COLUMNS ", " TIDINGS_MEMBER_COLUMNS
                       " FROM member m CROSS JOIN grp g ON g.row = m.group_row CROSS JOIN "
                       "grp_count c ON c.row = m.group_row WHERE m.sdkappid = ? AND m.user = ? AND "
                       TIDINGS_NOT_DELETED " ORDER BY m.joined"));
  TRY(queries.members_, database.prepare("SELECT " TIDINGS_MEMBER_COLUMNS
                                         " FROM member m WHERE m.group_row = ? AND m.joined > ? "
                                         "ORDER BY m.joined"));
  TRY(queries.leading_, database.prepare(kLeadingMembers));
  TRY(queries.unpurged_,
      database.prepare("SELECT EXISTS(SELECT 1 FROM deleted_app WHERE ?1 = 0 OR sdkappid = ?1) OR "
                       "(?1 = 0 AND EXISTS(SELECT 1 FROM dissolved_group))"));
  return queries;
}

Result<store::GroupPage> CommunityQueries::groups(SdkAppId app, std::optional<GroupType> type,
                                                  std::int64_t after, std::size_t limit) {
  store::GroupPage page;
  // The index goes by type, then row: each type gives its part of the page, the first ones win.
  std::vector<std::int64_t> found;
  const std::size_t wanted = limit == SIZE_MAX ? limit : limit + 1;
  const auto at_most = static_cast<std::int64_t>(
      std::min<std::size_t>(wanted, std::numeric_limits<std::int64_t>::max()));
  for (const GroupType each : kTypes) {
    if (type && each != *type) continue;
    auto count = group_count_.query(app, each);
    TRY_VOID(count.next());
    page.total += count.integer(0);
    auto rows = group_rows_.query(app, each, after, at_most);
    for (;;) {
      TRY(const bool more, rows.next());
      if (!more) break;
      found.push_back(rows.integer(0));
    }
  }
  std::ranges::sort(found);
  if (found.size() > limit) {
    page.next = limit == 0 ? after : found[limit - 1];
    found.resize(limit);
  }
  for (const std::int64_t row : found) {
    auto id = group_id_.query(row);
    TRY_VOID(id.next());
    page.groups.emplace_back(id.text(0));
  }
  return page;
}

Result<bool> CommunityQueries::unpurged(SdkAppId app) {
  auto rows = unpurged_.query(app);
  TRY_VOID(rows.next());
  return rows.integer(0) != 0;
}

Result<store::JoinedPage> CommunityQueries::joined(const store::JoinedQuery& query,
                                                   const RecentCounts& recent) {
  store::JoinedPage page;
  std::size_t skip = query.offset;
  auto rows = joined_.query(query.account.app, query.account.user);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return page;
    const auto type = static_cast<GroupType>(rows.integer(kGroupTypeColumn));
    if (query.type && type != *query.type) continue;
    if (query.support_topic && (rows.integer(kSupportTopicColumn) != 0) != *query.support_topic) {
      continue;
    }
    if (!query.with_av_chat_rooms && type == GroupType::av_chat_room) continue;
    ++page.total;
    if (skip > 0) {
      --skip;
    } else if (page.groups.size() < query.limit) {
      TRY(Group group, read_group(rows, 0, query.account.app));
      recent.correct(group);
      TRY(Member member, read_member(rows, kGroupColumns, group.key));
      page.groups.push_back({std::move(group), std::move(member)});
    }
  }
}

Result<store::MemberPage> CommunityQueries::members(const store::MemberQuery& query,
                                                    std::int64_t group) {
  store::MemberPage page;
  std::size_t skip = query.offset;
  std::int64_t last = query.after;
  auto rows = (only_leading(query) ? leading_ : members_).query(group, query.after);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return page;
    const auto role = static_cast<Role>(rows.integer(1));
    if (query.roles && std::ranges::find(*query.roles, role) == query.roles->end()) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (page.members.size() == query.limit) {
      page.next = last;
      return page;
    }
    last = rows.integer(kMemberJoinedColumn);
    TRY(Member member, read_member(rows, 0, query.group));
    page.members.push_back(std::move(member));
  }
}

}  // namespace tidings::sqlite

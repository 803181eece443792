/// The lists of CommunityReader on one reading connection. REQUIRES of all: a snapshot is open.
///
/// Errors: as Database. Threads: those of its connection. Lifetime: ends before its Database.
#pragma once

#include "store/store.h"
#include "store_sqlite/database.h"
#include "store_sqlite/row_reader.h"

namespace tidings::sqlite {

/// Members with a role above `Member`, by an index of their own. Parameters: group, cursor.
extern const char* const kLeadingMembers;

class CommunityQueries {
 public:
  static Result<CommunityQueries> prepare(Database& database);

  Result<store::GroupPage> groups(SdkAppId app, std::optional<GroupType> type, std::int64_t after,
                                  std::size_t limit);
  Result<store::JoinedPage> joined(const store::JoinedQuery& query, const RecentCounts& recent);
  /// `group`: its integer key, 0 = it does not exist.
  Result<store::MemberPage> members(const store::MemberQuery& query, std::int64_t group);
  Result<bool> unpurged(SdkAppId app);

 private:
  Statement group_count_, group_rows_, group_id_, joined_, members_, leading_, unpurged_;
};

}  // namespace tidings::sqlite

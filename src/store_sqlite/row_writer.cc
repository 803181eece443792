#include "store_sqlite/row_writer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "store/stored_app.h"
#include "store_sqlite/field_blob.h"
#include "store_sqlite/row_columns.h"

namespace tidings::sqlite {
namespace {

using namespace community;

constexpr const char* kInsertGroup =
    "INSERT INTO grp(row, sdkappid, group_id, type, name, introduction, notification, face_url, "
    "owner, create_time_s, info_seq, last_info_time_s, last_msg_time_s, next_msg_seq, "
    "max_member_num, apply_join, mute_all, support_topic, fields) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kUpdateGroup =
    "UPDATE grp SET type = ?, name = ?, introduction = ?, notification = ?, face_url = ?, "
    "owner = ?, create_time_s = ?, info_seq = ?, last_info_time_s = ?, last_msg_time_s = ?, "
    "next_msg_seq = ?, max_member_num = ?, apply_join = ?, mute_all = ?, support_topic = ?, "
    "fields = ? WHERE row = ?";
constexpr const char* kInsertMember =
    "INSERT INTO member(group_row, joined, sdkappid, user, role, join_time_s, msg_seq, msg_flag, "
    "last_send_msg_time_s, name_card, unread_msg_num, fields) "
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kUpdateMember =
    "UPDATE member SET role = ?, join_time_s = ?, msg_seq = ?, msg_flag = ?, "
    "last_send_msg_time_s = ?, name_card = ?, unread_msg_num = ?, fields = ? "
    "WHERE group_row = ? AND user = ?";
// Numbers of events are never drawn again, whatever the row says (an app that came back).
constexpr const char* kPutTally =
    "INSERT INTO tally VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "accounts = excluded.accounts, groups = excluded.groups, communities = excluded.communities, "
    "day = excluded.day, net_new_today = excluded.net_new_today, "
    "av_chat_rooms = excluded.av_chat_rooms, "
    "event_sequence = max(event_sequence, excluded.event_sequence)";

// Each takes the app and the user.
constexpr const char* kForget[] = {
    "UPDATE grp_count SET member_num = member_num - 1 WHERE row IN "
    "(SELECT group_row FROM member WHERE sdkappid = ? AND user = ?)",
    "UPDATE grp SET owner = NULL WHERE sdkappid = ? AND owner = ?",
    "DELETE FROM member WHERE sdkappid = ? AND user = ?",
    "DELETE FROM mute WHERE sdkappid = ? AND user = ?",
    "DELETE FROM account WHERE sdkappid = ? AND user = ?"};
constexpr const char* kEmptyTally =
    "UPDATE tally SET accounts = 0, groups = 0, communities = 0, day = 0, net_new_today = 0, "
    "av_chat_rooms = 0 WHERE sdkappid = ?";

/// Everything but the two counts, which have a table of their own.
bool same_profile(const Group& a, const Group& b) {
  return a.type == b.type && a.name == b.name && a.introduction == b.introduction &&
         a.notification == b.notification && a.face_url == b.face_url && a.owner == b.owner &&
         a.create_time_s == b.create_time_s && a.info_seq == b.info_seq &&
         a.last_info_time_s == b.last_info_time_s && a.last_msg_time_s == b.last_msg_time_s &&
         a.next_msg_seq == b.next_msg_seq && a.max_member_num == b.max_member_num &&
         a.apply_join == b.apply_join && a.mute_all == b.mute_all &&
         a.support_topic == b.support_topic && a.fields == b.fields;
}

std::optional<UserId> null_if_empty(const UserId& user) {
  return user.empty() ? std::nullopt : std::optional{user};
}

}  // namespace

Result<RowWriter> RowWriter::prepare(Database& database) {
  RowWriter writer;
  TRY(writer.counters_, database.prepare("INSERT OR REPLACE INTO counter VALUES"
                                         "(1, ?, ?, ?, ?, ?, ?, ?)"));
  TRY(writer.put_app_, database.prepare("INSERT OR REPLACE INTO app VALUES(?, ?, ?)"));
  TRY(writer.put_tally_, database.prepare(kPutTally));
  TRY(writer.put_account_, database.prepare("INSERT OR REPLACE INTO account VALUES"
                                            "(?, ?, ?, ?, ?)"));
  TRY(writer.erase_account_,
      database.prepare("DELETE FROM account WHERE sdkappid = ? AND user = ?"));
  TRY(writer.insert_group_, database.prepare(kInsertGroup));
  TRY(writer.update_group_, database.prepare(kUpdateGroup));
  TRY(writer.insert_count_, database.prepare("INSERT INTO grp_count VALUES(?, ?, ?, NULL)"));
  TRY(writer.topics_, TopicWriter::prepare(database));
  TRY(writer.counts_, GroupCountsWriter::prepare(database));
  TRY(writer.insert_member_, database.prepare(kInsertMember));
  TRY(writer.update_member_, database.prepare(kUpdateMember));
  TRY(writer.erase_member_,
      database.prepare("DELETE FROM member WHERE group_row = ? AND user = ?"));
  TRY(writer.put_mute_, database.prepare("INSERT OR REPLACE INTO mute VALUES(?, ?, ?, ?, ?)"));
  TRY(writer.erase_mute_, database.prepare("DELETE FROM mute WHERE group_row = ? AND topic = ? "
                                           "AND user = ?"));
  for (const char* sql : kForget) {
    TRY(Statement statement, database.prepare(sql));
    writer.forget_.push_back(std::move(statement));
  }
  TRY(writer.erase_app_, database.prepare("DELETE FROM app WHERE sdkappid = ?"));
  TRY(writer.empty_tally_, database.prepare(kEmptyTally));
  TRY(writer.deleted_, DeletedRows::prepare(database));
  return writer;
}

Result<void> RowWriter::write(View& view, RowReader& reader, RowCache& cache, Counters& counters,
                              std::size_t counts_logged) {
  Work work{view, reader, cache, counters};
  counts_.begin();
  TRY_VOID(reader.recent_counts());  // else numbers of the log would be drawn again
  TRY_VOID(deleted_.learn(cache));
  for (const SetChange& change : view.set_changes) {
    TRY_VOID(std::visit([this, &work](const auto& each) { return apply(each, work); }, change));
  }
  TRY_VOID(write_apps(work));
  TRY_VOID(write_accounts(view));
  TRY_VOID(write_groups(work));
  TRY_VOID(write_members(work));
  TRY_VOID(topics_.write(view, reader, cache, counters));
  TRY_VOID(write_counts(work, counts_logged));
  TRY_VOID(write_mutes(work));
  // Never back: a View that only brings outcomes was not loaded and knows no numbers.
  counters.ids.community_and_topic =
      std::max(counters.ids.community_and_topic, view.counters.community_and_topic);
  counters.ids.ordinary_group =
      std::max(counters.ids.ordinary_group, view.counters.ordinary_group);
  return {};
}

Result<void> RowWriter::write_counters(const Counters& counters) {
  return counters_.run(counters.ids.community_and_topic, counters.ids.ordinary_group,
                       counters.group_row, counters.joined, counters.event_seq,
                       counters.app_stamp, counters.own_topic_ids);
}

Result<void> RowWriter::apply(const DissolveGroup& change, Work& work) {
  if (change.row == 0) return {};  // it was made in this very batch
  TRY_VOID(deleted_.dissolve(change.row, work.reader));
  work.cache.groups.forget(change.group);
  return {};
}

Result<void> RowWriter::apply(const ForgetAccount& change, Work& work) {
  TRY_VOID(counts_.move(work.cache.recent));
  for (Statement& each : forget_) {
    TRY_VOID(each.run(change.account.app, change.account.user));
  }
  work.cache.forget_groups();  // owners and counts of any of them may have changed
  return {};
}

Result<void> RowWriter::apply(const DropApp& change, Work& work) {
  TRY_VOID(erase_app_.run(change.app));
  TRY_VOID(empty_tally_.run(change.app));
  TRY_VOID(deleted_.drop(change.app, work.view.now_ms(), work.cache));
  work.cache.forget_groups();
  work.cache.tallies.erase(change.app);
  return {};
}

Result<void> RowWriter::apply(const ForgetDeleted& change, Work& work) {
  return deleted_.take_out(change.app, change.rows, work.reader, work.cache);
}

Result<void> RowWriter::write_apps(Work& work) {
  for (const auto& [id, entry] : work.view.apps.entries()) {
    if (!entry.dirty || !entry.row) continue;
    if (!entry.stored) {
      TRY_VOID(deleted_.make_way(id, work.reader, work.cache));
    }
    TRY(const std::string settings, store::write_stored_app(**entry.row, work.reader.secrets()));
    TRY_VOID(put_app_.run(id, settings, ++work.counters.app_stamp));
  }
  for (const auto& [id, entry] : work.view.tallies.entries()) {
    if (!entry.dirty || !entry.row) continue;
    const Tally& tally = *entry.row;
    TRY_VOID(put_tally_.run(id, tally.accounts, tally.groups, tally.communities, tally.day,
                            tally.net_new_today, tally.event_sequence, tally.av_chat_rooms));
  }
  return {};
}

Result<void> RowWriter::write_accounts(const View& view) {
  for (const auto& [key, entry] : view.accounts.entries()) {
    if (!entry.dirty) continue;
    if (entry.row) {
      TRY_VOID(put_account_.run(key.app, key.user, entry.row->nick, entry.row->face_url,
                                entry.row->created_s));
    } else {
      TRY_VOID(erase_account_.run(key.app, key.user));
    }
  }
  return {};
}

Result<void> RowWriter::write_groups(Work& work) {
  for (auto& [key, entry] : work.view.groups.entries()) {
    if (!entry.dirty || !entry.row) continue;  // groups go by DissolveGroup only
    Group& group = *entry.row;
    if (!entry.stored) {
      TRY_VOID(insert_group(group, work));
    } else {
      TRY_VOID(update_group(group, work));
    }
  }
  return {};
}

Result<void> RowWriter::insert_group(Group& group, Work& work) {
  group.row = ++work.counters.group_row;
  const std::string fields = write_fields(group.fields);
  const auto owner = null_if_empty(group.owner);
  TRY_VOID(insert_group_.run(
      group.row, group.key.app, group.key.group, group.type, group.name, group.introduction,
      group.notification, group.face_url, owner, group.create_time_s, group.info_seq,
      group.last_info_time_s, group.last_msg_time_s, group.next_msg_seq, group.max_member_num,
      group.apply_join, group.mute_all, group.support_topic, Blob{fields}));
  return insert_count_.run(group.row, group.member_num, group.topic_num);
}

Result<void> RowWriter::update_group(Group& group, Work& work) {
  const Group* before = work.cache.groups.find(group.key);
  if (group.row == 0) {
    TRY(group.row, work.reader.group_row(group.key, nullptr));
  }
  if (before == nullptr || !same_profile(*before, group)) {
    const std::string fields = write_fields(group.fields);
    const auto owner = null_if_empty(group.owner);
    TRY_VOID(update_group_.run(
        group.type, group.name, group.introduction, group.notification, group.face_url, owner,
        group.create_time_s, group.info_seq, group.last_info_time_s, group.last_msg_time_s,
        group.next_msg_seq, group.max_member_num, group.apply_join, group.mute_all,
        group.support_topic, Blob{fields}, group.row));
  }
  return {};
}

/// Counts and chains stand in one row: it is written once.
Result<void> RowWriter::write_counts(Work& work, std::size_t counts_logged) {
  for (const auto& [key, entry] : work.view.groups.entries()) {
    if (!entry.dirty || !entry.row) continue;
    TRY_VOID(write_count(key, *entry.row, entry.stored, work));
  }
  for (const auto& [group, chain] : topics_.take_all_changed()) {
    TRY(GroupCounts counts, work.reader.counts_of(group));
    counts.last_topic = chain.last;
    counts_.put(group, counts, work.cache.recent);
  }
  return counts_.finish(work.cache.recent, counts_logged);
}

Result<void> RowWriter::write_count(const GroupKey& key, const Group& group, bool stored,
                                    Work& work) {
  if (const auto chain = topics_.take_changed(group.row)) {
    counts_.put(group.row, {group.member_num, group.topic_num, chain->last}, work.cache.recent);
    return {};
  }
  const Group* before = work.cache.groups.find(key);
  const bool same = before != nullptr && before->member_num == group.member_num &&
                    before->topic_num == group.topic_num;
  if (!stored || same) return {};
  TRY(GroupCounts counts, work.reader.counts_of(group.row));
  counts.member_num = group.member_num;
  counts.topic_num = group.topic_num;
  counts_.put(group.row, counts, work.cache.recent);
  return {};
}

Result<std::int64_t> RowWriter::row_of(const GroupKey& group, Work& work) {
  // Keys come sorted by group.
  if (work.group != nullptr && *work.group == group) return work.group_row;
  TRY(const std::int64_t row, work.reader.group_row(group, &work.view));
  work.group = &group;
  work.group_row = row;
  return row;
}

Result<void> RowWriter::write_members(Work& work) {
  for (const auto& [key, entry] : work.view.members.entries()) {
    if (!entry.dirty) continue;
    TRY(const std::int64_t group, row_of(key.group, work));
    if (entry.row) {
      TRY_VOID(write_member(group, *entry.row, entry.stored, work));
    } else {
      TRY_VOID(erase_member_.run(group, key.user));
    }
  }
  return {};
}

Result<void> RowWriter::write_member(std::int64_t group, const Member& member, bool stored,
                                     Work& work) {
  const std::string fields = write_fields(member.fields);
  if (stored) {
    return update_member_.run(member.role, member.join_time_s, member.msg_seq, member.msg_flag,
                              member.last_send_msg_time_s, member.name_card, member.unread_msg_num,
                              Blob{fields}, group, member.key.user);
  }
  return insert_member_.run(group, ++work.counters.joined, member.key.group.app, member.key.user,
                            member.role, member.join_time_s, member.msg_seq, member.msg_flag,
                            member.last_send_msg_time_s, member.name_card, member.unread_msg_num,
                            Blob{fields});
}

Result<void> RowWriter::write_mutes(Work& work) {
  for (const auto& [key, entry] : work.view.mutes.entries()) {
    if (!entry.dirty) continue;
    TRY(const std::int64_t group, row_of(key.group, work));
    if (entry.row) {
      TRY_VOID(put_mute_.run(group, key.topic, key.user, key.group.app, entry.row->until_s));
    } else {
      TRY_VOID(erase_mute_.run(group, key.topic, key.user));
    }
  }
  return {};
}

void RowWriter::remember(const View& view, RowCache& cache) {
  for (const auto& [id, entry] : view.tallies.entries()) {
    if (entry.dirty && entry.row) cache.tallies.insert_or_assign(id, *entry.row);
  }
  for (const auto& [key, entry] : view.groups.entries()) {
    if (!entry.dirty) continue;
    if (entry.row) {
      cache.groups.keep(*entry.row);
    } else {
      cache.groups.forget(key);
    }
  }
}

}  // namespace tidings::sqlite

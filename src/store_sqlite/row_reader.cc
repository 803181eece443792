#include "store_sqlite/row_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "store/stored_app.h"
#include "store_sqlite/compact_id.h"
#include "store_sqlite/row_columns.h"

namespace tidings::sqlite {

using namespace community;

namespace {

/// Rows of groups with what they count; what hangs on a group needs its integer key only.
bool reads_counts(const Needs& needs) {
  return !needs.groups.empty() || !needs.all_topics.empty() || !needs.all_members.empty() ||
         !needs.owners.empty() || !needs.memberships.empty();
}

}  // namespace

Result<RowReader> RowReader::prepare(Database& database, AppCache& apps, RowCache* cache) {
  RowReader reader;
  reader.database_ = &database;
  reader.app_cache_ = &apps;
  reader.cache_ = cache;
  TRY(reader.app_stamp_, database.prepare("SELECT stamp FROM app WHERE sdkappid = ?"));
  TRY(reader.app_, database.prepare("SELECT stamp, settings FROM app WHERE sdkappid = ?"));
  TRY(reader.apps_, database.prepare("SELECT sdkappid, stamp, settings FROM app ORDER BY sdkappid"));
  TRY(reader.tally_,
      database.prepare("SELECT accounts, groups, communities, day, net_new_today, event_sequence, "
                       "av_chat_rooms FROM tally WHERE sdkappid = ?"));
  TRY(reader.counters_,
      database.prepare("SELECT community_and_topic, ordinary_group, group_row, joined, event_seq, "
                       "app_stamp, own_topic_ids FROM counter"));
  TRY(reader.account_, database.prepare("SELECT nick, face_url, created_s FROM account "
                                        "WHERE sdkappid = ? AND user = ? AND " TIDINGS_NOT_DELETED));
  TRY(reader.group_,
      database.prepare("SELECT " TIDINGS_GROUP_COLUMNS ", c.last_topic FROM grp g JOIN grp_count c "
                       "USING(row) WHERE g.sdkappid = ? AND g.group_id = ? AND " TIDINGS_NOT_DELETED));
  TRY(reader.group_row_,
      database.prepare("SELECT row FROM grp WHERE sdkappid = ? AND group_id = ? AND "
                       TIDINGS_NOT_DELETED));
  TRY(reader.member_, database.prepare("SELECT " TIDINGS_MEMBER_COLUMNS
                                       " FROM member m WHERE m.group_row = ? AND m.user = ?"));
  TRY(reader.topic_, database.prepare("SELECT " TIDINGS_TOPIC_COLUMNS " FROM topic t "
                                      "WHERE t.row = ? AND t.group_row = ? AND t.id IS NULL"));
  TRY(reader.topic_by_own_id_, database.prepare("SELECT " TIDINGS_TOPIC_COLUMNS " FROM topic t "
                                                "WHERE t.group_row = ? AND t.id = ?"));
  TRY(reader.mute_, database.prepare("SELECT until_s FROM mute "
                                     "WHERE group_row = ? AND topic = ? AND user = ?"));
  TRY(reader.mutes_, database.prepare("SELECT user, until_s FROM mute "
                                      "WHERE group_row = ? AND topic = ? AND until_s > ? "
                                      "ORDER BY user LIMIT ?"));
  TRY(reader.joined_count_,
      database.prepare("SELECT count(*) FROM member WHERE sdkappid = ? AND user = ? AND "
                       "group_row NOT IN (SELECT row FROM dissolved_group) AND "
                       TIDINGS_NOT_DELETED));
  TRY(reader.owned_count_,
      database.prepare("SELECT type, count(*) FROM grp WHERE sdkappid = ? AND owner = ? AND "
                       TIDINGS_NOT_DELETED " GROUP BY type"));
  TRY(reader.topics_,
      database.prepare("WITH RECURSIVE " TIDINGS_TOPIC_CHAIN("VALUES(?)")
                       "SELECT " TIDINGS_TOPIC_COLUMNS
                       " FROM chain CROSS JOIN topic t ON t.row = chain.row"));
  TRY(reader.members_, database.prepare("SELECT " TIDINGS_MEMBER_COLUMNS
                                        " FROM member m WHERE m.group_row = ?"));
  TRY(reader.memberships_,
      database.prepare("SELECT " TIDINGS_GROUP_COLUMNS ", " TIDINGS_MEMBER_COLUMNS
                       " FROM member m CROSS JOIN grp g ON g.row = m.group_row CROSS JOIN "
                       "grp_count c ON c.row = m.group_row WHERE m.sdkappid = ? AND m.user = ? AND "
                       TIDINGS_NOT_DELETED));
  TRY(reader.group_counts_, GroupCountsReader::prepare(database));
  if (cache != nullptr) {
    TRY(reader.ahead_, GroupReadAhead::prepare(database));
  }
  return reader;
}

Result<const RecentCounts*> RowReader::recent_counts() {
  RecentCounts& known = recent();
  // There is one writer, and what it wrote it knows.
  if (cache_ == nullptr || known.through == 0) {
    TRY_VOID(group_counts_.catch_up(known));
  }
  return &known;
}

Result<GroupCounts> RowReader::counts_of(std::int64_t group) {
  return group_counts_.of(group, recent());
}

Result<void> RowReader::load(const Needs& needs, View& view) {
  auto loaded = load_rows(needs, view);
  if (!reading_) return loaded;
  // A group had to be read: so will others.
  if (loaded) loaded = ahead_.go_on(*cache_);
  if (loaded) loaded = reading_->commit();
  reading_.reset();
  return loaded;
}

/// Else each query takes the locks of the log and gives them back, which costs as much as a row does.
/// Where every group is cached there are few queries, and a transaction would cost more than it saves.
Result<void> RowReader::begin_reading() {
  if (database_->in_transaction()) return {};
  TRY(reading_, Transaction::begin(*database_, Transaction::Kind::snapshot));
  return {};
}

Result<void> RowReader::load_rows(const Needs& needs, View& view) {
  // Groups first: what hangs on them is found by their integer key.
  if (reads_counts(needs)) {
    TRY_VOID(recent_counts());
  }
  TRY_VOID(load_each(needs.apps, view, &RowReader::load_app));
  TRY_VOID(load_each(needs.groups, view, &RowReader::load_group));
  TRY_VOID(load_each(needs.accounts, view, &RowReader::load_account));
  TRY_VOID(load_each(needs.members, view, &RowReader::load_member));
  TRY_VOID(load_each(needs.topics, view, &RowReader::load_topic));
  TRY_VOID(load_each(needs.mutes, view, &RowReader::load_mute));
  TRY_VOID(load_each(needs.user_tallies, view, &RowReader::load_user_tally));
  TRY_VOID(load_each(needs.all_topics, view, &RowReader::load_all_topics));
  TRY_VOID(load_each(needs.all_members, view, &RowReader::load_all_members));
  TRY_VOID(load_each(needs.owners, view, &RowReader::load_owner));
  TRY_VOID(load_each(needs.memberships, view, &RowReader::load_memberships));
  TRY(const Counters stored, counters());
  // Numbers drawn in this View already must stay drawn.
  view.counters.community_and_topic =
      std::max(view.counters.community_and_topic, stored.ids.community_and_topic);
  view.counters.ordinary_group =
      std::max(view.counters.ordinary_group, stored.ids.ordinary_group);
  return {};
}

template <class Key>
Result<void> RowReader::load_each(const std::vector<Key>& keys, View& view,
                                  Result<void> (RowReader::*load_one)(const Key&, View&)) {
  for (const Key& key : keys) {
    TRY_VOID((this->*load_one)(key, view));
  }
  return {};
}

Result<Counters> RowReader::counters() {
  if (cache_ != nullptr && cache_->counters) return *cache_->counters;
  Counters found;
  auto rows = counters_.query();
  TRY(const bool exists, rows.next());
  if (exists) {
    found.ids.community_and_topic = static_cast<std::uint64_t>(rows.integer(0));
    found.ids.ordinary_group = static_cast<std::uint64_t>(rows.integer(1));
    found.group_row = rows.integer(2);
    found.joined = rows.integer(3);
    found.event_seq = rows.integer(4);
    found.app_stamp = rows.integer(5);
    found.own_topic_ids = rows.integer(6);
  }
  if (cache_ != nullptr) cache_->counters = found;
  return found;
}

Result<Tally> RowReader::tally(SdkAppId app) {
  if (cache_ != nullptr) {
    const auto cached = cache_->tallies.find(app);
    if (cached != cache_->tallies.end()) return cached->second;
  }
  Tally found;
  found.app = app;
  auto rows = tally_.query(app);
  TRY(const bool exists, rows.next());
  if (exists) {
    found = {app,           rows.integer(0), rows.integer(1), rows.integer(2),
             rows.integer(3), rows.integer(4), rows.integer(5), rows.integer(6)};
  }
  if (cache_ != nullptr) cache_->tallies.insert_or_assign(app, found);
  return found;
}

Result<AppPtr> RowReader::parse_app(SdkAppId id, std::int64_t stamp, std::string_view settings) {
  if (AppPtr cached = app_cache_->find(id, stamp)) return cached;
  TRY(App parsed, store::read_stored_app(settings, app_cache_->secrets()));
  auto app = std::make_shared<const App>(std::move(parsed));
  app_cache_->keep(id, stamp, app);
  return AppPtr{app};
}

Result<AppPtr> RowReader::app(SdkAppId id) {
  {
    auto rows = app_stamp_.query(id);
    TRY(const bool exists, rows.next());
    if (!exists) return AppPtr{};
    if (AppPtr cached = app_cache_->find(id, rows.integer(0))) return cached;
  }
  auto rows = app_.query(id);
  TRY(const bool exists, rows.next());
  if (!exists) return AppPtr{};
  return parse_app(id, rows.integer(0), rows.text(1));
}

Result<std::vector<AppPtr>> RowReader::apps() {
  std::vector<AppPtr> found;
  auto rows = apps_.query();
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    const SdkAppId id{static_cast<std::uint32_t>(rows.integer(0))};
    TRY(AppPtr app, parse_app(id, rows.integer(1), rows.text(2)));
    found.push_back(std::move(app));
  }
}

Result<void> RowReader::load_app(const SdkAppId& id, View& view) {
  if (!view.apps.known(id)) {
    TRY(AppPtr found, app(id));
    view.apps.load(id, found ? std::optional{std::move(found)} : std::nullopt);
  }
  if (!view.tallies.known(id)) {
    TRY(const Tally found, tally(id));
    view.tallies.load(id, found);
  }
  return {};
}

Result<void> RowReader::load_account(const AccountKey& key, View& view) {
  if (view.accounts.known(key)) return {};
  auto rows = account_.query(key.app, key.user);
  TRY(const bool exists, rows.next());
  if (!exists) {
    view.accounts.load(key, std::nullopt);
    return {};
  }
  Account account;
  account.key = key;
  account.nick = rows.text(0);
  account.face_url = rows.text(1);
  account.created_s = rows.integer(2);
  view.accounts.load(key, std::move(account));
  return {};
}

Result<std::optional<Group>> RowReader::find_group(const GroupKey& key) {
  if (cache_ != nullptr) {
    if (const Group* cached = cache_->groups.find(key)) return std::optional{*cached};
    TRY_VOID(begin_reading());
  }
  auto rows = group_.query(key.app, key.group);
  TRY(const bool exists, rows.next());
  if (!exists) return std::optional<Group>{};
  TRY(Group group, read_group(rows, 0, key.app));
  recent().correct(group);
  if (cache_ != nullptr) {
    cache_->groups.keep(group);
    keep_chain(group, rows, kGroupColumns, *cache_);
  }
  return std::optional{std::move(group)};
}

Result<void> RowReader::load_group(const GroupKey& key, View& view) {
  if (view.groups.known(key)) return {};
  TRY(std::optional<Group> group, find_group(key));
  view.groups.load(key, std::move(group));
  return {};
}

Result<std::int64_t> RowReader::group_row(const GroupKey& key, const View* view) {
  if (view != nullptr) {
    const auto entry = view->groups.entries().find(key);
    if (entry != view->groups.entries().end()) {
      return entry->second.row ? entry->second.row->row : 0;
    }
  }
  if (cache_ != nullptr) {
    if (const Group* cached = cache_->groups.find(key)) return cached->row;
  }
  auto rows = group_row_.query(key.app, key.group);
  TRY(const bool exists, rows.next());
  return exists ? rows.integer(0) : 0;
}

Result<void> RowReader::load_member(const MemberKey& key, View& view) {
  if (view.members.known(key)) return {};
  TRY(const std::int64_t group, group_row(key.group, &view));
  std::optional<Member> member;
  if (group != 0) {
    auto rows = member_.query(group, key.user);
    TRY(const bool exists, rows.next());
    if (exists) {
      TRY(member, read_member(rows, 0, key.group));
    }
  }
  view.members.load(key, std::move(member));
  return {};
}

Result<void> RowReader::load_topic(const TopicKey& key, View& view) {
  if (view.topics.known(key)) return {};
  TRY(const std::int64_t group, group_row(key.group, &view));
  std::optional<Topic> topic;
  if (group != 0) {
    const CompactTopicId id = compact(key.group.group, key.topic);
    const auto* const number = std::get_if<std::int64_t>(&id);
    auto rows = number != nullptr ? topic_.query(*number, group)
                                  : topic_by_own_id_.query(group, std::get<std::string>(id));
    TRY(const bool exists, rows.next());
    if (exists) {
      TRY(topic, read_topic(rows, key.group));
    }
  }
  view.topics.load(key, std::move(topic));
  return {};
}

Result<void> RowReader::load_mute(const MuteKey& key, View& view) {
  if (view.mutes.known(key)) return {};
  TRY(const std::int64_t group, group_row(key.group, &view));
  std::optional<Mute> mute;
  if (group != 0) {
    auto rows = mute_.query(group, key.topic, key.user);
    TRY(const bool exists, rows.next());
    if (exists) mute = Mute{key, rows.integer(0)};
  }
  view.mutes.load(key, std::move(mute));
  return {};
}

Result<std::vector<Mute>> RowReader::mutes(const GroupKey& group, const TopicId& topic,
                                           std::int64_t now_s, std::size_t limit) {
  std::vector<Mute> found;
  TRY(const std::int64_t row, group_row(group, nullptr));
  auto rows = mutes_.query(row, topic, now_s, static_cast<std::int64_t>(limit));
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return found;
    found.push_back({{group, topic, UserId{rows.text(0)}}, rows.integer(1)});
  }
}

Result<void> RowReader::load_user_tally(const AccountKey& key, View& view) {
  if (view.user_tallies.known(key)) return {};
  UserTally tally{key, 0, {}};
  auto joined = joined_count_.query(key.app, key.user);
  TRY_VOID(joined.next());
  tally.joined = joined.integer(0);
  auto owned = owned_count_.query(key.app, key.user);
  for (;;) {
    TRY(const bool more, owned.next());
    if (!more) break;
    tally.owned[static_cast<std::size_t>(owned.integer(0))] = owned.integer(1);
  }
  view.user_tallies.load(key, tally);
  return {};
}

Result<void> RowReader::load_all_topics(const GroupKey& group, View& view) {
  view.all_topics_loaded.insert(group);
  TRY(const std::int64_t row, group_row(group, &view));
  TRY(const GroupCounts counts, counts_of(row));
  if (!counts.last_topic) return {};
  auto rows = topics_.query(*counts.last_topic);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    TRY(Topic topic, read_topic(rows, group));
    const TopicKey key = topic.key;
    view.topics.load(key, std::move(topic));
  }
}

Result<void> RowReader::load_all_members(const GroupKey& group, View& view) {
  TRY(const std::optional<Group> stored, find_group(group));
  if (stored && stored->type == GroupType::community) return {};
  auto rows = members_.query(stored ? stored->row : 0);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) break;
    TRY(Member member, read_member(rows, 0, group));
    const MemberKey key = member.key;
    view.members.load(key, std::move(member));
  }
  view.all_members_loaded.insert(group);
  return {};
}

Result<void> RowReader::load_owner(const GroupKey& group, View& view) {
  TRY(const std::optional<Group> stored, find_group(group));
  if (!stored || stored->owner.empty()) return {};
  return load_member({group, stored->owner}, view);
}

Result<void> RowReader::load_memberships(const AccountKey& key, View& view) {
  auto rows = memberships_.query(key.app, key.user);
  for (;;) {
    TRY(const bool more, rows.next());
    if (!more) return {};
    TRY(Group group, read_group(rows, 0, key.app));
    recent().correct(group);
    const GroupKey group_key = group.key;
    TRY(Member member, read_member(rows, kGroupColumns, group_key));
    view.groups.load(group_key, std::move(group));
    view.members.load({group_key, key.user}, std::move(member));
  }
}

}  // namespace tidings::sqlite

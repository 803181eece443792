#include "store_sqlite/schema.h"

namespace tidings::sqlite {
namespace {

// A released step is never edited: what has to change becomes the next step.
//
// What it is laid out for: one create_topic touches the last pages of `topic`, `event`, `event_of_app`,
// `pending` and `grp_count_log`;
// once per batch come `tally`, `ledger` and `counter`. So the cost does not grow with what is stored.
constexpr const char* kFirst = R"sql(
-- app.stamp: unique for every version of every app, ever; caches go by it.
CREATE TABLE app(
  sdkappid INTEGER PRIMARY KEY, settings TEXT NOT NULL, stamp INTEGER NOT NULL);

-- Survives its app: event_sequence never starts again.
CREATE TABLE tally(
  sdkappid INTEGER PRIMARY KEY, accounts INTEGER NOT NULL, groups INTEGER NOT NULL,
  communities INTEGER NOT NULL, day INTEGER NOT NULL, net_new_today INTEGER NOT NULL,
  event_sequence INTEGER NOT NULL);

-- accepted = delivered + pending + dead + cancelled, changed in the commits that it counts.
CREATE TABLE ledger(
  sdkappid INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, delivered INTEGER NOT NULL,
  pending INTEGER NOT NULL, dead INTEGER NOT NULL, cancelled INTEGER NOT NULL);

-- Numbers that were drawn last. No number is ever drawn again.
CREATE TABLE counter(
  one INTEGER PRIMARY KEY CHECK(one = 1), community_and_topic INTEGER NOT NULL,
  ordinary_group INTEGER NOT NULL, group_row INTEGER NOT NULL, joined INTEGER NOT NULL,
  event_seq INTEGER NOT NULL, app_stamp INTEGER NOT NULL);

-- Texts that repeat: callback commands, platforms, outcomes, addresses. Columns that refer to it
-- hold the id, or the text itself once the dictionary is full.
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
-- Id 1 is stored in no bytes at all, so a delivered event's row does not grow.
INSERT INTO word VALUES(1, 'ok');

CREATE TABLE account(
  sdkappid INTEGER NOT NULL, user TEXT NOT NULL, nick TEXT NOT NULL, face_url TEXT NOT NULL,
  created_s INTEGER NOT NULL, PRIMARY KEY(sdkappid, user)) WITHOUT ROWID;

CREATE TABLE grp(
  row INTEGER PRIMARY KEY, sdkappid INTEGER NOT NULL, group_id TEXT NOT NULL,
  type INTEGER NOT NULL, name TEXT NOT NULL, introduction TEXT NOT NULL,
  notification TEXT NOT NULL, face_url TEXT NOT NULL, owner TEXT, create_time_s INTEGER NOT NULL,
  info_seq INTEGER NOT NULL, last_info_time_s INTEGER NOT NULL, last_msg_time_s INTEGER NOT NULL,
  next_msg_seq INTEGER NOT NULL, max_member_num INTEGER NOT NULL, apply_join INTEGER NOT NULL,
  mute_all INTEGER NOT NULL, support_topic INTEGER NOT NULL, fields BLOB NOT NULL,
  UNIQUE(sdkappid, group_id));
CREATE INDEX grp_by_type ON grp(sdkappid, type);
CREATE INDEX grp_by_owner ON grp(sdkappid, owner, type) WHERE owner IS NOT NULL;

-- What changes with every member and topic, apart from the profile.
CREATE TABLE grp_count(
  row INTEGER PRIMARY KEY REFERENCES grp(row), member_num INTEGER NOT NULL,
  topic_num INTEGER NOT NULL);

-- joined: the order of joining, over all groups; pages go by it.
CREATE TABLE member(
  group_row INTEGER NOT NULL REFERENCES grp(row), joined INTEGER NOT NULL,
  sdkappid INTEGER NOT NULL, user TEXT NOT NULL, role INTEGER NOT NULL,
  join_time_s INTEGER NOT NULL, msg_seq INTEGER NOT NULL, msg_flag TEXT NOT NULL,
  last_send_msg_time_s INTEGER NOT NULL, name_card TEXT NOT NULL, unread_msg_num INTEGER NOT NULL,
  fields BLOB NOT NULL, PRIMARY KEY(group_row, joined)) WITHOUT ROWID;
CREATE UNIQUE INDEX member_of_group ON member(group_row, user);
CREATE INDEX member_of_account ON member(sdkappid, user, joined);

-- id: see compact_id.h.
CREATE TABLE topic(
  group_row INTEGER NOT NULL REFERENCES grp(row), id NOT NULL, name TEXT NOT NULL,
  introduction TEXT NOT NULL, notification TEXT NOT NULL, face_url TEXT NOT NULL,
  custom_string TEXT NOT NULL, mute_all INTEGER NOT NULL, create_time_s INTEGER NOT NULL,
  last_msg_time_s INTEGER NOT NULL, next_msg_seq INTEGER NOT NULL, creator TEXT NOT NULL,
  fields BLOB NOT NULL, PRIMARY KEY(group_row, id)) WITHOUT ROWID;

-- topic: '' mutes in the whole group.
CREATE TABLE mute(
  group_row INTEGER NOT NULL REFERENCES grp(row), topic TEXT NOT NULL, user TEXT NOT NULL,
  sdkappid INTEGER NOT NULL, until_s INTEGER NOT NULL,
  PRIMARY KEY(group_row, topic, user)) WITHOUT ROWID;
CREATE INDEX mute_of_account ON mute(sdkappid, user);

-- Append-only. command, opt_platform: word. request_id: see compact_id.h.
CREATE TABLE event(
  seq INTEGER PRIMARY KEY, sdkappid INTEGER NOT NULL, app_sequence INTEGER NOT NULL,
  command NOT NULL, group_id TEXT NOT NULL, request_id BLOB NOT NULL, time_ms INTEGER NOT NULL,
  client_ip TEXT NOT NULL, opt_platform NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX event_of_app ON event(sdkappid, app_sequence);

-- state: 0 pending, 1 delivered, 2 dead, 3 cancelled. changed_ms: when it took this state.
-- next_attempt_ms: -1 = parked, below: store/event_log.h. last_outcome: word, 0 = none.
CREATE TABLE delivery(
  seq INTEGER PRIMARY KEY REFERENCES event(seq), sdkappid INTEGER NOT NULL,
  state INTEGER NOT NULL, attempts INTEGER NOT NULL, next_attempt_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL, last_outcome NOT NULL);
CREATE INDEX delivery_pending ON delivery(sdkappid) WHERE state = 0;
CREATE INDEX delivery_dead ON delivery(sdkappid) WHERE state = 2;

-- outcome, address: word.
CREATE TABLE attempt(
  seq INTEGER NOT NULL REFERENCES event(seq), number INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, outcome NOT NULL, http_status INTEGER NOT NULL,
  detail TEXT NOT NULL, address NOT NULL, response_bytes INTEGER NOT NULL,
  PRIMARY KEY(seq, number)) WITHOUT ROWID;
)sql";

// What an operator does with many events, and how far it has come.
constexpr const char* kOperatorsHands = R"sql(
-- kind: 0 replay, 1 cancel. state: 0 running, 1 done, 2 cancelled, 3 failed. states: StateSet.
-- after, through: of event.app_sequence, as cursor. planned_*: what the filter found at the start.
CREATE TABLE event_job(
  id INTEGER PRIMARY KEY, sdkappid INTEGER NOT NULL, kind INTEGER NOT NULL,
  state INTEGER NOT NULL, group_id TEXT, topic TEXT, command TEXT, states INTEGER NOT NULL,
  from_ms INTEGER, until_ms INTEGER, after INTEGER NOT NULL, through INTEGER NOT NULL,
  url TEXT NOT NULL, rate INTEGER NOT NULL, end_as INTEGER NOT NULL,
  planned_count INTEGER NOT NULL, planned_groups INTEGER NOT NULL,
  planned_oldest_ms INTEGER NOT NULL, planned_newest_ms INTEGER NOT NULL,
  planned_last INTEGER NOT NULL, cursor INTEGER NOT NULL, done INTEGER NOT NULL,
  failed INTEGER NOT NULL, skipped INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL, note TEXT NOT NULL);

-- Few are cancelled, and none of them on the way of a delivery.
CREATE INDEX delivery_cancelled ON delivery(sdkappid) WHERE state = 3;
)sql";

// What retention took: the ledger counts it on, and it can still be counted afresh.
constexpr const char* kRetention = R"sql(
CREATE TABLE purged(
  sdkappid INTEGER PRIMARY KEY, delivered INTEGER NOT NULL, dead INTEGER NOT NULL,
  cancelled INTEGER NOT NULL);
)sql";

// Groups of type AVChatRoom (3) of an app, for its quota of them.
constexpr const char* kAvChatRooms = R"sql(
ALTER TABLE tally ADD COLUMN av_chat_rooms INTEGER NOT NULL DEFAULT 0;
UPDATE tally SET av_chat_rooms =
  (SELECT count(*) FROM grp WHERE grp.sdkappid = tally.sdkappid AND grp.type = 3);
)sql";

// Topics stand in the order of their creation, so that those of a batch share pages of the file
// whatever groups they belong to. The topics of a group form a chain: grp_count has its last one,
// each has the one before it. No index by group: it would have a page for every topic of a batch.
//
// row: the number of a default id; else below zero. id: see compact_id.h, NULL for a default id.
constexpr const char* kTopicsInOrder = R"sql(
CREATE TABLE topic_in_order(
  row INTEGER PRIMARY KEY, group_row INTEGER NOT NULL, previous INTEGER, id TEXT,
  name TEXT NOT NULL, introduction TEXT NOT NULL, notification TEXT NOT NULL,
  face_url TEXT NOT NULL, custom_string TEXT NOT NULL, mute_all INTEGER NOT NULL,
  create_time_s INTEGER NOT NULL, last_msg_time_s INTEGER NOT NULL,
  next_msg_seq INTEGER NOT NULL, creator TEXT NOT NULL, fields BLOB NOT NULL);
CREATE TABLE own_topic_id(
  number INTEGER PRIMARY KEY, group_row INTEGER NOT NULL, id TEXT NOT NULL, UNIQUE(group_row, id));
INSERT INTO own_topic_id(group_row, id)
  SELECT group_row, id FROM topic WHERE typeof(id) <> 'integer' ORDER BY group_row, id;
-- Millions need no memory: one window, along the primary key, sorts nothing; and without OR ROLLBACK a
-- copy of every page would be kept until the end of the statement.
INSERT OR ROLLBACK INTO topic_in_order
  SELECT iif(typeof(t.id) = 'integer', t.id,
             (SELECT -o.number FROM own_topic_id o WHERE o.group_row = t.group_row AND o.id = t.id)),
         t.group_row,
         lag(iif(typeof(t.id) = 'integer', t.id,
                 (SELECT -o.number FROM own_topic_id o
                  WHERE o.group_row = t.group_row AND o.id = t.id)))
           OVER (PARTITION BY t.group_row ORDER BY t.id),
         iif(typeof(t.id) = 'integer', NULL, t.id), t.name, t.introduction, t.notification,
         t.face_url, t.custom_string, t.mute_all, t.create_time_s, t.last_msg_time_s,
         t.next_msg_seq, t.creator, t.fields
  FROM topic t;
DROP TABLE own_topic_id;
CREATE UNIQUE INDEX topic_by_own_id ON topic_in_order(group_row, id) WHERE id IS NOT NULL;
ALTER TABLE grp_count ADD COLUMN last_topic INTEGER;
UPDATE OR ROLLBACK grp_count SET last_topic = (
  SELECT iif(typeof(t.id) = 'integer', t.id,
             (SELECT o.row FROM topic_in_order o WHERE o.group_row = t.group_row AND o.id = t.id))
  FROM topic t WHERE t.group_row = grp_count.row ORDER BY t.id DESC LIMIT 1);
-- Topics with an id of their own, ever: where their rows go on.
ALTER TABLE counter ADD COLUMN own_topic_ids INTEGER NOT NULL DEFAULT 0;
UPDATE counter SET own_topic_ids = -(SELECT min(0, coalesce(min(row), 0)) FROM topic_in_order);
-- Else every page of it is copied, to be filled with zeros.
PRAGMA secure_delete = FAST;
DROP TABLE topic;
PRAGMA secure_delete = ON;
ALTER TABLE topic_in_order RENAME TO topic;
)sql";

// An event that waits has a row in `pending`, one that ended in `ended`, and nearly all of them end with
// their first attempt, which is then part of that row: two trees less to change on the way of an event.
// `delivery` shows all of them to people.
//
// ended.duration_us: NULL where the row holds no attempt. One that it holds is the event's last.
constexpr const char* kPendingApart = R"sql(
CREATE TABLE pending(
  sdkappid INTEGER NOT NULL, seq INTEGER NOT NULL REFERENCES event(seq),
  attempts INTEGER NOT NULL, next_attempt_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,
  last_outcome NOT NULL, PRIMARY KEY(sdkappid, seq)) WITHOUT ROWID;
INSERT OR ROLLBACK INTO pending
  SELECT sdkappid, seq, attempts, next_attempt_ms, changed_ms, last_outcome
  FROM delivery INDEXED BY delivery_pending WHERE state = 0 ORDER BY sdkappid, seq;
DELETE FROM delivery WHERE state = 0;
DROP INDEX delivery_pending;
ALTER TABLE delivery RENAME TO ended;
ALTER TABLE ended RENAME COLUMN next_attempt_ms TO at_ms;
ALTER TABLE ended ADD COLUMN duration_us INTEGER;
ALTER TABLE ended ADD COLUMN http_status INTEGER;
ALTER TABLE ended ADD COLUMN detail TEXT;
ALTER TABLE ended ADD COLUMN address;
ALTER TABLE ended ADD COLUMN response_bytes INTEGER;
CREATE VIEW delivery AS
  SELECT seq, sdkappid, state, attempts, 0 AS next_attempt_ms, changed_ms, last_outcome FROM ended
  UNION ALL
  SELECT seq, sdkappid, 0, attempts, next_attempt_ms, changed_ms, last_outcome FROM pending;
)sql";

// Counts of groups that changed lately, one row a commit: group_counts.h, which also says when they are
// moved into grp_count. The newest entry of a group is what counts.
//
// entries: four varints a group (varint.h): grp.row, member_num, topic_num, last_topic. Of the last the
// lowest bit says whether it is below zero, 0 is NULL.
constexpr const char* kCountsLogged = R"sql(
CREATE TABLE grp_count_log(id INTEGER PRIMARY KEY, entries BLOB NOT NULL);
)sql";

// What is deleted as a whole is marked, and its rows go afterwards, some a commit (deleted_rows.h). Until
// then nobody sees them: every look-up by app leaves out those that stand here, rows of a group are found
// by its row alone, and events of such an app that wait are cancelled.
//
// last_topic: where the chain of the topics begins that are left; NULL: none is.
constexpr const char* kDeletedApart = R"sql(
CREATE TABLE deleted_app(sdkappid INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL);
CREATE TABLE dissolved_group(row INTEGER PRIMARY KEY, last_topic INTEGER);
DROP VIEW delivery;
CREATE VIEW delivery AS
  SELECT seq, sdkappid, state, attempts, 0 AS next_attempt_ms, changed_ms, last_outcome FROM ended
  UNION ALL
  SELECT seq, sdkappid, iif(sdkappid IN (SELECT sdkappid FROM deleted_app), 3, 0), attempts,
         iif(sdkappid IN (SELECT sdkappid FROM deleted_app), 0, next_attempt_ms),
         coalesce((SELECT at_ms FROM deleted_app d WHERE d.sdkappid = pending.sdkappid), changed_ms),
         last_outcome
  FROM pending;
)sql";

// Owner and admins of a community are asked for by role: a handful among up to 100,000 members.
constexpr const char* kLeadersIndexed = R"sql(
CREATE INDEX member_leading ON member(group_row, joined) WHERE role > 0;
)sql";

constexpr Migration kMigrations[] = {{1, "first", kFirst},
                                     {2, "operator's hands", kOperatorsHands},
                                     {3, "retention", kRetention},
                                     {4, "AVChatRooms counted", kAvChatRooms},
                                     {5, "topics in order", kTopicsInOrder},
                                     {6, "pending apart", kPendingApart},
                                     {7, "counts logged", kCountsLogged},
                                     {8, "deleted apart", kDeletedApart},
                                     {9, "leaders indexed", kLeadersIndexed}};
constexpr Schema kSchema{kStoreApplicationId, "tidings serve", kMigrations};

}  // namespace

const Schema& store_schema() { return kSchema; }

}  // namespace tidings::sqlite

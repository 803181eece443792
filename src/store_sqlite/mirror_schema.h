/// The file of a receiver: `mirror.db` in its data folder.
///
/// Laid out so that a callback's rows share their pages with those of the callbacks before it, since
/// every page that a commit touches is logged, synced and checkpointed whole:
/// * The inbox grows at its end, and its time order is its id order.
/// * A usual topic is found by the number in its id (topic_number.h), which grows, so that index
///   grows at its end too. Topics of a group are a chain from the newest to the oldest; only its head
///   changes with a topic, and hundreds of heads share a page.
/// * Topics in the order of their last change are runs of rows: those that came with one commit are one
///   entry, not one each. A row changed since is left out where it was, and has an entry of its own.
/// * What makes two requests the same is random. Such keys wait in memory and come into `inbox_seen`
///   many at once, in their order (inbox_keys.h).
#pragma once

#include <array>

#include "store_sqlite/migration.h"

namespace tidings::sqlite {

inline constexpr std::array<Migration, 9> kMirrorMigrations{{
    {1, "inbox and mirror", R"(
CREATE TABLE inbox(
  id INTEGER PRIMARY KEY,        -- 1, 2, 3, ... in order of commit
  key BLOB NOT NULL,             -- app and RequestID or hash: what makes two requests the same
  app INTEGER NOT NULL,
  command TEXT NOT NULL,
  grp TEXT NOT NULL,
  received_ms INTEGER NOT NULL,  -- ascends with id
  event_time_ms INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  client_ip TEXT NOT NULL,
  opt_platform TEXT NOT NULL,
  body TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX inbox_key ON inbox(key);

CREATE TABLE mirror_topic(
  row INTEGER PRIMARY KEY,
  app INTEGER NOT NULL,
  topic TEXT NOT NULL,
  grp TEXT NOT NULL,             -- GroupId as given
  mismatch INTEGER NOT NULL,     -- 1: topic does not begin with grp
  alive INTEGER NOT NULL,        -- 0: a tombstone
  updated_ms INTEGER NOT NULL,
  stamps BLOB NOT NULL,          -- seen, created, destroyed, name, introduction, notification, face_url
  type TEXT NOT NULL,
  owner TEXT NOT NULL,
  operator TEXT NOT NULL,
  name TEXT NOT NULL,
  introduction TEXT NOT NULL,
  notification TEXT NOT NULL,
  face_url TEXT NOT NULL,
  user_defined_data TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX mirror_topic_id ON mirror_topic(app, topic);
CREATE INDEX mirror_topic_updated ON mirror_topic(app, updated_ms);
CREATE INDEX mirror_topic_mismatch ON mirror_topic(app, grp) WHERE mismatch = 1;

CREATE TABLE mirror_group(
  row INTEGER PRIMARY KEY,
  app INTEGER NOT NULL,
  grp TEXT NOT NULL,
  alive INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  stamps BLOB NOT NULL,          -- created, destroyed, owner, name, introduction, notification,
                                 -- face_url, members, full, reread
  type TEXT NOT NULL,
  operator TEXT NOT NULL,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  introduction TEXT NOT NULL,
  notification TEXT NOT NULL,
  face_url TEXT NOT NULL,
  user_defined_data TEXT NOT NULL,
  initial_members INTEGER,       -- NULL: not known
  member_change INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX mirror_group_id ON mirror_group(app, grp);
CREATE INDEX mirror_group_updated ON mirror_group(app, updated_ms);

CREATE TABLE mirror_tally(
  app INTEGER PRIMARY KEY,
  accepted INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  max_sequence INTEGER NOT NULL,
  topics INTEGER NOT NULL,
  topic_tombstones INTEGER NOT NULL,
  groups INTEGER NOT NULL,
  group_tombstones INTEGER NOT NULL) STRICT;
)"},
    {2, "requests as received", R"(
ALTER TABLE inbox ADD COLUMN target TEXT NOT NULL DEFAULT '';   -- path and query of the request
ALTER TABLE inbox ADD COLUMN via INTEGER NOT NULL DEFAULT 0;    -- 0: sent to us, 1: from the feed
)"},
    {3, "numbers that arrived", R"(
CREATE TABLE mirror_sequence(
  app INTEGER PRIMARY KEY,
  contiguous INTEGER NOT NULL,   -- every number up to it is accounted for
  beyond BLOB NOT NULL,          -- ranges above it (mirror_codec.h)
  filled INTEGER NOT NULL,
  gone INTEGER NOT NULL) STRICT;
-- What was missed before numbers were looked at is not known.
INSERT INTO mirror_sequence
  SELECT app, max_sequence, x'', 0, 0 FROM mirror_tally WHERE max_sequence > 0;
)"},
    // topic_parent(), topic_number(): of this program, topic_number.h.
    {4, "indexes that grow at their end", R"(
-- A row for each group that ids of topics name, whether the group is known or not.
CREATE TABLE mirror_parent(
  row INTEGER PRIMARY KEY,
  app INTEGER NOT NULL,
  grp TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX mirror_parent_id ON mirror_parent(app, grp);
CREATE TABLE mirror_chain(
  parent INTEGER PRIMARY KEY,    -- mirror_parent.row
  last INTEGER NOT NULL) STRICT; -- mirror_topic.row of its newest topic

ALTER TABLE mirror_topic ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;  -- 0: the id names no group
ALTER TABLE mirror_topic ADD COLUMN before INTEGER NOT NULL DEFAULT 0;  -- row in the chain; 0: first
ALTER TABLE mirror_topic ADD COLUMN number INTEGER;  -- NULL: not a default id

INSERT INTO mirror_parent(app, grp)
  SELECT DISTINCT app, topic_parent(topic) FROM mirror_topic
  WHERE topic_parent(topic) IS NOT NULL;
-- Row by row in their order, into an index that is there already: nothing has to be sorted.
CREATE INDEX mirror_topic_number ON mirror_topic(number, parent) WHERE number IS NOT NULL;
INSERT INTO mirror_chain SELECT row, 0 FROM mirror_parent;
CREATE TRIGGER mirror_link AFTER UPDATE OF parent ON mirror_topic WHEN new.parent > 0 BEGIN
  UPDATE mirror_topic SET before = (SELECT last FROM mirror_chain WHERE parent = new.parent)
    WHERE row = new.row;
  UPDATE mirror_chain SET last = new.row WHERE parent = new.parent;
END;
UPDATE mirror_topic SET number = topic_number(topic), parent = coalesce(
  (SELECT p.row FROM mirror_parent p
   WHERE p.app = mirror_topic.app AND p.grp = topic_parent(mirror_topic.topic)), 0);
DROP TRIGGER mirror_link;
DROP INDEX mirror_topic_id;
CREATE UNIQUE INDEX mirror_topic_custom ON mirror_topic(app, topic) WHERE number IS NULL;

-- inbox.key of the entries up to inbox_seen_through; later ones are in memory.
CREATE TABLE inbox_seen(key BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO inbox_seen SELECT key, id FROM inbox ORDER BY key;
DROP INDEX inbox_key;
CREATE TABLE inbox_seen_through(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  id INTEGER NOT NULL) STRICT;
INSERT INTO inbox_seen_through SELECT 1, coalesce(max(id), 0) FROM inbox;
)"},
    // Also: inbox.target may be in the short form of receiver/request_target.h.
    {5, "topics by time in runs", R"(
-- Rows of mirror_topic from first to last. One counts here if it has this app and this updated_ms; each
-- row counts in exactly one run, since times of changes never go back (inbox.received_ms).
CREATE TABLE mirror_topic_run(
  app INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY(app, updated_ms, first)) STRICT, WITHOUT ROWID;
INSERT INTO mirror_topic_run
  SELECT app, updated_ms, row, row FROM mirror_topic ORDER BY app, updated_ms, row;
DROP INDEX mirror_topic_updated;
)"},
    {6, "numbers that were given up", R"(
-- Ranges (mirror_codec.h). NULL: of those up to contiguous it is not known which have arrived.
ALTER TABLE mirror_sequence ADD COLUMN given_up BLOB;
)"},
    {7, "numbers of a replaced source", R"(
ALTER TABLE mirror_sequence ADD COLUMN renumbered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mirror_sequence ADD COLUMN renumbered_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mirror_sequence ADD COLUMN used_twice INTEGER NOT NULL DEFAULT 0;
)"},
    {8, "destructions of large groups", R"(
-- Destroyed groups of which not all topics have been ended; usually none.
CREATE TABLE mirror_ending(
  app INTEGER NOT NULL,
  grp TEXT NOT NULL,
  chain INTEGER NOT NULL,        -- mirror_topic.row to go on with; 0: the chain has ended
  given INTEGER NOT NULL,        -- of those there by their GroupId only: rows behind this one
  PRIMARY KEY(app, grp)) STRICT, WITHOUT ROWID;
)"},
    {9, "since when all keys are there", R"(
-- No key has been purged of an entry that was received at this time or later; 0: none at all.
ALTER TABLE inbox_seen_through ADD COLUMN forgotten_ms INTEGER NOT NULL DEFAULT 0;
UPDATE inbox_seen_through SET forgotten_ms = coalesce(
  (SELECT received_ms FROM inbox WHERE id = (SELECT min(id) FROM inbox) AND id > 1), 0);
)"},
}};

/// "TIRX" in ASCII.
inline constexpr Schema kMirrorSchema{0x54495258, "tidings receive", kMirrorMigrations};

}  // namespace tidings::sqlite

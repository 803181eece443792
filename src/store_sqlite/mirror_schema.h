/// The file of a receiver: `mirror.db` in its data folder.
///
/// Long ids stand behind integer keys. The tables are laid out for one insertion per callback: the
/// inbox grows at its end, its time order is its id order, and topics of a group are found by their
/// ids' common beginning, so that the usual topic needs no index by group.
#pragma once

#include <array>

#include "store_sqlite/migration.h"

namespace tidings::sqlite {

inline constexpr std::array<Migration, 3> kMirrorMigrations{{
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
}};

/// "TIRX" in ASCII.
inline constexpr Schema kMirrorSchema{0x54495258, "tidings receive", kMirrorMigrations};

}  // namespace tidings::sqlite

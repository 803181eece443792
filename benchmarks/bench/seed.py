"""Fills stores with millions of topics without waiting for millions of calls.

Rows are multiplied in the database files from ones that Tidings itself wrote: a community with a
topic and its event, and what the receiver made of its callback. Ids go on from the store's own
counters, which are moved on with them. REQUIRES: both ends stopped.
"""

import sqlite3

# Half of a community's limit: the other half is for the topics that are created and measured.
TOPICS_PER_GROUP = 100
PREFIX = "@TGS#_seed"
# Rows a transaction: enough to be quick, little enough for the page cache.
STEP = 500_000


def open_quickly(file):
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = OFF",
                   "cache_size = -262144", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}")
    return database


def close(database):
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def series(name, count):
    """A common table expression with 0 .. count - 1."""
    return (f"WITH RECURSIVE {name}(n) AS "
            f"(SELECT 0 UNION ALL SELECT n + 1 FROM {name} WHERE n + 1 < {count})")


def multiply(database, table, source_where, count, first=0, **columns):
    """Inserts `count` copies of the one row that `source_where` finds; `columns` are expressions
    over n, which runs from `first`, and the source row t."""
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(columns.get(name, f't."{name}"') for name in names)
    for begin in range(first, first + count, STEP):
        part = min(STEP, first + count - begin)
        database.execute("BEGIN")
        database.execute(
            f"{series('step', part)}, numbers(n) AS (SELECT n + {begin} FROM step) "
            f"INSERT INTO {table} SELECT {values} FROM numbers, "
            f"(SELECT * FROM {table} WHERE {source_where} LIMIT 1) t")
        database.execute("COMMIT")


def backend_topics(file, topics):
    """`topics` in groups PREFIX0, PREFIX1, ... Returns the number of groups."""
    groups = topics // TOPICS_PER_GROUP
    backend_groups(file, groups, topics)
    return groups


def backend_groups(file, groups, topics=0):
    """More communities than an app may create in a day; `topics` are spread over them."""
    database = open_quickly(file)
    number, group_row, joined = database.execute(
        "SELECT community_and_topic, group_row, joined FROM counter").fetchone()
    source = database.execute("SELECT min(group_row) FROM topic").fetchone()[0]
    multiply(database, "grp", f"row = {source}", groups, row=f"{group_row} + 1 + n",
             group_id=f"'{PREFIX}' || n")
    each = topics // groups
    multiply(database, "grp_count", f"row = {source}", groups, row=f"{group_row} + 1 + n",
             topic_num=str(each), last_topic=f"{number} + (n + 1) * {each}" if each else "NULL")
    multiply(database, "member", f"group_row = {source}", groups, group_row=f"{group_row} + 1 + n",
             joined=f"{joined} + 1 + n")
    if topics:
        # Each is linked to the one before it in its group.
        multiply(database, "topic", f"group_row = {source}", topics, row=f"{number} + 1 + n",
                 group_row=f"{group_row} + 1 + n / {each}",
                 previous=f"iif(n % {each} = 0, NULL, {number} + n)", name="'Topic ' || n")
    database.execute("UPDATE counter SET community_and_topic = community_and_topic + ?, "
                     "group_row = group_row + ?, joined = joined + ?", (topics, groups, groups))
    database.execute("UPDATE tally SET groups = groups + ?, communities = communities + ?",
                     (groups, groups))
    close(database)


def backend_backlog(file, events, groups=10000):
    """Events that wait: copies of the one that is there, in groups of their own."""
    database = open_quickly(file)
    seq = database.execute("SELECT event_seq FROM counter").fetchone()[0]
    sequence = database.execute("SELECT event_sequence FROM tally").fetchone()[0]
    source = database.execute("SELECT min(seq) FROM event").fetchone()[0]
    multiply(database, "event", f"seq = {source}", events, seq=f"{seq} + 1 + n",
             app_sequence=f"{sequence} + 1 + n", request_id="randomblob(16)",
             group_id=f"'@TGS#_waits' || (n % {groups})")
    database.execute("INSERT INTO pending SELECT sdkappid, seq, 0, 0, time_ms, 0 FROM event "
                     "WHERE seq > ?", (seq,))
    database.execute("UPDATE counter SET event_seq = event_seq + ?", (events,))
    database.execute("UPDATE tally SET event_sequence = event_sequence + ?", (events,))
    database.execute("UPDATE ledger SET accepted = accepted + ?, pending = pending + ?",
                     (events, events))
    close(database)


BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def topic_token(number):
    """What a default TopicId ends with (protocol 2.4), with a trailer of its own."""
    token = "c"
    while True:
        token += BASE32[number % 32]
        number //= 32
        if number == 0:
            return token + "T"


def receiver_topics(file, topics):
    """The same topics in the receiver's inbox and mirror, the last of them the newest."""
    database = open_quickly(file)
    database.create_function("topic_token", 1, topic_token, deterministic=True)
    inbox = database.execute("SELECT max(id) FROM inbox").fetchone()[0]
    row, number = database.execute("SELECT max(row), max(number) FROM mirror_topic").fetchone()
    parent = database.execute("SELECT max(row) FROM mirror_parent").fetchone()[0]
    groups = -(-topics // TOPICS_PER_GROUP)
    group = f"'{PREFIX}' || (n / {TOPICS_PER_GROUP})"
    multiply(database, "inbox", f"id = {inbox}", topics, id=f"{inbox} + 1 + n",
             key="randomblob(length(t.key))", grp=group, request_id="hex(randomblob(16))")
    database.execute("INSERT OR IGNORE INTO inbox_seen SELECT key, id FROM inbox ORDER BY key")
    database.execute("UPDATE inbox_seen_through SET id = (SELECT max(id) FROM inbox)")
    multiply(database, "mirror_topic", f"row = {row}", topics, row=f"{row} + 1 + n",
             topic=f"{group} || '@TOPIC#_@TOPIC#' || topic_token({number} + 1 + n)", grp=group,
             parent=f"{parent} + 1 + n / {TOPICS_PER_GROUP}", number=f"{number} + 1 + n",
             before=f"CASE WHEN n % {TOPICS_PER_GROUP} = 0 THEN 0 ELSE {row} + n END")
    database.execute("INSERT INTO mirror_topic_run SELECT app, updated_ms, ? + 1, ? + ? FROM mirror_topic "
                     "WHERE row = ?", (row, row, topics, row))
    multiply(database, "mirror_parent", f"row = {parent}", groups, row=f"{parent} + 1 + n",
             grp=f"'{PREFIX}' || n")
    multiply(database, "mirror_chain", f"parent = {parent}", groups, parent=f"{parent} + 1 + n",
             last=f"{row} + min({topics}, (n + 1) * {TOPICS_PER_GROUP})")
    database.execute("UPDATE mirror_tally SET accepted = accepted + ?, topics = topics + ?",
                     (topics, topics))
    close(database)

"""Three independent records of what happened, and their comparison: what callers were told
(callers.py), serve's table (read from its file with another SQLite client), and the receiver's
inbox and mirror (asked at its query door).

What is asserted, at rest:
  lost          answered OK, but not once and alike in the mirror
  unresolved    accepted, but neither delivered nor dead nor cancelled
  applied twice inbox entries or mirrored topics that stand for the same event
  out of order  an event that arrived for the first time after a younger one of its group
  left behind   refused, but with a trace in serve's table or in the mirror (P1)
  other end     a topic that is alive, or called so, at one end only
"""

import collections
import sqlite3

from harness import AFTER_CREATE_TOPIC, Receiver, daemons

STATES = ("pending", "delivered", "dead", "cancelled")


def serve_table(file):
    """(ledger counted afresh, ledger as kept, events as (sequence, command, group, body))."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        words = dict(database.execute("SELECT id, text FROM word"))
        counted = collections.Counter()
        for state, count in database.execute(
                "SELECT coalesce(d.state, -1), count(*) FROM event e LEFT JOIN delivery d"
                " ON d.seq = e.seq GROUP BY 1"):
            counted[STATES[state] if state >= 0 else "no state"] += count
        counted["accepted"] = sum(counted.values())
        row = database.execute("SELECT sum(accepted), sum(delivered), sum(pending), sum(dead),"
                               " sum(cancelled) FROM ledger").fetchone()
        kept = dict(zip(("accepted", "delivered", "pending", "dead", "cancelled"), row))
        events = [(sequence, words.get(command, command), group, body)
                  for sequence, command, group, body in database.execute(
                      "SELECT app_sequence, command, group_id, body FROM event ORDER BY seq")]
        topic_names = [name for (name,) in database.execute("SELECT name FROM topic")]
        return dict(counted), kept, events, topic_names
    finally:
        database.close()


def pages(receive, path, name, **filters):
    more = "".join(f"&{key}={daemons.quoted(str(value))}" for key, value in filters.items())
    after, rows = "", []
    while True:
        status, page = Receiver(receive).get(f"{path}?limit=1000{more}{after}")
        if status != 200:
            raise daemons.Failed(f"{path}: {status} {page}")
        rows += page[name]
        if not page.get("next"):
            return rows
        after = "&after=" + daemons.quoted(str(page["next"]))


def out_of_order(inbox):
    """Entries, in the order of their first arrival, that are older than one before them."""
    newest, late = {}, []
    for entry in sorted(inbox, key=lambda each: each["id"]):
        group, sequence = entry["group_id"], entry["sequence"]
        if sequence < newest.get(group, 0):
            late.append((group, sequence, newest[group]))
        newest[group] = max(newest.get(group, 0), sequence)
    return late


def as_told(known, rows):
    if len(rows) != 1 or rows[0]["group_id"] != known.group:
        return False
    # What is left of a destroyed topic has no name.
    named = rows[0]["state"] == "destroyed" or rows[0]["name"] in known.names
    return named and rows[0]["state"] in known.states


class Comparison:
    """The figures of one run, once everything is at rest."""

    def __init__(self, callers, serve_file, receive, app):
        told, unanswered, refused = callers.told, callers.unanswered, callers.refused
        self.counted, self.kept, self.events, topic_names = serve_table(serve_file)
        self.inbox = [each for each in pages(receive, "/inbox", "entries", sdkappid=app)]
        mirror = pages(receive, "/mirror/topics", "topics", sdkappid=app)
        ledger = Receiver(receive).get("/ledger?recount=1")[1]
        tally = next((each for each in ledger["apps"] if each["sdkappid"] == app), {})
        rows = collections.defaultdict(list)
        for row in mirror:
            rows[row["topic_id"]].append(row)
        self.told = len(told)
        self.lost = [(topic, str(known), [(row["group_id"], row["name"], row["state"])
                                          for row in rows[topic]])
                     for topic, known in told.items() if not as_told(known, rows[topic])]
        self.unresolved = self.counted.get("pending", 0) + self.counted.get("no state", 0)
        requests = collections.Counter(each["request_id"] for each in self.inbox)
        names = collections.Counter(row["name"] for row in mirror if row["state"] == "alive")
        self.applied_twice = ([key for key, count in requests.items() if count > 1] +
                              [key for key, count in names.items() if count > 1])
        self.duplicates_seen = tally.get("duplicates", 0)
        self.late = out_of_order(self.inbox)
        # Where the caller does not know how a change ended, serve's table says it.
        alive = sorted(row["name"] for row in mirror if row["state"] == "alive")
        self.other_end = sorted(set(alive) ^ set(topic_names))
        there = set(names) | set(topic_names)
        self.left_behind = [name for name in refused if name in there]
        self.made_unanswered = sum(1 for name in unanswered if name in there)
        self.mirrored = len(mirror)
        self.mirror_balanced = ledger.get("balanced")

    def check(self, test, dead=0):
        test.maxDiff = 4000
        test.assertEqual(self.lost[:9], [], "answered OK, but not once and alike in the mirror")
        test.assertEqual(self.unresolved, 0, self.counted)
        for state in ("accepted", *STATES):
            test.assertEqual(self.kept[state], self.counted.get(state, 0),
                             f"the kept ledger and the rows differ: {self.kept} {self.counted}")
        test.assertEqual(self.counted.get("dead", 0), dead, self.counted)
        test.assertEqual(self.applied_twice, [])
        test.assertEqual(self.late, [], "(group, sequence, a younger one that was there before)")
        test.assertEqual(self.left_behind, [], "refused, but there")
        test.assertEqual(self.other_end, [], "alive at one end only, or under another name")
        test.assertTrue(self.mirror_balanced, "the receiver's counts and rows differ")
        if dead:
            return
        # What serve holds, the receiver has: each number, once, the same text.
        sent = {sequence: (command, group) for sequence, command, group, _ in self.events}
        got = {each["sequence"]: (each["command"], each["group_id"]) for each in self.inbox}
        test.assertEqual(got, sent, "serve's table and the inbox differ")
        test.assertEqual(sorted(sent), list(range(1, len(sent) + 1)), "a gap in the numbers")
        made = sum(1 for command, _ in sent.values() if command == AFTER_CREATE_TOPIC)
        test.assertEqual(self.mirrored, made)

    def line(self):
        return (f"lost={len(self.lost)} unresolved={self.unresolved} told={self.told} "
                f"accepted={self.counted['accepted']} delivered={self.counted.get('delivered', 0)} "
                f"dead={self.counted.get('dead', 0)} duplicates_seen={self.duplicates_seen} "
                f"duplicates_applied={len(self.applied_twice)} out_of_order={len(self.late)}")

"""Goal: the comparison of the three records finds what it is there to find; a run that can only
succeed proves nothing. Method: records made by hand, each with one thing amiss."""

import http.server
import json
import os
import sqlite3
import tempfile
import threading
import types
import unittest
import urllib.parse

from callers import Told
from harness import AFTER_CREATE_TOPIC, APP
from records import Comparison, out_of_order

SCHEMA = """
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE event(seq INTEGER PRIMARY KEY, app_sequence INTEGER, command, group_id TEXT, body);
CREATE TABLE delivery(seq INTEGER PRIMARY KEY, state INTEGER);
CREATE TABLE ledger(accepted INTEGER, delivered INTEGER, pending INTEGER, dead INTEGER,
                    cancelled INTEGER);
CREATE TABLE topic(name TEXT);
"""


class Records:
    """Three topics of two groups, told, delivered and mirrored; to be spoilt by a test."""

    def __init__(self):
        self.topics = [("t1", "g1", "one"), ("t2", "g2", "two"), ("t3", "g1", "three")]
        self.told = {topic: Told(group, name) for topic, group, name in self.topics}
        self.refused = {}
        self.states = [1, 1, 1]
        self.ledger = [3, 3, 0, 0, 0]
        self.mirror = [{"topic_id": topic, "group_id": group, "name": name,
                        "state": "alive"}
                       for topic, group, name in self.topics]
        self.inbox = [{"id": number, "request_id": f"r{number}", "sequence": number,
                       "group_id": group, "command": AFTER_CREATE_TOPIC}
                      for number, (_, group, _) in enumerate(self.topics, 1)]
        self.balanced = True

    def write(self, path):
        database = sqlite3.connect(path)
        database.executescript(SCHEMA)
        database.execute("INSERT INTO word VALUES(2, ?)", (AFTER_CREATE_TOPIC,))
        for seq, ((_, group, name), state) in enumerate(zip(self.topics, self.states), 1):
            database.execute("INSERT INTO event VALUES(?, ?, 2, ?, '')", (seq, seq, group))
            database.execute("INSERT INTO topic VALUES(?)", (name,))
            if state is not None:
                database.execute("INSERT INTO delivery VALUES(?, ?)", (seq, state))
        database.execute("INSERT INTO ledger VALUES(?, ?, ?, ?, ?)", self.ledger)
        database.commit()
        database.close()

    def answer(self, path):
        return {"/inbox": {"entries": self.inbox, "next": None},
                "/mirror/topics": {"topics": self.mirror, "next": None},
                "/ledger": {"apps": [{"sdkappid": APP, "duplicates": 7}],
                            "balanced": self.balanced}}[path]


class RecordsTest(unittest.TestCase):
    def compare(self, records):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802  (the name is http.server's)
                text = json.dumps(records.answer(urllib.parse.urlsplit(self.path).path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = os.path.join(folder.name, "serve.db")
        records.write(file)
        callers = types.SimpleNamespace(told=records.told, unanswered=set(),
                                        refused=records.refused)
        receive = types.SimpleNamespace(
            admin_listen=f"http://127.0.0.1:{server.server_address[1]}")
        return Comparison(callers, file, receive, APP)

    def test_records_that_agree_pass(self):
        comparison = self.compare(Records())
        comparison.check(self)
        self.assertIn("lost=0 unresolved=0 told=3 accepted=3 delivered=3", comparison.line())
        self.assertIn("duplicates_seen=7 duplicates_applied=0 out_of_order=0", comparison.line())

    def test_whatever_is_amiss_is_found(self):
        def lose(records):
            del records.mirror[1]

        def rename(records):
            records.mirror[0]["name"] = "uno"

        def move(records):
            records.mirror[0]["group_id"] = "g2"

        def destroy(records):
            records.mirror[0]["state"] = "destroyed"

        def end_otherwise(records):  # both are possible to the caller, but not to serve
            records.told["t1"].states.add("destroyed")
            records.mirror[0]["state"] = "destroyed"

        def apply_twice(records):
            records.mirror.append({**records.mirror[0], "topic_id": "t9"})

        def enter_twice(records):
            records.inbox.append({**records.inbox[2], "id": 4})

        def swap(records):
            records.inbox[0]["id"], records.inbox[2]["id"] = 3, 1

        def leave_pending(records):
            records.states[2], records.ledger = 0, [3, 2, 1, 0, 0]

        def forget_state(records):
            records.states[2] = None

        def end_dead(records):
            records.states[2], records.ledger = 2, [3, 2, 0, 1, 0]

        def miscount(records):
            records.ledger[1] = 2

        def miss(records):
            del records.inbox[2]

        def refuse_and_keep(records):
            records.refused["two"] = 10002

        def unbalance(records):
            records.balanced = False

        for spoil in (lose, rename, move, destroy, end_otherwise, apply_twice, enter_twice, swap,
                      leave_pending, forget_state, end_dead, miscount, miss, refuse_and_keep,
                      unbalance):
            with self.subTest(spoil.__name__):
                records = Records()
                spoil(records)
                with self.assertRaises(AssertionError):
                    self.compare(records).check(self)

    def test_order_counts_within_a_group_and_at_the_first_arrival(self):
        def entries(*rows):
            return [{"id": number, "group_id": group, "sequence": sequence}
                    for number, (group, sequence) in enumerate(rows)]

        self.assertEqual(out_of_order(entries(("a", 1), ("b", 5), ("a", 2), ("b", 6))), [])
        self.assertEqual(out_of_order(entries(("a", 2), ("b", 1), ("a", 1))), [("a", 1, 2)])


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""Goal: nothing that was answered OK is lost, whoever is killed and whenever (P1, P2, P3, P6).

Method: load through the REST door from several threads, `kill -9` of serve, receive or both at
random moments, restart, settle; then three independent records are compared: what callers were
told, serve's own count, and the receiver's mirror. The seed is printed; TIDINGS_SEED=n repeats the
order of kills.

    crash_test.py [--cycles N]      default 5
"""

import argparse
import http.client
import json
import os
import random
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from harness import APP, Backend, ProcessTest, Receiver, daemons  # noqa: E402

CYCLES = 5
CALLERS = 4


class Callers:
    """Threads that create topics, each over its own connection, and write down what they are told.

    A call whose answer did not arrive may or may not have been committed: it is neither counted as
    told nor repeated, so that each name is used once.
    """

    def __init__(self, backend, groups):
        self.backend = backend
        self.groups = groups
        self.told = {}  # TopicId -> name
        self.unanswered = 0
        self.lock = threading.Lock()
        self.next = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = None
        while not self.stopping.is_set():
            with self.lock:
                number = self.next
                self.next += 1
                listen = self.backend.serve.listen
            name = f"topic {number}"
            try:
                if connection is None:
                    address = urllib.parse.urlsplit(listen)
                    connection = http.client.HTTPConnection(address.hostname, address.port, 5)
                body = {"GroupId": self.groups[number % len(self.groups)], "TopicName": name}
                connection.request(
                    "POST", "/v4/million_group_open_http_svc/create_topic"
                    f"?sdkappid={APP}&identifier=administrator&contenttype=json&random=1"
                    f"&usersig={urllib.parse.quote(self.backend.user_sig, safe='')}",
                    json.dumps(body))
                answer = json.loads(connection.getresponse().read())
            except (OSError, http.client.HTTPException, ValueError):
                if connection:
                    connection.close()
                connection = None
                with self.lock:
                    self.unanswered += 1
                self.stopping.wait(0.02)  # it is down: the next try, not a fixed wait
                continue
            if answer["ErrorCode"] == 0:
                with self.lock:
                    self.told[answer["TopicId"]] = name
        if connection:
            connection.close()

    def count(self):
        with self.lock:
            return len(self.told)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class CrashTest(ProcessTest):
    def test_what_was_told_is_mirrored_whoever_is_killed(self):
        seed = int(os.environ.get("TIDINGS_SEED", time.time_ns() % 1_000_000))
        print(f"TIDINGS_SEED={seed}", flush=True)
        chance = random.Random(seed)
        self.more = "rate_limits = { create_topic = 1000000 }"
        self.receive = self.start_receive()
        port = urllib.parse.urlsplit(self.receive.listen).port
        self.receive_listen = f"127.0.0.1:{port}"
        backend = Backend(self, self.start_serve(self.more))
        backend.make_app(self.receive.listen + "/im")
        groups = [backend.make_community() for _ in range(10 * CYCLES)]
        callers = Callers(backend, groups)
        kills = 0
        try:
            for _ in range(CYCLES):
                before = callers.count()
                more = 10 + chance.randrange(60)
                daemons.wait_until(lambda: callers.count() >= before + more, "load goes on", 60)
                kills += self.kill_and_restart(backend, chance.choice(("serve", "receive", "both")))
        finally:
            callers.stop()
        self.settle(backend, callers, kills)

    def kill_and_restart(self, backend, which):
        if which in ("serve", "both"):
            backend.serve.kill()
        if which in ("receive", "both"):
            self.receive.kill()
            self.receive = self.start_receive(listen=self.receive_listen)
        if which in ("serve", "both"):
            backend.serve = self.start_serve(self.more)
        return 2 if which == "both" else 1

    def settle(self, backend, callers, kills):
        daemons.wait_until(lambda: backend.ledger()["pending"] == 0, "everything is delivered", 120)
        ledger = backend.ledger()
        mirror = self.mirrored()
        lost = [topic for topic in callers.told if topic not in mirror]
        unresolved = ledger["accepted"] - ledger["delivered"] - ledger["dead"] - ledger["cancelled"]
        doubled = len(mirror) - len(set(mirror))
        numbers = [entry["sequence"] for entry in self.inbox() if entry.get("sequence")]
        print(f"kills={kills} told={len(callers.told)} unanswered={callers.unanswered} "
              f"mirrored={len(mirror)} lost={len(lost)} unresolved={unresolved} "
              f"applied_twice={doubled} accepted={ledger['accepted']} received={len(numbers)}",
              flush=True)
        self.assertGreater(len(callers.told), 10 * CYCLES)
        self.assertEqual(lost, [], "answered OK, and not in the mirror")
        self.assertEqual(unresolved, 0, ledger)
        self.assertEqual(ledger["dead"], 0, ledger)
        self.assertEqual(doubled, 0)
        # The app's numbers have no gaps: what was accepted is in the inbox, each number once.
        self.assertEqual(sorted(numbers), list(range(1, ledger["accepted"] + 1)))

    def pages(self, path, name):
        after, rows = "", []
        while True:
            status, page = Receiver(self.receive).get(f"{path}?limit=100{after}")
            self.assertEqual(status, 200, page)
            rows += page[name]
            if not page.get("next"):
                return rows
            after = "&after=" + daemons.quoted(str(page["next"]))

    def inbox(self):
        return self.pages("/inbox", "entries")

    def mirrored(self):
        return [row["topic_id"] for row in self.pages("/mirror/topics", "topics")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    options, rest = parser.parse_known_args()
    CYCLES = options.cycles
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)

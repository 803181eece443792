"""Goal: a backlog of a million events that wait costs less than 400 MB, and delivery starts within
5 s of a restart, whether the events belong to few groups or each to its own.

Method: a store is filled with pending events by multiplying one that Tidings wrote, `serve` is
started on it, its memory is read from /proc until every event is known to delivery, and the first
callback that arrives stops the clock. `./test chaos` runs it, a group for each event.

    backlog_test.py [--events N] [--groups N]      default 1000000, in 10000 groups
"""

import argparse
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
sys.path.insert(0, os.path.join(HERE, "..", "..", "benchmarks"))

from bench import seed  # noqa: E402
from harness import Backend, ProcessTest, Recorder, daemons  # noqa: E402

LIMIT_MB = 400
LIMIT_SECONDS = 5
EVENTS = 1_000_000
GROUPS = 10_000


def memory_mb(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def figure(serve, name):
    _, text = daemons.request(serve.admin_listen + "/metrics")
    for line in text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return None


class Backlog(ProcessTest):
    def fill(self, recorder):
        """A store with the app, and EVENTS pending events in GROUPS groups."""
        recorder.status = 503
        serve = self.start_serve()
        backend = Backend(self, serve).make_app(recorder.url)
        backend.make_topic(backend.make_community())
        daemons.wait_until(lambda: backend.ledger()["pending"] >= 1, "an event waits")
        serve.stop()
        seed.backend_backlog(f"{self.folder}/serve/tidings.db", EVENTS, GROUPS)

    def test_a_backlog_is_small_in_memory_and_starts_at_once(self):
        recorder = Recorder(self)
        self.fill(recorder)
        recorder.status = 200
        recorder.requests.clear()
        began = time.monotonic()
        serve = self.start_serve()
        ready = time.monotonic() - began
        daemons.wait_until(lambda: recorder.requests, "the first event is delivered", 60, 0.002)
        first = time.monotonic() - began
        daemons.wait_until(lambda: figure(serve, "tidings_delivery_behind") == 0.0,
                           "every event is known", 180, 0.2)
        known = time.monotonic() - began
        peak = memory_mb(serve.process.pid, "VmHWM")
        resident = memory_mb(serve.process.pid, "VmRSS")
        print(f"\n{EVENTS} events in {GROUPS} groups: ready after {ready:.2f} s, first delivery "
              f"after {first:.2f} s, all known after {known:.1f} s; resident {resident:.0f} MB, "
              f"peak {peak:.0f} MB", flush=True)
        self.assertLess(peak, LIMIT_MB)
        self.assertLess(first, LIMIT_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--groups", type=int, default=GROUPS)
    given, rest = parser.parse_known_args()
    EVENTS, GROUPS = given.events, given.groups
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)

"""Goal: nothing that was answered OK is lost, whoever is killed and whenever (P1, P2, P3, P4, P6).

Method: load through both doors (REST and client WebSocket), `kill -9` of serve, receive or both, at
random moments and at named points; restart, and at the end settle. Then three independent records
are compared: what callers were told, serve's table, and the receiver's inbox and mirror
(tests/integration/records.py). Seed and figures are printed; TIDINGS_SEED=n repeats the kills.

    crash_test.py [--cycles N]      default 5, or TIDINGS_CRASH_CYCLES

The named points:
  serve.write, serve.sync, serve.synced        of a commit: torn, before the sync, durable but not
  receive.write, receive.sync, receive.synced  answered (crash_points.cc)
  serve.sent       a callback is sent, its outcome is not known (the proxy holds it back)
  serve.outcome    the outcome has arrived, its commit has not happened
  receive.answer   the receiver has committed and answered, serve has not heard of it
  both.answer      the same, and both end
"""

import argparse
import collections
import os
import random
import struct
import sys
import threading
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration"), os.path.join(HERE, "..", "chaos")]

from callers import EVENTS, Callers  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from harness import APP, Backend, ProcessTest, daemons, tidings  # noqa: E402
from records import Comparison  # noqa: E402

CYCLES = int(os.environ.get("TIDINGS_CRASH_CYCLES", "5"))
LIBRARY = os.environ.get("TIDINGS_CRASH_POINTS_LIBRARY", "")
FILE_POINTS = {"write": 1, "sync": 2, "synced": 3}
RANDOM = ("serve", "receive", "both")
NAMED = tuple(f"{who}.{point}" for who in ("serve", "receive") for point in FILE_POINTS) + (
    "serve.sent", "serve.outcome", "receive.answer", "both.answer")
ENDED = "has ended at its point"


class Points:
    """What crash_points.cc watches, in one daemon."""

    def __init__(self, path):
        self.path = path
        self.arm(None)

    def arm(self, point, passes=0):
        """Takes effect at once in a running daemon. The number of passes first: it is decided on
        the point."""
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as file:
            file.write(struct.pack("qq", 0, passes))
            file.flush()
            file.seek(0)
            file.write(struct.pack("q", FILE_POINTS.get(point, 0)))

    def environment(self):
        return {"LD_PRELOAD": LIBRARY, "CRASH_POINT_FILE": self.path}


class Held:
    """Faults of the proxy that stop the road at a known place, and say so."""

    def __init__(self):
        self.reached = threading.Event()
        self.disarm()

    def disarm(self):
        self.before_answer = lambda: None

    async def sent(self, link, head, body):
        self.reached.set()
        await link.reader.read()  # until serve has ended
        return False

    async def answer(self, link, head, body):
        await link.pass_on(head + body)
        self.reached.set()
        await link.reader.read()
        return False

    async def outcome(self, link, head, body):
        answer = await link.pass_on(head + body)
        self.before_answer()
        await link.to_sender(b"".join(answer))
        self.reached.set()
        return True


class CrashTest(ProcessTest):
    def test_what_was_told_is_mirrored_once_and_in_order_whoever_is_killed(self):
        seed = int(os.environ.get("TIDINGS_SEED", time.time_ns() % 1_000_000))
        print(f"TIDINGS_SEED={seed} cycles={CYCLES}", flush=True)
        self.chance = random.Random(seed)
        self.points = {}
        if os.path.exists(LIBRARY):
            self.points = {name: Points(f"{self.folder}/{name}.point")
                           for name in ("serve", "receive")}
        else:
            print("no points in the file layer: TIDINGS_CRASH_POINTS_LIBRARY names no library",
                  flush=True)
        self.start_all(seed)
        moments = collections.Counter()
        began = time.monotonic()
        try:
            for cycle, moment in enumerate(self.plan(), 1):
                before = self.callers.count()
                more = self.chance.randrange(10, 80)
                daemons.wait_until(lambda: self.callers.count() >= before + more,
                                   f"load goes on in cycle {cycle}", 60)
                self.crash(moment)
                moments[moment] += 1
                if cycle % 25 == 0:
                    print(f"{cycle} cycles, {self.callers.count()} told, "
                          f"{time.monotonic() - began:.0f} s", flush=True)
        finally:
            self.callers.stop()
        print("crashes: " + ", ".join(f"{name} {moments[name]}" for name in sorted(moments)))
        self.settle(sum(moments.values()))

    # The road, with a proxy in it ----------------------------------------------------------------

    def daemon(self, command, config, name=None, environment=None):
        preload = self.points[command].environment() if command in self.points else {}
        return super().daemon(command, config, name, {**preload, **(environment or {})})

    def start_all(self, seed):
        self.more = ("rate_limits = { create_topic = 1000000 }\n"
                     "client.frames_per_second = 100000\n")
        self.receive = self.start_receive()
        self.receive_listen = f"127.0.0.1:{urllib.parse.urlsplit(self.receive.listen).port}"
        self.held = Held()
        self.proxy = FaultProxy(self.receive.listen, seed, faults={
            each.__name__: each for each in (self.held.sent, self.held.answer, self.held.outcome)})
        self.addCleanup(self.proxy.close)
        self.backend = Backend(self, self.start_serve(self.more))
        self.backend.make_app(self.proxy.url + "/im", EVENTS)
        groups = [self.backend.make_community() for _ in range(40 + CYCLES)]
        signed = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "vera_01",
                         "--key-file", self.backend.key_file)
        self.callers = Callers(self.backend, APP, groups, "vera_01", signed.stdout.strip(),
                               rest=3, clients=2, pause=0.003)

    # Crashes --------------------------------------------------------------------------------------

    def plan(self):
        """Half at random moments, half at named points, each of them as often as any other."""
        named = [name for name in NAMED if self.points or name.split(".")[1] not in FILE_POINTS
                 and name != "serve.outcome"]
        plan = []
        while len(plan) < CYCLES:
            round_of = named[:]
            self.chance.shuffle(round_of)
            for name in round_of:
                plan += [self.chance.choice(RANDOM), name]
        return plan[:CYCLES]

    def crash(self, moment):
        who, _, point = moment.partition(".")
        if not point:
            time.sleep(self.chance.uniform(0, 0.02))
        elif point in FILE_POINTS:
            self.points[who].arm(point, self.chance.randrange(20))
            self.wait_for_end(who)
        else:
            self.stop_road_at(point)
        self.kill_and_restart(who)

    def stop_road_at(self, point):
        self.held.reached.clear()
        if point == "outcome":
            self.held.before_answer = lambda: self.points["serve"].arm("write")
        self.proxy.break_with(**{point: 1.0})
        self.assertTrue(self.held.reached.wait(60), f"no callback comes to point {point}")
        if point == "outcome":
            self.wait_for_end("serve")

    def process_of(self, who):
        return (self.backend.serve if who == "serve" else self.receive).process

    def wait_for_end(self, who):
        daemons.wait_until(lambda: self.process_of(who).poll() is not None, f"{who} {ENDED}", 60)
        self.assertEqual(self.process_of(who).returncode, -9)

    def kill_and_restart(self, who):
        if who in ("serve", "both"):
            self.backend.serve.kill()
        if who in ("receive", "both"):
            self.receive.kill()
        self.proxy.heal()
        self.proxy.call_and_wait(self.held.disarm)  # none of its faults arms a point from here on
        for point in self.points.values():
            point.arm(None)
        if self.chance.random() < 0.3:
            time.sleep(self.chance.uniform(0, 0.4))  # the other one is alone for a while
        if who in ("receive", "both"):
            self.receive = self.start_receive(listen=self.receive_listen)
        if who in ("serve", "both"):
            self.backend.serve = self.start_serve(self.more)

    # The end --------------------------------------------------------------------------------------

    def settle(self, crashes):
        daemons.wait_until(lambda: self.backend.ledger()["pending"] == 0,
                           "everything is delivered", 180, 0.1)
        records = Comparison(self.callers, f"{self.folder}/serve/tidings.db", self.receive, APP)
        callers = self.callers
        print(f"crashes={crashes} told by REST={callers.doors['rest']} "
              f"by WebSocket={callers.doors['client']} unanswered={len(callers.unanswered)} "
              f"(of these made: {records.made_unanswered}) refused={callers.refusals()}")
        print(records.line(), flush=True)
        self.assertGreater(len(callers.told), 10 * CYCLES)
        self.assertGreater(min(callers.doors.values()), CYCLES, "both doors carried load")
        records.check(self)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    options, rest = parser.parse_known_args()
    CYCLES = options.cycles
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)

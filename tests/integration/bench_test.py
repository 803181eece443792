"""Goal: ./bench leaves nothing behind, however it ends: no process, no folder.
Method: the harness with real daemons of Tidings, and a load generator that hangs or fails; a server
whose child takes a while to end. And a ratio is one of the same rounds, whatever the machine does
between them: contenders whose rates are given."""

import os
import signal
import stat
import subprocess
import sys

from harness import BINARY, ProcessTest, ROOT, daemons, main

sys.path.insert(0, f"{ROOT}/benchmarks/bench")

import aims  # noqa: E402  (found by the line above)
import measure  # noqa: E402
import process  # noqa: E402
from roads import growth  # noqa: E402


class BenchTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.build = f"{self.folder}/build"
        self.work = f"{self.folder}/work"
        self.started = f"{self.folder}/started"
        for folder in (f"{self.build}/src/cli", f"{self.build}/benchmarks", self.work):
            os.makedirs(folder)
        os.symlink(os.path.abspath(BINARY), f"{self.build}/src/cli/tidings")

    def start(self, load, **environment):
        """`load`: what the load generator does, in sh."""
        path = f"{self.build}/benchmarks/tidings_load"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n: > {self.started}\n{load}\n")
        os.chmod(path, stat.S_IRWXU)
        environment = daemons.clean_environment() | {"TIDINGS_BUILD": self.build} | environment
        harness = subprocess.Popen(
            [sys.executable, f"{ROOT}/benchmarks/bench", "--quick", "--road", "latency", "--folder",
             self.work],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        self.addCleanup(harness.kill)
        return harness

    def left(self):
        """Command lines that name the folder of the run."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"{self.work}/bench-" in line or f"{self.build}/benchmarks/tidings_load" in line:
                found.append(line)
        return found

    def check_end(self, harness, code):
        output = harness.communicate(timeout=60)[0]
        self.assertEqual(harness.returncode, code, output)
        self.assertEqual(self.left(), [])
        self.assertEqual(os.listdir(self.work), [])
        return output

    def end_by(self, number, code):
        harness = self.start("while :; do sleep 0.1; done")
        daemons.wait_until(lambda: os.path.exists(self.started) or harness.poll() is not None,
                           "the load generator is started", 60)
        self.assertGreaterEqual(len(self.left()), 3, "both ends and the load generator run")
        harness.send_signal(number)
        self.check_end(harness, code)

    def test_after_sigterm(self):
        self.end_by(signal.SIGTERM, 1)

    def test_after_ctrl_c(self):
        self.end_by(signal.SIGINT, 130)

    def test_what_is_killed_is_gone_with_all_it_started(self):
        # So much memory that its end takes a while.
        child = ("import time; held = bytearray(400 << 20); held[::4096] = b'1' * (100 << 10); "
                 "print('{}', flush=True); time.sleep(600)")
        parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        for _ in range(3):
            server = process.Process("server", [sys.executable, "-c", parent], self.work,
                                     reads_lines=True)
            self.addCleanup(process.kill_all)
            server.read_line()
            tree = process._tree(server.child.pid)
            self.assertEqual(len(tree), 2)
            server.kill()
            self.assertEqual([pid for pid in tree if process.runs(pid)], [])

    def test_a_child_that_nobody_knows_of_is_gone_too(self):
        child = subprocess.Popen(["sleep", "600"])
        self.addCleanup(child.kill)
        process.kill_strays()
        self.assertFalse(process.runs(child.pid))
        child.wait()

    def test_after_a_road_that_does_not_work(self):
        output = self.check_end(self.start("echo no such port >&2; exit 1"), 1)
        self.assertIn("no such port", output)

    def test_where_there_is_no_git(self):
        output = self.check_end(self.start("echo no such port >&2; exit 1", PATH=self.work), 1)
        self.assertIn("no such port", output)

    def contender(self, name, rates):
        """Gives these rates, one a round; None: it fails."""
        left = list(rates)

        def run(folder, plan):
            rate = left.pop(0)
            if rate is None:
                raise process.Failed("an event is missing")
            return measure.Sample(rate)

        return measure.Contender(name, name, run)

    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        plan = measure.Plan(rounds=3, warm_up_seconds=0, seconds=0, connections=1, backlog=0)
        result = measure.compare("road", "events/s", [
            self.contender("tidings", [100, 50, 30]),
            self.contender("limit", [200, 100, 90]),
            self.contender("peer", [None, 5, 2]),
        ], plan, measure.Workplace(self.work))
        self.assertEqual(result["limit"]["tidings_ratio"], 0.5)
        self.assertEqual(result["limit"]["median"], 100)
        self.assertEqual(result["peers"]["peer"]["tidings_ratio"], 12.5)
        self.assertEqual(result["peers"]["peer"]["rates"], [None, 5, 2])
        self.assertIn("an event is missing", result["problems"]["peer"])

    def test_ten_million_are_compared_with_an_empty_store_of_either_width(self):
        def point(stored, groups, rate, backlog=0):
            return {"stored": stored, "backlog": backlog, "groups": groups, "accept": rate, "rss_mb": 9}

        ratios = growth.ratios([
            point(0, 1, 7), point(0, 1000, 100), point(0, 100_000, 80), point(0, 1000, 3, 1_000_000),
            point(1_000_000, 10_000, 90), point(10_000_000, 100_000, 60)])
        self.assertEqual(ratios, {"ratio_1m": 0.9, "rss_mb_1m": 9, "ratio_10m": 0.6,
                                  "same_groups_ratio_10m": 0.75, "rss_mb_10m": 9})

    def test_each_aim_is_missed_on_its_own(self):
        # Just reached, all of them.
        result = {"machine": {"fsync_ms": 0.5}, "roads": {
            "receive": {"limit": {"tidings_ratio": 0.35}, "peers": {
                "fastify_sqlite": {"tidings_ratio": 6}, "fastify_postgres": {"tidings_ratio": 9},
                "adnanh_webhook": {"tidings_ratio": 1}}},  # stores nothing that lasts
            "deliver": {"limit": {"tidings_ratio": 0.6}, "peers": {"bullmq": {"tidings_ratio": 5}}},
            "accept": {"limit": {"tidings_ratio": 0.35}, "peers": {
                "bullmq": {"tidings_ratio": 1.5}, "fastify_postgres": {"tidings_ratio": 8}}},
            "road": {"limit": {"tidings_ratio": 0.1334},
                     "peers": {"fastify_postgres_bullmq": {"tidings_ratio": 7}}},
            "latency": {"at_1000": {"p50_ms": 2, "p99_ms": 15}, "one_lone_create": {"p50_ms": 1.5}},
            "growth": {"ratio_10m": 0.8, "rss_mb_10m": 600}}}
        self.assertEqual([what for what, *_, reached in aims.judge(result) if not reached], [])
        self.assertEqual(len(aims.judge(result)), 14)
        missed = 0
        for road, path, worse in (
                ("receive", ("limit", "tidings_ratio"), 0.34),
                ("receive", ("peers", "fastify_sqlite", "tidings_ratio"), 5.9),
                ("deliver", ("limit", "tidings_ratio"), 0.59),
                ("deliver", ("peers", "bullmq", "tidings_ratio"), 4.9),
                ("accept", ("limit", "tidings_ratio"), 0.34),
                ("accept", ("peers", "bullmq", "tidings_ratio"), 1.4),
                ("accept", ("peers", "fastify_postgres", "tidings_ratio"), 7.9),
                ("road", ("limit", "tidings_ratio"), 0.13),
                ("road", ("peers", "fastify_postgres_bullmq", "tidings_ratio"), 6.9),
                ("latency", ("at_1000", "p50_ms"), 2.1), ("latency", ("at_1000", "p99_ms"), 15.1),
                ("latency", ("one_lone_create", "p50_ms"), 1.6),
                ("growth", ("ratio_10m",), 0.79), ("growth", ("rss_mb_10m",), 601)):
            holder = result["roads"][road]
            for name in path[:-1]:
                holder = holder[name]
            good, holder[path[-1]] = holder[path[-1]], worse
            names = [what for what, *_, reached in aims.judge(result) if not reached]
            self.assertEqual(len(names), 1, (road, path))
            missed += 1
            holder[path[-1]] = good
        self.assertEqual(missed, 14)


if __name__ == "__main__":
    main()

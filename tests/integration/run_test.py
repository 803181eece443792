"""Goal: `./run --once` does the main job and says so in its last line, and fails loudly otherwise.
Method: tools/run-demo.py with the built binary and a folder of the test's own, its usual ports
partly taken."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

from harness import AFTER_CREATE_TOPIC, BINARY, ProcessTest, ROOT, daemons, main


class RunTest(ProcessTest):
    def run_once(self, binary=BINARY):
        return subprocess.run(
            [sys.executable, f"{ROOT}/tools/run-demo.py", "--once", "--tidings", binary,
             "--data-dir", f"{self.folder}/demo"],
            capture_output=True, text=True, timeout=120, env=daemons.clean_environment(),
            check=False)

    def test_both_topics_arrive_and_the_last_line_is_the_summary(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", 8080))
                taken.listen()
            except OSError:
                pass  # somebody else has it: as good
            result = self.run_once()
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout.splitlines()[-1])
        self.assertIs(summary["ok"], True)
        self.assertEqual([topic["door"] for topic in summary["topics"]], ["rest", "client"])
        with open(f"{self.folder}/demo/sign.token", encoding="utf-8") as file:
            token = file.read().strip()
        for topic, platform in zip(summary["topics"], ("RESTAPI", "Web")):
            self.assertEqual(topic["opt_platform"], platform)
            self.assertEqual(topic["callback"]["CallbackCommand"], AFTER_CREATE_TOPIC)
            self.assertEqual(topic["callback"]["TopicId"], topic["topic_id"])
            self.check_query(topic["query"], token, platform)
            self.assertIs(topic["mirrored"], True)
            self.assertLess(topic["created_to_received_ms"], 15_000)
        self.assertIn("port 8080", result.stderr)
        self.assertNotIn(token, result.stdout + result.stderr)
        for log in ("serve.log", "receive.log"):
            with open(f"{self.folder}/demo/{log}", encoding="utf-8") as file:
                self.assertNotIn("Sign=", file.read(), f"{log} carries no signature")

    def check_query(self, query, token, platform):
        """As received, in the documented order, and signed with the token."""
        self.assertEqual(list(query), ["SdkAppid", "CallbackCommand", "contenttype", "ClientIP",
                                       "OptPlatform", "RequestID", "Sign", "RequestTime"])
        self.assertEqual(query["SdkAppid"], "1400000001")
        self.assertEqual(query["CallbackCommand"], AFTER_CREATE_TOPIC)
        self.assertEqual(query["contenttype"], "json")
        self.assertEqual(query["ClientIP"], "127.0.0.1")
        self.assertEqual(query["OptPlatform"], platform)
        self.assertLess(abs(time.time() - int(query["RequestTime"])), 120)
        self.assertEqual(query["Sign"], hashlib.sha256(
            (token + query["RequestTime"]).encode()).hexdigest())

    def test_it_runs_until_ctrl_c_which_stops_both_ends(self):
        log = f"{self.folder}/run.log"
        with open(log, "wb") as output:
            run = subprocess.Popen(
                [sys.executable, f"{ROOT}/tools/run-demo.py", "--tidings", BINARY, "--data-dir",
                 f"{self.folder}/demo"], stdout=output, stderr=subprocess.STDOUT,
                env=daemons.clean_environment(), start_new_session=True)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)

        def said():
            with open(log, encoding="utf-8") as file:
                return file.read()
        daemons.wait_until(lambda: "Ctrl-C stops both ends" in said(), "it runs", 60)
        for step in ("create_group", "create_topic", "createTopicInCommunity", "curl", "/feed"):
            self.assertIn(step, said())
        pids = []
        for name in ("serve", "receive"):
            with open(f"{self.folder}/demo/{name}.ready.json", encoding="utf-8") as file:
                pids.append(json.load(file)["pid"])
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        self.assertEqual(run.wait(20), 0, said())
        for pid in pids:
            self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_a_binary_that_does_not_start_is_a_failure_with_a_summary(self):
        result = self.run_once("/bin/false")
        self.assertEqual(result.returncode, 1)
        self.assertIs(json.loads(result.stdout.splitlines()[-1])["ok"], False)


if __name__ == "__main__":
    main()

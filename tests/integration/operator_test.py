"""Goal: an operator sees that every event is accounted for, notices when it is not, tries out a
callback URL with a verdict he can act on, and old events go by themselves.

Method: both ends as processes; peers of the test's own; a store that is changed behind serve's back.
"""

import json
import socket
import sqlite3

from harness import APP, Backend, ProcessTest, Receiver, Recorder, daemons, main, tidings


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ledger(ProcessTest):
    def ledger(self, *arguments):
        return tidings("ledger", *arguments)

    def doctor(self, sql):
        database = sqlite3.connect(f"{self.folder}/serve/tidings.db")
        database.executescript(sql)
        database.commit()
        database.close()

    def test_every_event_is_counted_again_by_the_door_and_from_the_file(self):
        recorder = Recorder(self)
        serve = self.start_serve()
        backend = Backend(self, serve).make_app(recorder.url)
        backend.make_topic(backend.make_community())
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 2, "both are delivered")
        door = self.ledger("--url", serve.admin_listen, "--token-file", backend.admin_token)
        self.assertEqual(door.returncode, 0, door.stderr)
        self.assertIn(str(APP), door.stdout)
        self.assertIn("ok", door.stdout)
        running = self.ledger("--data-dir", f"{self.folder}/serve", "--json")
        self.assertEqual(running.returncode, 0, running.stderr)
        row = json.loads(running.stdout)["apps"][0]
        self.assertEqual(row["kept"], {"accepted": 2, "delivered": 2, "pending": 0, "dead": 0,
                                       "cancelled": 0})
        self.assertEqual(row["counted"], row["kept"])
        serve.stop()
        stopped = self.ledger("--data-dir", f"{self.folder}/serve")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)

    def test_a_store_that_was_tampered_with_exits_1_and_says_where(self):
        serve = self.start_serve()
        backend = Backend(self, serve).make_app("http://127.0.0.1:9/")
        backend.make_topic(backend.make_community())
        self.assertEqual(backend.ledger()["pending"], 2)
        serve.stop()
        folder = f"{self.folder}/serve"
        for sql, undo, says in (
                ("INSERT INTO ended(seq, sdkappid, state, attempts, at_ms, changed_ms, last_outcome)"
                 " SELECT seq, sdkappid, 1, 1, 0, 0, 1 FROM pending WHERE seq = 1;"
                 " DELETE FROM pending WHERE seq = 1",
                 "INSERT INTO pending SELECT sdkappid, seq, 0, 0, 0, 0 FROM ended;"
                 " DELETE FROM ended", "pending: kept 2, counted 1"),
                ("UPDATE ledger SET dead = dead + 1", "UPDATE ledger SET dead = dead - 1",
                 "is not delivered + pending + dead + cancelled"),
                ("UPDATE tally SET event_sequence = 3", "UPDATE tally SET event_sequence = 2",
                 "newest event has number 3"),
                ("DELETE FROM pending WHERE seq = 2", "SELECT 1", "pending: kept 2, counted 1")):
            self.doctor(sql)
            result = self.ledger("--data-dir", folder)
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn("MISMATCH", result.stdout)
            self.assertIn(says, result.stdout)
            self.doctor(undo)

    def test_what_is_no_store_is_named(self):
        nothing = self.ledger("--data-dir", f"{self.folder}/nowhere")
        self.assertEqual(nothing.returncode, 1)
        self.assertIn("nowhere/tidings.db", nothing.stderr)
        sqlite3.connect(f"{self.folder}/tidings.db").execute("CREATE TABLE x(y)").close()
        other = self.ledger("--data-dir", self.folder)
        self.assertEqual(other.returncode, 1)
        self.assertIn("not one of `tidings serve`", other.stderr)


class TestCallback(ProcessTest):
    def test_the_verdict_names_class_and_way_out_and_no_event_is_made(self):
        serve = self.start_serve()
        backend = Backend(self, serve).make_app()
        none = backend.admin("test-callback", str(APP), ok=False)
        self.assertEqual(none.returncode, 1)
        self.assertIn("no callback URL", none.stderr)

        recorder = Recorder(self)
        backend.set_callback(recorder.url)
        good = backend.admin("test-callback", str(APP))
        self.assertIn("delivered", good.stdout)
        path, headers, body = recorder.requests[0]
        self.assertEqual(headers["tidings-test"], "1")
        self.assertIn("Sign=", path)
        self.assertEqual(json.loads(body)["CallbackCommand"], "Group.CallbackAfterCreateTopic")

        for url, outcome, way_out in (
                (f"http://127.0.0.1:{unused_port()}/", "refused", "Start the receiver"),
                ("http://10.1.2.3/", "forbidden_address", "allow_networks"),
                ("http://no-such-host.invalid/", "dns", "DNS record"),
                (recorder.url.replace("http:", "https:"), "tls", "TLS 1.2")):
            result = backend.admin("test-callback", str(APP), "--callback-url", url, ok=False)
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn(f"NOT DELIVERED: {outcome}", result.stdout)
            self.assertIn(way_out, result.stdout)
        for status, answer, outcome in ((404, "", "status"), (200, "hello", "not_json"),
                                        (200, "{}", "not_an_answer"), (410, "", "gone")):
            recorder.status, recorder.answer = status, answer
            result = backend.admin("test-callback", str(APP), "--json", ok=False)
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertEqual(json.loads(result.stdout)["outcome"], outcome)
        self.assertEqual(backend.ledger()["accepted"], 0)
        shown = json.loads(backend.admin("show", str(APP)).stdout)
        self.assertTrue(shown["callback"]["endpoint_enabled"], "a test disables nothing")

    def test_the_receiver_checks_a_test_like_any_other_and_keeps_nothing_of_it(self):
        receive = self.start_receive()
        serve = self.start_serve()
        backend = Backend(self, serve).make_app(receive.listen)
        self.assertIn("delivered", backend.admin("test-callback", str(APP)).stdout)
        self.assertEqual(Receiver(receive).inbox(), [])
        self.assertIsNone(Receiver(receive).topic("@TGS#_tidings_test@TOPIC#_test"))
        wrong = daemons.write_secret(f"{self.folder}/wrong.token", "another-token")
        backend.admin("callback", str(APP), "--callback-token-file", wrong)
        refused = backend.admin("test-callback", str(APP), ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("compare token", refused.stdout)


class Retention(ProcessTest):
    def test_ended_events_go_in_the_background_and_the_ledger_stays(self):
        recorder = Recorder(self)
        serve = self.start_serve()
        backend = Backend(self, serve).make_app(recorder.url)
        group = backend.make_community()
        for number in range(9):
            backend.make_topic(group, f"Topic {number}")
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 10, "all are delivered")
        serve.stop()
        serve = self.start_serve('retention.count = 4')
        backend.serve = serve

        def stored():
            return len(json.loads(backend.admin("events", str(APP)).stdout)["events"])

        daemons.wait_until(lambda: stored() == 4, "six of ten are purged")
        self.assertEqual(backend.ledger()["delivered"], 10)
        audit = tidings("ledger", "--data-dir", f"{self.folder}/serve", "--json")
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)
        self.assertEqual(json.loads(audit.stdout)["apps"][0]["purged"], 6)
        _, metrics = daemons.request(serve.admin_listen + "/metrics")
        self.assertIn("tidings_events_purged_total 6\n", metrics)
        self.assertIn("tidings_commit_seconds_bucket", metrics)
        self.assertIn("tidings_callback_attempt_seconds_bucket", metrics)
        self.assertIn('tidings_ledger_events{state="delivered"} 10', metrics)
        serve.kill()
        serve = self.start_serve('retention.count = 4')
        backend.serve = serve
        self.assertEqual(stored(), 4)
        self.assertEqual(tidings("ledger", "--data-dir", f"{self.folder}/serve").returncode, 0)


if __name__ == "__main__":
    main()

"""Goal: an operator's hands on events, through real processes: park, replay and cancel with their
previews, at the command line, and a half-done replay that survives kill -9.
Method: serve on loopback with a recorder as the app backend; each job is asked for with
`tidings events`."""

import json
import threading
import time

from harness import AFTER_CREATE_TOPIC, APP, Backend, ProcessTest, Recorder, daemons, main, tidings


class EventsTest(ProcessTest):
    def start(self, count):
        """A backend whose app has no URL yet, and `count` events of one group that are held."""
        self.backend = Backend(self, self.start_serve())
        self.backend.make_app()
        self.backend.admin("callback", str(APP), "--switch", "after_create_group=on")
        self.group = self.backend.make_community()
        self.topics = [self.backend.make_topic(self.group, f"Topic {n}") for n in range(count)]
        self.recorder = Recorder(self)

    def events(self, verb, *arguments, expected=0):
        result = tidings("events", verb, str(APP), *arguments, "--url",
                         self.backend.serve.admin_listen, "--token-file", self.backend.admin_token)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result

    def listed(self, *arguments):
        lines = self.events("list", "--json", *arguments).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def set_url(self, *more):
        self.backend.admin("callback", str(APP), "--callback-url", self.recorder.url + "/im", *more)

    def arrived(self):
        bodies = [json.loads(body) for _, _, body in self.recorder.requests]
        return [body["TopicId"] for body in bodies
                if body["CallbackCommand"] == AFTER_CREATE_TOPIC]

    def counts(self):
        ledger = self.ledger()
        return {name: ledger[name]
                for name in ("accepted", "delivered", "pending", "dead", "cancelled")}

    def ledger(self):
        ledger = self.backend.ledger()
        self.assertTrue(ledger["balanced"], ledger)
        return ledger

    def wait_for(self, state, count):
        daemons.wait_until(lambda: self.ledger()[state] == count, f"{count} events are {state}", 30)

    def test_a_half_done_replay_goes_on_after_kill_9_and_nothing_is_lost_or_out_of_order(self):
        self.start(40)
        held = self.listed("--state", "pending", "--group", self.group)
        self.assertEqual({event["held"] for event in held}, {"no_url"})
        number = len(held)

        refused = self.events("cancel", "--all", expected=1)
        self.assertIn(f"{number} events in 1 groups", refused.stderr)
        self.assertIn("--yes", refused.stderr)
        self.assertEqual(self.ledger()["pending"], number, "a preview changes nothing")
        self.events("cancel", "--all", "--yes")
        self.assertEqual(self.ledger()["cancelled"], number)

        self.set_url()
        self.events("replay", "--since", "1h", "--rate", "20", "--yes", "--detach")
        daemons.wait_until(lambda: len(self.arrived()) >= 5, "the replay is under way", 30)
        self.backend.serve.kill()
        self.assertLess(len(self.arrived()), len(self.topics), "it was killed half-way")
        self.backend.serve = self.start_serve()
        self.wait_for("delivered", number)
        jobs = json.loads(self.events("jobs").stdout)["jobs"]
        self.assertEqual((jobs[0]["status"], jobs[0]["done"]), ("done", number))
        first_seen = list(dict.fromkeys(self.arrived()))
        self.assertEqual(first_seen, self.topics, "every one, in commit order")

    def test_a_parked_group_waits_for_the_operator(self):
        self.start(3)
        self.recorder.status = 500
        self.set_url("--retry", "off", "--dead-head", "park")
        daemons.wait_until(lambda: self.listed("--state", "parked"), "the group parks", 30)
        parked = self.listed("--state", "parked")
        self.assertEqual([event["held"] for event in parked], ["parked"])
        shown = json.loads(self.events("show", str(parked[0]["seq"])).stdout)
        self.assertEqual(shown["attempt_list"][0]["http_status"], 500)
        self.recorder.status = 200
        self.recorder.requests.clear()
        self.events("cancel", str(parked[0]["seq"]), "--as", "dead", "--yes")
        total = self.ledger()["accepted"]
        self.wait_for("delivered", total - 1)
        self.assertEqual(self.ledger()["dead"], 1)
        self.events("replay", "--state", "dead", "--yes")
        self.wait_for("delivered", total)

    def held(self, *arguments):
        return [event["held"] for event in self.listed("--state", "pending", *arguments)]

    def test_a_pending_event_says_why_it_waits_and_a_new_url_ends_the_wait(self):
        self.start(3)
        self.recorder.status = 429
        self.recorder.headers = {"Retry-After": "3600"}
        self.set_url()
        daemons.wait_until(lambda: "retry" in self.held("--group", self.group), "a retry waits", 30)
        first, *others = self.listed("--state", "pending", "--group", self.group)
        self.assertEqual((first["held"], first["behind_seq"]), ("retry", None))
        self.assertGreater(first["held_until_ms"], (time.time() + 3000) * 1000)
        self.assertEqual({(event["held"], event["behind_seq"]) for event in others},
                         {("behind", first["seq"])})
        shown = json.loads(self.events("show", str(others[-1]["seq"])).stdout)
        self.assertEqual((shown["held"], shown["behind_seq"]), ("behind", first["seq"]))
        text = self.events("list").stdout
        self.assertRegex(text, r"\(retry until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\)")
        self.assertIn(f"(behind {first['seq']})", text)

        successor = Recorder(self)
        begun = time.monotonic()
        self.backend.admin("callback", str(APP), "--callback-url", successor.url + "/im")
        self.wait_for("delivered", self.ledger()["accepted"])
        self.assertLess(time.monotonic() - begun, 20, "not in an hour")
        arrived = [json.loads(body).get("TopicId") for _, _, body in successor.requests]
        self.assertEqual([topic for topic in arrived if topic], self.topics)

    def test_an_event_behind_an_open_breaker_says_so(self):
        self.start(0)
        self.backend.admin("callback", str(APP), "--callback-url", "http://127.0.0.1:9/im")
        groups = [self.group] + [self.backend.make_community(f"owner_{n}") for n in range(9)]
        for group in groups:
            self.backend.make_topic(group)
        event = daemons.wait_until(
            lambda: next((event for event in self.listed() if event["held"] == "breaker"
                          and event["held_until_ms"]), None), "the breaker opens", 30)
        self.assertLess(event["held_until_ms"], (time.time() + 61) * 1000)

    def test_a_cancellation_in_flight_is_kept_over_kill_9(self):
        self.start(1)
        wanted = self.listed("--group", self.group)[0]
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.recorder.before_answer = gate.wait
        self.set_url("--dead-head", "park")
        daemons.wait_until(lambda: self.recorder.requests, "it is in flight", 30)
        answer = self.events("cancel", str(wanted["seq"]), "--yes")
        self.assertTrue(json.loads(answer.stdout)["in_flight"])
        self.backend.serve.kill()
        gate.set()
        self.recorder.requests.clear()
        self.backend.serve = self.start_serve()
        self.wait_for("delivered", self.ledger()["accepted"] - 1)
        self.assertEqual(self.ledger()["cancelled"], 1)
        shown = json.loads(self.events("show", str(wanted["seq"])).stdout)
        self.assertEqual(shown["state"], "cancelled")
        self.assertNotIn(wanted["request_id"],
                         "".join(path for path, _, _ in self.recorder.requests))

    def test_another_url_gets_copies_and_nothing_changes(self):
        self.start(3)
        other = Recorder(self)
        before = self.counts()
        result = self.events("replay", "--state", "all", "--topic", self.topics[1], "--to",
                             other.url + "/staging", "--yes")
        self.assertIn("1 of 1 done", result.stderr)
        self.assertEqual(json.loads(other.requests[0][2])["TopicId"], self.topics[1])
        self.assertTrue(other.requests[0][0].startswith("/staging?"))
        other.status = 500
        self.events("replay", "--all", "--state", "pending", "--to", other.url, "--yes", expected=1)
        self.assertEqual(self.counts(), before)
        self.assertEqual(self.recorder.requests, [])

    def test_wrong_orders_are_refused_before_anything_happens(self):
        self.start(1)
        for arguments, says in (
                (("replay",), "--all"),
                (("cancel", "1", "--all"), "not both"),
                (("replay", "--since", "yesterday"), "--since"),
                (("cancel", "1"), "--yes")):
            result = self.events(*arguments, expected=1 if says == "--yes" else 2)
            self.assertIn(says, result.stderr)
        self.events("show", "99", expected=1)
        self.events("stop", "9", expected=1)
        self.assertEqual(self.ledger()["pending"], self.ledger()["accepted"])


if __name__ == "__main__":
    main()

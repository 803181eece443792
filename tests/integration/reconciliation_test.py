"""Goal: what no callback told is found by reading the source, healed once and reported; nothing that was
told is touched. Method: a real serve whose switches are off for a while, imports, and a real receive that
reads it every second."""

import signal

from harness import (AFTER_CREATE_TOPIC, APP, Backend, ProcessTest, Receiver, daemons, main)

AFTER_CREATE_GROUP = "Group.CallbackAfterCreateGroup"
SWITCHES = ("after_create_group", "after_group_info_changed", "after_group_destroyed")


class ReconciliationTest(ProcessTest):
    """`self.backend` at its serve, `self.receiver` at a receive that listens where callbacks go."""

    def setUp(self):
        super().setUp()
        self.backend = Backend(self, self.start_serve()).make_app()
        self.receive = None
        self.receiver = None

    def start(self, more="", wait=True, settle="100ms"):
        """A receiver that reconciles; `more`: of its source; `settle`: longer than callbacks take."""
        listen = self.receive.listen.removeprefix("http://") if self.receive else "127.0.0.1:0"
        self.receive = self.start_receive(f'gap_settle = "{settle}"\n', f"""
source.url = "{self.backend.serve.listen}"
source.key_file = "{self.backend.key_file}"
source.reconcile_every = "1s"
source.reconcile_rate = 1000
{more}""", listen=listen)
        self.receiver = Receiver(self.receive)
        return self.wait_for_pass() if wait else None

    def status(self):
        return self.receiver.get("/reconciliation")[1]["apps"][0]

    def wait_for_pass(self):
        """One that began after now."""
        begun = self.status()["started_ms"] or 0

        def read():
            status = self.status()
            done = not status["running"] and status["completed_ms"]
            return status if done and status["started_ms"] > begun else None
        return daemons.wait_until(read, "the source was read", 30)

    def switch(self, state):
        self.backend.set_callback(self.receive.listen + "/im", [f"{name}={state}" for name in SWITCHES])

    def topics_of(self, group):
        rows = self.receiver.get(f"/mirror/groups/{daemons.quoted(group)}/topics?state=alive")[1]
        return {row["topic_id"]: row for row in rows["topics"]}

    def group(self, group):
        return self.receiver.get(f"/mirror/groups/{daemons.quoted(group)}")[1]

    def reconciled(self):
        return [entry for entry in self.receiver.inbox() if entry["via"] == "reconciliation"]

    def test_what_was_there_before_the_receiver_is_taken_in(self):
        group = self.backend.make_community()
        topics = {self.backend.make_topic(group, f"Topic {number}") for number in range(3)}
        self.backend.rest("million_group_open_http_svc/modify_topic", {
            "GroupId": group, "TopicId": sorted(topics)[0], "Notification": "Mondays"})
        first = self.start("source.feed = false\n")
        self.assertEqual(set(self.topics_of(group)), topics)
        told = self.topics_of(group)[sorted(topics)[0]]
        self.assertEqual(told["notification"], "Mondays")
        self.assertEqual(told["owner_account"], "vera_01")
        row = self.group(group)
        self.assertEqual((row["name"], row["owner_account"], row["type"]),
                         ("Makers", "vera_01", "Community"))
        self.assertIsNone(row["member_num"], "no REST answer names the first members")
        self.assertEqual((first["groups"], first["topics"]), (1, 3),
                         "looked at again, and counted once")
        status = self.wait_for_pass()
        self.assertEqual(status["healed"], {
            "group_created": 1, "group_changed": 0, "group_owner_changed": 0, "group_destroyed": 0,
            "topic_created": 3, "topic_changed": 1, "topic_destroyed": 0})
        self.assertEqual((status["groups"], status["topics"], status["trouble"]), (1, 3, None))
        entries = self.receiver.inbox()
        self.assertEqual(len(entries), 5, "each is told once, however often the source is read")
        self.assertEqual({entry["via"] for entry in entries}, {"reconciliation"})
        self.assertEqual(entries[0]["command"], AFTER_CREATE_GROUP)
        self.assertEqual({entry["body"]["TopicId"] for entry in entries
                          if entry["command"] == AFTER_CREATE_TOPIC}, topics)
        metrics = self.receiver.get("/metrics")[1]
        self.assertIn('tidings_receiver_reconciled_total{what="topic_created"} 3\n', metrics)
        self.assertIn(f'tidings_receiver_reconcile_trouble{{sdkappid="{APP}"}} 0\n', metrics)
        self.assertIn("no callback told", self.receive.log())
        recount = self.receiver.get("/ledger?recount=1")[1]
        self.assertTrue(recount["balanced"])

    def test_what_was_missed_in_between_is_healed_and_the_rest_left_alone(self):
        self.start(wait=False, settle="3s")
        self.switch("on")
        group = self.backend.make_community()
        renamed, destroyed, kept = (self.backend.make_topic(group, name)
                                    for name in ("Woodwork", "Garden", "Kitchen"))
        gone = self.backend.make_community("omar")
        self.receiver.wait_for_topic(kept)
        daemons.wait_until(lambda: self.group(gone).get("state") == "alive", "it is mirrored")
        self.wait_for_pass()
        self.assertEqual(self.reconciled(), [], "what was told is not told again")

        self.switch("off")
        topic = "million_group_open_http_svc/"
        self.backend.rest(topic + "modify_topic",
                          {"GroupId": group, "TopicId": renamed, "TopicName": "Holz"})
        self.backend.rest(topic + "destroy_topic", {"GroupId": group, "TopicIdList": [destroyed]})
        imported = self.backend.rest("group_open_http_svc/import_topic", {
            "GroupId": group, "TopicName": "Old times", "CreateTime": 1500000000})["TopicId"]
        made = self.backend.make_topic(group, "Silent")
        self.backend.rest("group_open_http_svc/modify_group_base_info",
                          {"GroupId": group, "Introduction": "We make"})
        self.backend.rest("group_open_http_svc/destroy_group", {"GroupId": gone})
        daemons.wait_until(lambda: self.group(gone)["state"] == "destroyed", "it is healed", 30)
        status = self.wait_for_pass()
        self.assertEqual(status["healed"], {
            "group_created": 0, "group_changed": 1, "group_owner_changed": 0, "group_destroyed": 1,
            "topic_created": 2, "topic_changed": 1, "topic_destroyed": 1})
        names = {topic: row["name"] for topic, row in self.topics_of(group).items()}
        self.assertEqual(names, {renamed: "Holz", kept: "Kitchen", imported: "Old times",
                                 made: "Silent"})
        self.assertEqual(self.topics_of(group)[imported]["created"]["time_ms"],
                         1500000000000)
        self.assertEqual(self.group(group)["introduction"], "We make")
        self.assertEqual(len(self.reconciled()), 6)

        # What is told later wins, and is told once.
        self.switch("on")
        self.backend.rest(topic + "modify_topic",
                          {"GroupId": group, "TopicId": renamed, "TopicName": "Wood"})
        daemons.wait_until(lambda: self.receiver.topic(renamed)["name"] == "Wood", "it is told")
        self.wait_for_pass()
        self.assertEqual(len(self.reconciled()), 6)
        self.assertTrue(self.receiver.get("/ledger?recount=1")[1]["balanced"])

    def test_many_groups_that_are_gone_at_once_are_left_alone(self):
        groups = [self.backend.make_community() for _ in range(3)]
        self.start("source.reconcile_max_destroyed = 1\n")
        for group in groups:
            self.backend.rest("group_open_http_svc/destroy_group", {"GroupId": group})
        daemons.wait_until(lambda: self.status()["held"] == 2, "two are left alone", 30)
        self.assertIn("reconcile_max_destroyed", self.status()["trouble"])
        self.assertIn("much is missing at the source", self.receive.log())
        alive = [group for group in groups if self.group(group)["state"] == "alive"]
        self.assertEqual(len(alive), 2)
        self.assertIn(f'tidings_receiver_reconcile_trouble{{sdkappid="{APP}"}} 1\n',
                      self.receiver.get("/metrics")[1])

    def test_a_source_that_fails_is_told_of_and_asked_again(self):
        daemons.write_secret(f"{self.folder}/wrong.key", "not the key")
        right, self.backend.key_file = self.backend.key_file, f"{self.folder}/wrong.key"
        group = self.backend.make_community()
        self.start("source.feed = false\n", wait=False)
        daemons.wait_until(lambda: self.status()["trouble"], "it is refused")
        self.assertIn("ErrorCode 70", self.status()["trouble"])
        self.assertIsNone(self.status()["completed_ms"])
        with open(right, encoding="utf-8") as file:
            daemons.write_secret(f"{self.folder}/wrong.key", file.read())
        self.receive.send_signal(signal.SIGHUP)
        daemons.wait_until(lambda: self.status()["completed_ms"], "it is read", 20)
        self.assertIsNone(self.status()["trouble"])
        self.assertEqual(self.group(group)["state"], "alive")
        self.assertEqual(self.receive.log().count("cannot be reconciled with"), 1)


if __name__ == "__main__":
    main()

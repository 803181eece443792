"""Goal: what was missed is found (P8), through real processes: the pull feed gives an app's events
back, and a receiver fills its gaps from it by itself. Method: serve and receive on loopback; a
receiver that is down with retries off is what loses callbacks."""

import json
import signal
import socket
import threading
import time

from harness import (AFTER_CREATE_TOPIC, APP, Backend, ProcessTest, Receiver, Recorder, daemons,
                     main, tidings)


class Feed:
    """Questions to the pull feed of a running `tidings serve`."""

    def __init__(self, backend):
        self.backend = backend

    def path(self, **parameters):
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return (f"/v4/tidings/events?sdkappid={APP}&identifier=administrator"
                f"&usersig={daemons.quoted(self.backend.user_sig)}{more}")

    def ask(self, **parameters):
        status, text = daemons.request(self.backend.serve.listen + self.path(**parameters),
                                       seconds=40)
        assert status == 200, text
        return json.loads(text)


class FeedTest(ProcessTest):
    def free_port(self):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            return reserved.getsockname()[1]

    def source(self, backend, more=""):
        """receive.app's keys for fetching from this backend."""
        return (f'source.url = "{backend.serve.listen}"\n'
                f'source.key_file = "{backend.key_file}"\n{more}')

    def start_receiver(self, port, app_more="", more=""):
        return Receiver(self.start_receive('gap_settle = "100ms"\ngap_check = "1s"\n' + more,
                                           app_more, f"127.0.0.1:{port}"))

    def backend_that_tries_once(self, port):
        backend = Backend(self, self.start_serve()).make_app(f"http://127.0.0.1:{port}/im")
        backend.admin("callback", str(APP), "--retry", "off")
        return backend

    @staticmethod
    def all_dead(backend, count):
        daemons.wait_until(lambda: backend.ledger()["dead"] == count, f"{count} are given up", 30)

    @staticmethod
    def gaps(receiver):
        return receiver.get("/gaps")[1]["apps"][0]

    def test_events_are_read_back_in_order_with_the_bodies_that_were_sent(self):
        receive = self.start_receive()
        backend = Backend(self, self.start_serve()).make_app(receive.listen + "/im")
        group = backend.make_community()
        topics = [backend.make_topic(group, f"Topic {number}") for number in range(3)]
        receiver = Receiver(receive)
        for topic in topics:
            receiver.wait_for_topic(topic)
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 4, "the outcomes are kept")
        feed = Feed(backend)
        page = feed.ask(after=1, limit=2)
        self.assertEqual([event["Sequence"] for event in page["EventList"]], [2, 3])
        self.assertEqual((page["FirstSequence"], page["LastSequence"], page["Next"]), (1, 4, 3))
        inbox = {entry["sequence"]: entry for entry in receiver.inbox()}
        for event in feed.ask()["EventList"]:
            entry = inbox[event["Sequence"]]  # the number of the tidings-sequence header
            self.assertEqual(entry["via"], "callback")
            self.assertEqual(event["Body"], entry["body"])
            self.assertEqual(event["CallbackCommand"], entry["command"])
            self.assertEqual(event["State"], "delivered")
            self.assertEqual((event["RequestID"], event["ClientIP"], event["OptPlatform"]),
                             (entry["request_id"], entry["client_ip"], entry["opt_platform"]))

    def test_a_poll_waits_for_the_next_event_and_is_answered_at_once(self):
        backend = Backend(self, self.start_serve()).make_app("http://127.0.0.1:9/im")
        group = backend.make_community()
        feed = Feed(backend)
        answers = []
        poll = threading.Thread(target=lambda: answers.append(feed.ask(after=1, wait=30)))
        begun = time.monotonic()
        poll.start()
        daemons.wait_until(lambda: self.waiting_polls(backend) == 1, "the poll waits")
        topic = backend.make_topic(group)
        poll.join(25)
        self.assertLess(time.monotonic() - begun, 20)
        self.assertEqual([event["Body"]["TopicId"] for event in answers[0]["EventList"]], [topic])
        # One that is left alone gives its place back.
        connection = socket.create_connection(
            ("127.0.0.1", int(backend.serve.listen.rsplit(":", 1)[1])))
        connection.sendall(f"GET {feed.path(after=2, wait=30)} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        daemons.wait_until(lambda: self.waiting_polls(backend) == 1, "the second poll waits")
        connection.close()
        daemons.wait_until(lambda: self.waiting_polls(backend) == 0, "its place is free again", 10)

    @staticmethod
    def waiting_polls(backend):
        _, text = daemons.request(backend.serve.admin_listen + "/metrics")
        line = next(line for line in text.splitlines()
                    if line.startswith("tidings_pull_feed_waiting"))
        return int(float(line.split()[-1]))

    def test_strangers_are_refused_as_everywhere(self):
        backend = Backend(self, self.start_serve()).make_app("http://127.0.0.1:9/im")
        feed = Feed(backend)
        listen = backend.serve.listen
        for path, code in ((feed.path().replace("identifier=administrator", "identifier=omar"),
                            70013),
                           ("/v4/tidings/events?sdkappid=" + str(APP), 60004),
                           (feed.path(limit=0), 10004)):
            status, text = daemons.request(listen + path)
            self.assertEqual((status, json.loads(text)["ErrorCode"]), (200, code), text)
        status, text = daemons.request(listen + feed.path(), "{}", "POST")
        self.assertEqual(json.loads(text)["ErrorCode"], 60002)

    def test_a_receiver_that_was_down_heals_by_itself(self):
        port = self.free_port()
        backend = self.backend_that_tries_once(port)
        group = backend.make_community()
        lost = [backend.make_topic(group, f"Lost {number}") for number in range(4)]
        self.all_dead(backend, 5)
        receiver = self.start_receiver(port, self.source(backend))
        for topic in lost:
            self.assertEqual(receiver.wait_for_topic(topic)["state"], "alive")
        self.assertEqual({entry["via"] for entry in receiver.inbox()}, {"feed"})
        arrived = backend.make_topic(group, "Arrived")
        receiver.wait_for_topic(arrived)

        # Down again in the middle, and the numbers are remembered.
        self.assertEqual(receiver.receive.stop(), 0, receiver.receive.log_tail())
        backend.make_topic(group, "Lost too")
        self.all_dead(backend, 6)
        again = self.start_receiver(port, self.source(backend))
        daemons.wait_until(lambda: self.gaps(again)["contiguous"] == 7, "nothing is missing", 20)
        by_number = sorted(again.inbox(), key=lambda entry: entry["sequence"])
        self.assertEqual([(entry["sequence"], entry["via"]) for entry in by_number],
                         [(number, "callback" if number == 6 else "feed")
                          for number in range(1, 8)])
        gaps = daemons.wait_until(lambda: (gaps := self.gaps(again))["open"] == 0 and gaps, "closed")
        self.assertEqual((gaps["filled"], gaps["gone"], gaps["missing"], gaps["trouble"]),
                         (6, 0, [], None))
        self.assertIs(gaps["source"]["answers"], True)
        mirrored = {row["topic_id"]: row["name"] for row in again.get("/mirror/topics")[1]["topics"]}
        self.assertEqual(len(mirrored), 6)
        self.assertIn('tidings_receiver_missed_total{result="filled"} 1',
                      again.get("/metrics")[1])
        with open(backend.key_file, encoding="utf-8") as file:
            self.assertNotIn(file.read().strip(), again.receive.log())
        self.assertNotIn("usersig", again.receive.log())

    def test_a_receiver_without_a_source_names_its_gaps_and_the_way_out(self):
        port = self.free_port()
        backend = self.backend_that_tries_once(port)
        group = backend.make_community()
        backend.make_topic(group, "Lost")
        self.all_dead(backend, 2)
        receiver = self.start_receiver(port)
        receiver.wait_for_topic(backend.make_topic(group, "Arrived"))
        gaps = daemons.wait_until(lambda: (gaps := self.gaps(receiver))["open"] == 2 and gaps,
                                  "the gap is seen", 20)
        self.assertEqual((gaps["missing"], gaps["source"]), ([[1, 2]], None))
        self.assertIn("source.url", gaps["trouble"])
        self.assertIn("callbacks were missed", receiver.receive.log())
        self.assertIn(f'tidings_receiver_missed_open{{sdkappid="{APP}"}} 2',
                      receiver.get("/metrics")[1])

    def test_a_source_that_was_replaced_is_seen_mirrored_and_after_a_command_watched_again(self):
        receive = self.start_receive('gap_settle = "100ms"\n')
        receiver = Receiver(receive)
        first = Backend(self, self.start_serve()).make_app(receive.listen + "/im")
        group = first.make_community()
        for number in range(5):
            receiver.wait_for_topic(first.make_topic(group, f"Old {number}"))
        first.serve.stop()
        self.assertEqual(self.gaps(receiver)["renumbered"], 0)

        # The same app in a new folder: the same numbers, and the same ids.
        second = Backend(self, self.start_serve(name="new")).make_app(receive.listen + "/im")
        group = second.make_community()
        topic = second.make_topic(group, "New")
        daemons.wait_until(lambda: (receiver.topic(topic) or {}).get("name") == "New",
                           "the mirror follows")
        gaps = self.gaps(receiver)
        self.assertEqual((gaps["renumbered"], gaps["highest"]), (2, 6), gaps)
        self.assertIn("forget-numbers", gaps["trouble"])
        self.assertIn(f'tidings_receiver_renumbered{{sdkappid="{APP}"}} 2',
                      daemons.request(receive.admin_listen + "/metrics")[1])
        self.assertEqual(receive.log().count("source numbers anew"), 1)

        words = ("forget-numbers", str(APP), "--config", f"{self.folder}/receive.toml")
        self.assertIn("is in use", tidings(*words, "--yes").stderr)
        receive.stop()
        self.assertEqual(tidings(*words).returncode, 1, "it only says what it would do")
        done = tidings(*words, "--yes")
        self.assertEqual((done.returncode, "above 2" in done.stdout), (0, True), done.stderr)

        second.make_topic(group, "Lost")  # its callback waits; the receiver is down
        receiver = self.start_receiver(0, self.source(second))
        daemons.wait_until(lambda: self.gaps(receiver)["highest"] == 3, "the new number is fetched")
        gaps = self.gaps(receiver)
        self.assertEqual((gaps["contiguous"], gaps["renumbered"], gaps["trouble"]), (3, 0, None), gaps)
        self.assertEqual(tidings(*words, "--yes").returncode, 1, "in use again")

    def test_what_retention_has_purged_is_given_up_at_once_and_called_purged(self):
        port = self.free_port()
        elsewhere = Recorder(self)
        backend = Backend(self, self.start_serve()).make_app(elsewhere.url)
        group = backend.make_community()
        for number in range(60):
            backend.make_topic(group, f"Topic {number}")
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 61, "all have ended", 30)
        listen = backend.serve.listen.removeprefix("http://")
        self.assertEqual(backend.serve.stop(), 0)
        backend.serve = self.start_serve("retention.count = 3", listen=listen)
        daemons.wait_until(lambda: Feed(backend).ask()["FirstSequence"] == 59, "all but three go", 30)
        receiver = self.start_receiver(port, self.source(backend))
        gaps = daemons.wait_until(
            lambda: (gaps := self.gaps(receiver))["contiguous"] == 61 and gaps, "all is settled", 30)
        self.assertEqual((gaps["gone"], gaps["filled"], gaps["unreadable"]), (58, 3, 0))
        log = daemons.wait_until(  # it is told once the commit is known to the lane that asked for it
            lambda: "it keeps events from number 59 on" in (log := receiver.receive.log()) and log,
            "the log says so")
        self.assertNotIn("cannot be read", log)
        metrics = receiver.get("/metrics")[1]
        self.assertIn('tidings_receiver_missed_total{result="gone"} 58', metrics)
        self.assertIn('tidings_receiver_missed_total{result="unreadable"} 0', metrics)
        topics = receiver.get("/mirror/topics")[1]["topics"]
        self.assertEqual(sorted(row["name"] for row in topics),
                         ["Topic 57", "Topic 58", "Topic 59"])

    def test_a_source_behind_tls_is_believed_by_its_authority_only_and_its_key_may_change(self):
        ca = daemons.make_authority(self.folder)
        certificate, key = daemons.make_certificate(self.folder, "serve")
        port = self.free_port()
        serve = self.start_serve(f'tls.certificate_file = "{certificate}"\n'
                                 f'tls.key_file = "{key}"\n')
        backend = Backend(self, serve)
        backend.ca_file = ca
        backend.make_app(f"http://127.0.0.1:{port}/im")
        backend.admin("callback", str(APP), "--retry", "off")
        lost = backend.make_topic(backend.make_community(), "Lost")
        self.all_dead(backend, 2)

        wrong = daemons.write_secret(f"{self.folder}/source.key", "0" * 64)
        credentials = f'source.url = "{serve.listen}"\nsource.key_file = "{wrong}"\n'
        untrusting = self.start_receiver(port, credentials)
        trouble = daemons.wait_until(lambda: self.gaps(untrusting)["trouble"], "it is told", 20)
        self.assertIn("tls", trouble)
        self.assertEqual(untrusting.receive.stop(), 0)

        receiver = self.start_receiver(port, credentials + f'source.ca_file = "{ca}"\n')
        daemons.wait_until(lambda: "70009" in (self.gaps(receiver)["trouble"] or ""),
                           "the wrong key is refused", 20)
        daemons.write_secret(wrong, backend.key)
        receiver.receive.send_signal(signal.SIGHUP)
        self.assertEqual(receiver.wait_for_topic(lost, 90)["name"], "Lost")

    def test_a_source_that_is_down_is_waited_for(self):
        port = self.free_port()
        backend = self.backend_that_tries_once(port)
        group = backend.make_community()
        lost = backend.make_topic(group, "Lost")
        self.all_dead(backend, 2)
        listen = backend.serve.listen.removeprefix("http://")
        self.assertEqual(backend.serve.stop(), 0)
        receiver = self.start_receiver(port, self.source(backend))
        daemons.wait_until(lambda: self.gaps(receiver)["trouble"], "the trouble is told", 20)
        backend.serve = self.start_serve(listen=listen)
        self.assertIsNotNone(receiver.wait_for_topic(lost, 90))
        entry = receiver.inbox(AFTER_CREATE_TOPIC)[0]
        self.assertEqual((entry["via"], entry["target"], entry["query"]), ("feed", None, None))


if __name__ == "__main__":
    main()

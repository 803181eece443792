"""Goal: UserSig keys, Sign tokens and webhook secrets are rotated under load without one refused
call or delivery; and what was retired is refused. Method: real serve and receive, a few hundred
topics a second, each kind rotated in the middle of it; counts of both ends at the end."""

import http.client
import json
import os
import re
import signal
import threading
import urllib.parse

from harness import APP, TOKEN, Backend, ProcessTest, daemons, main, tidings

CALLERS = 4
BETWEEN = 150  # topics created between two steps of a rotation


class Load:
    """Threads that create topics, each over its own connection, with the newest ticket there is."""

    def __init__(self, backend, groups):
        self.backend = backend
        self.groups = groups
        self.lock = threading.Lock()
        self.created = 0
        self.wrong = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,))
                        for number in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        address = urllib.parse.urlsplit(self.backend.serve.listen)
        connection = http.client.HTTPConnection(address.hostname, address.port, 10)
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            body = {"GroupId": self.groups[(number + turn) % len(self.groups)],
                    "TopicName": f"topic {number} {turn}"}
            connection.request(
                "POST", "/v4/million_group_open_http_svc/create_topic"
                f"?sdkappid={APP}&identifier=administrator&contenttype=json&random=1"
                f"&usersig={urllib.parse.quote(self.backend.user_sig, safe='')}",
                json.dumps(body))
            answer = json.loads(connection.getresponse().read())
            with self.lock:
                if answer["ErrorCode"] == 0:
                    self.created += 1
                else:
                    self.wrong.append(answer)
        connection.close()

    def go_on(self, count=BETWEEN):
        until = self.created + count
        daemons.wait_until(lambda: self.created >= until or self.wrong, "load goes on", 60)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class RotationTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.files = {}
        self.serve = self.start_serve("rate_limits = { create_topic = 1000000 }\n")
        self.backend = Backend(self, self.serve)
        self.backend.make_app()
        self.secret = self.webhook("create")
        for name, text in (("token.1", TOKEN), ("token.2", TOKEN), ("webhook.1", self.secret),
                           ("webhook.2", self.secret)):
            self.keep(name, text)
        config = self.write("receive.toml", f"""
[receive]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_dir = "{self.folder}/receive"
[[receive.app]]
sdkappid = {APP}
token_files = ["{self.files["token.1"]}", "{self.files["token.2"]}"]
webhook_secret_files = ["{self.files["webhook.1"]}", "{self.files["webhook.2"]}"]
""")
        self.receive = self.daemon("receive", config)
        self.backend.set_callback(self.receive.listen + "/im", ["after_create_group=on"])
        self.groups = [self.backend.make_community(f"owner_{number}") for number in range(16)]

    def keep(self, name, text):
        self.files[name] = daemons.write_secret(f"{self.folder}/{name}", text)

    def webhook(self, *words):
        return json.loads(self.backend.admin("webhook", *words[:1], str(APP), *words[1:]).stdout)[
            "text"]

    def reload_receive(self):
        before = self.receive.log().count(" reloaded")
        self.receive.send_signal(signal.SIGHUP)
        daemons.wait_until(lambda: self.receive.log().count(" reloaded") > before, "it is reread")

    def new_ticket(self):
        self.backend.key = self.backend.admin("key", str(APP), "--plain").stdout.strip()
        daemons.write_secret(self.backend.key_file, self.backend.key)
        made = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "administrator",
                       "--key-file", self.backend.key_file)
        self.backend.user_sig = made.stdout.strip()

    def figure(self, name):
        """The sum of a metric of the receiver over its labels."""
        text = daemons.request(self.receive.admin_listen + "/metrics")[1]
        return sum(float(value) for value in
                   re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", text, re.M))

    def under_load(self, rotate):
        load = Load(self.backend, self.groups)
        try:
            load.go_on()
            rotate(load)
            load.go_on()
        finally:
            load.stop()
        self.assertEqual(load.wrong, [])
        daemons.wait_until(lambda: self.backend.ledger()["pending"] == 0, "all is delivered", 60)
        ledger = self.backend.ledger()
        self.assertEqual((ledger["dead"], ledger["cancelled"]), (0, 0), ledger)
        self.assertEqual(ledger["delivered"], load.created + len(self.groups), ledger)
        self.assertEqual(self.figure("tidings_receiver_refused_total"), 0, self.receive.log_tail())
        topics = self.figure('tidings_receiver_mirror_topics')
        self.assertGreaterEqual(topics, load.created)
        metrics = daemons.request(self.serve.admin_listen + "/metrics")[1]
        outcomes = set(re.findall(r'tidings_callback_attempts_total{outcome="(\w+)"}', metrics))
        self.assertEqual(outcomes, {"ok"}, "every delivery succeeded at its first attempt")

    def send(self, token_file, secret_file=None):
        words = ["--webhook-secret-file", secret_file] if secret_file else []
        return tidings("callback", "send", self.receive.listen + "/im", "--sdkappid", str(APP),
                       "--token-file", token_file, *words)

    def test_usersig_keys(self):
        former = self.backend.user_sig

        def rotate(load):
            for _ in range(2):
                self.backend.admin("key", str(APP), "--rotate", "--overlap", "1h")
                load.go_on()      # the former ticket is still good
                self.new_ticket()
                load.go_on()

        self.under_load(rotate)
        current = self.backend.user_sig
        self.backend.user_sig = former
        self.backend.make_topic(self.groups[0])
        self.backend.admin("key", str(APP), "--rotate", "--overlap", "0s")
        for retired in (former, current):
            self.backend.user_sig = retired
            self.backend.make_topic(self.groups[0], expected=70009)

    def test_sign_tokens(self):
        former = self.write("former", TOKEN)

        def rotate(load):
            for number in range(2):
                token = f"rotated-token-{number}"
                self.keep("token.2", token)
                self.reload_receive()  # both are good
                load.go_on()
                self.backend.admin("callback", str(APP), "--callback-token-file",
                                   self.files["token.2"])
                load.go_on()
                # What was signed with the former one is delivered before it goes.
                before = self.backend.ledger()["accepted"]
                daemons.wait_until(lambda: self.backend.ledger()["delivered"] >= before,
                                   "what was signed with the former token has arrived", 60)
                self.keep("token.1", token)
                self.reload_receive()
                load.go_on()

        self.under_load(rotate)
        refused = self.send(former, self.files["webhook.1"])
        self.assertEqual(refused.returncode, 1, refused.stdout)

    def test_webhook_secrets(self):
        def rotate(load):
            for _ in range(2):
                secret = self.webhook("rotate", "--overlap", "1h")
                load.go_on()  # signed with both, checked with the former
                self.keep("webhook.2", secret)
                self.reload_receive()
                load.go_on()
                self.keep("webhook.1", secret)
                self.reload_receive()
                load.go_on()

        self.under_load(rotate)
        former = self.write("former", self.secret)
        refused = self.send(self.files["token.1"], former)
        self.assertEqual(refused.returncode, 1, refused.stdout)

    def test_an_unreadable_file_at_sighup_leaves_what_counts(self):
        os.remove(self.files["token.2"])
        self.receive.send_signal(signal.SIGHUP)
        daemons.wait_until(lambda: "files not reread" in self.receive.log(), "it is said")
        self.assertIn(self.files["token.2"], self.receive.log())
        self.backend.make_topic(self.groups[0])
        daemons.wait_until(lambda: self.backend.ledger()["pending"] == 0, "it is delivered", 30)
        self.assertEqual(self.figure("tidings_receiver_refused_total"), 0)


if __name__ == "__main__":
    main()

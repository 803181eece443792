"""Goal: the road of one topic, through real processes: what is created arrives, is mirrored, and
nothing else is. Method: serve and receive on loopback, over HTTPS where it matters; the receiver
may be down, be somebody else's (nginx), or be asked by strangers."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import unittest

from harness import (AFTER_CREATE_TOPIC, APP, BINARY, Backend, ProcessTest, Receiver, ROOT, daemons,
                     main, tidings)


class RoadTest(ProcessTest):
    def start_both(self, tls=False, **app):
        more = serve_more = ""
        if tls:
            ca = daemons.init_authority(BINARY, self.folder + "/ca")
            certificate, key = daemons.issue_certificate(BINARY, self.folder + "/ca")
            more = f'tls.certificate_file = "{certificate}"\ntls.key_file = "{key}"\n'
            serve_more = f'callbacks.ca_file = "{ca}"\n'
        receive = self.start_receive(more)
        backend = Backend(self, self.start_serve(serve_more))
        backend.make_app(receive.listen + "/im", **app)
        return backend, Receiver(receive)

    def test_topics_of_both_doors_arrive_over_https_signed_and_are_mirrored(self):
        backend, receiver = self.start_both(tls=True)
        group = backend.make_community()
        by_rest = backend.make_topic(group)
        result = backend.client("createTopicInCommunity",
                                json.dumps({"groupID": group, "topicName": "Gärten"}),
                                platform="Android")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        by_client = next(answer["data"]["topicID"] for answer in answers
                         if "topicID" in answer.get("data", {}))
        self.assertEqual(receiver.wait_for_topic(by_rest)["name"], "Woodwork")
        self.assertEqual(receiver.wait_for_topic(by_client)["name"], "Gärten")
        entries = {entry["body"]["TopicId"]: entry for entry in receiver.inbox(AFTER_CREATE_TOPIC)}
        self.assertEqual(set(entries), {by_rest, by_client})
        self.assertEqual(entries[by_rest]["opt_platform"], "RESTAPI")
        self.assertEqual(entries[by_client]["opt_platform"], "Android")
        self.assertEqual(entries[by_client]["client_ip"], "127.0.0.1")
        self.assertEqual(entries[by_client]["body"], {
            "CallbackCommand": AFTER_CREATE_TOPIC, "GroupId": group, "TopicId": by_client,
            "Operator_Account": "vera_01", "Owner_Account": "vera_01", "Type": "Community",
            "Name": "Gärten"})

    def test_names_neither_steer_a_terminal_nor_forge_a_line(self):
        backend, receiver = self.start_both()
        name = "\x1b[2J\n@TGS#_forged  alive\x9b1m\x7f"
        topic = backend.make_topic(backend.make_community(), name)
        receiver.wait_for_topic(topic)
        shown = r"\u001b[2J\n@TGS#_forged  alive\u009b1m\u007f"
        door = ("--url", receiver.receive.admin_listen)
        for words in (("topics", "list"), ("topics", "watch", "--after", "0", "--count", "1", "--command",
                       "AfterCreateTopic")):
            with self.subTest(words=words):
                text = tidings(*words, *door).stdout
                self.assertIn(shown, text)
                self.assertFalse(set(text) & {"\x1b", "\x7f", "\x9b"}, text)
                for line in tidings(*words, *door, "--json").stdout.strip("\n").split("\n"):
                    row = json.loads(line)
                    if row.get("command", AFTER_CREATE_TOPIC) == AFTER_CREATE_TOPIC:
                        self.assertEqual(row.get("body", row).get("Name", row.get("name")), name)
        group = receiver.topic(topic)["group_id"]
        pushed = backend.client("getTopicList", json.dumps({"groupID": group})).stdout
        self.assertIn(shown, pushed)
        answers = [json.loads(line) for line in pushed.split("\n") if line]
        self.assertEqual(answers[-1]["data"]["successTopicList"][0]["topicName"], name)

    def test_events_wait_for_a_receiver_that_is_down_and_survive_a_restart(self):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
        serve = self.start_serve()
        backend = Backend(self, serve).make_app(f"http://127.0.0.1:{port}/im")
        group = backend.make_community()
        topics = [backend.make_topic(group, f"Topic {number}") for number in range(5)]
        self.assertEqual(serve.stop(), 0, serve.log_tail())
        again = self.start_serve()
        backend.serve = again
        ledger = backend.ledger()
        self.assertEqual((ledger["accepted"], ledger["pending"]), (6, 6), ledger)
        receiver = Receiver(self.start_receive(listen=f"127.0.0.1:{port}"))
        for topic in topics:
            receiver.wait_for_topic(topic, 40)
        arrived = [entry["body"]["TopicId"] for entry in receiver.inbox(AFTER_CREATE_TOPIC)]
        self.assertEqual(arrived, topics, "in the order of their creation, each once")
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 6, "the outcomes are kept")

    def test_no_event_where_there_should_be_none(self):
        backend, receiver = self.start_both(events=())
        group = backend.make_community()
        backend.make_topic(group)                                     # the switch is off
        backend.admin("callback", str(APP), "--switch", "after_create_group=on")
        backend.rest("group_open_http_svc/import_topic",              # imports are silent
                     {"GroupId": group, "TopicName": "Imported"}, None)
        backend.make_topic("@TGS#_@TGS#cNOSUCHGROUP", expected=10010)  # refused
        backend.admin("set", str(APP), "--topic", "off")
        backend.make_topic(group, expected=11000)                     # feature off
        backend.admin("set", str(APP), "--topic", "on")
        last = backend.make_topic(group, "The only one")
        receiver.wait_for_topic(last)
        self.assertEqual([entry["body"]["Name"] for entry in receiver.inbox(AFTER_CREATE_TOPIC)],
                         ["The only one"])

    def test_a_before_callback_decides(self):
        receive = self.start_receive(app_more="""
[[receive.app.before]]
command = "Group.CallbackBeforeCreateTopic"
name_contains = "spam"
error_code = 10123
error_info = "only curators may add topics"
""")
        backend = Backend(self, self.start_serve()).make_app(
            receive.listen, ("before_create_group=on", "after_create_group=on"))
        group = backend.make_community()
        refused = backend.rest("million_group_open_http_svc/create_topic",
                               {"GroupId": group, "TopicName": "spam and eggs"}, 10123)
        self.assertEqual(refused["ErrorInfo"], "only curators may add topics")
        self.assertIsNotNone(Receiver(receive).wait_for_topic(backend.make_topic(group, "eggs")))

    def test_strangers_get_a_reason_and_leave_no_trace(self):
        receive = self.start_receive()
        receiver = Receiver(receive)

        def send(*more, app=APP, token=self.token_file):
            return tidings("callback", "send", receive.listen + "/im", "--sdkappid", str(app),
                           "--token-file", token, *more)

        other = self.write("other.token", "another-token")
        self.assertEqual(send(app=APP + 1).returncode, 1)
        self.assertEqual(send(token=other).returncode, 1)
        for name, body in (("broken", "{"), ("deep", "[" * 100 + "]" * 100),
                           ("twice", '{"CallbackCommand":"Group.CallbackAfterCreateTopic",'
                                     '"GroupId":"a","GroupId":"b","TopicId":"c"}')):
            self.assertEqual(send("--body-file", self.write(name, body)).returncode, 1, name)
        with open(f"{self.folder}/utf8", "wb") as file:
            file.write(b'{"Name":"\xff"}')
        self.assertEqual(send("--body-file", f"{self.folder}/utf8").returncode, 1)
        self.assertIn(daemons.request(receive.listen + "/im")[0], (400, 405))
        self.assertEqual(self.post_oversized(receive.listen), 413)
        self.assertEqual(receiver.inbox(), [])
        self.assertEqual(send().returncode, 0)
        self.assertEqual(len(receiver.inbox()), 1)

    @staticmethod
    def post_oversized(url):
        host, port = url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.putrequest("POST", "/im")
        connection.putheader("Content-Length", str(2 * 1024 * 1024))
        connection.endheaders()
        return connection.getresponse().status

    def test_the_sample_of_the_documentation_is_accepted(self):
        receive = self.start_receive()
        with open(f"{ROOT}/tests/data/after_create_topic_sample.json", encoding="utf-8") as file:
            sample = json.load(file)
        path = self.write("sample", json.dumps(sample))
        result = tidings("callback", "send", receive.listen, "--sdkappid", str(APP),
                         "--token-file", self.token_file, "--body-file", path)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        row = Receiver(receive).wait_for_topic(sample["TopicId"])
        self.assertEqual((row["group_id"], row["group_mismatch"]), (sample["GroupId"], True))

    def test_topics_are_listed_and_watched(self):
        backend, receiver = self.start_both()
        group = backend.make_community()
        receiver.wait_for_topic(backend.make_topic(group))
        url = receiver.receive.admin_listen
        listed = tidings("topics", "list", "--url", url, "--group", group, "--json")
        self.assertEqual([json.loads(line)["name"] for line in listed.stdout.splitlines()],
                         ["Woodwork"], listed.stderr)
        watched = tidings("topics", "watch", "--url", url, "--after", "0", "--count", "2", "--json")
        self.assertEqual([json.loads(line)["command"] for line in watched.stdout.splitlines()],
                         ["Group.CallbackAfterCreateGroup", AFTER_CREATE_TOPIC], watched.stderr)

    @unittest.skipUnless(shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"),
                         "nginx is not installed")
    def test_nginx_as_a_third_partys_receiver_gets_callbacks_over_tls(self):
        ca = daemons.init_authority(BINARY, self.folder + "/ca")
        certificate, key = daemons.issue_certificate(BINARY, self.folder + "/ca")
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
        log = f"{self.folder}/access.log"
        config = self.write("nginx.conf", f"""
daemon off; master_process off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log;
events {{}}
http {{
  log_format whole escape=json '{{"target":"$request_uri","body":"$request_body"}}';
  access_log {log} whole;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    client_body_in_single_buffer on;
    location /im {{
      proxy_pass https://127.0.0.1:{port}/answer;  # reading the body is what fills $request_body
    }}
    location /answer {{
      access_log off; default_type application/json;
      return 200 '{{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}}';
    }}
  }}
}}
""")
        nginx = subprocess.Popen(["/usr/sbin/nginx", "-c", config], stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        daemons.wait_until(lambda: not daemons.port_is_free(port), "nginx listens")
        backend = Backend(self, self.start_serve(f'callbacks.ca_file = "{ca}"\n'))
        backend.make_app(f"https://127.0.0.1:{port}/im")
        topic = backend.make_topic(backend.make_community())
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 2, "both are delivered", 15)

        def logged():
            with open(log, encoding="utf-8") as file:
                return [json.loads(line) for line in file]

        daemons.wait_until(lambda: len(logged()) == 2, "nginx logged both")
        last = logged()[-1]
        self.assertIn(f"SdkAppid={APP}&CallbackCommand={AFTER_CREATE_TOPIC}", last["target"])
        self.assertRegex(last["target"], "Sign=[0-9a-f]{64}&RequestTime=[0-9]+$")
        self.assertEqual(json.loads(last["body"])["TopicId"], topic)


if __name__ == "__main__":
    main()

"""Goal: what an operator sets with `tidings app` counts at the doors at once, verb by verb.
Method: the built binary against a running serve; each verb is run, then the door is asked."""

import contextlib
import json
import socket
import sqlite3

from harness import APP, Backend, ProcessTest, Recorder, daemons, main, tidings

CREATE_GROUP = "group_open_http_svc/create_group"
CREATE_TOPIC = "million_group_open_http_svc/create_topic"
CHECK = "im_open_login_svc/account_check"
ALARM = "Group.CallbackOnDailyGroupQuotaAlarm"


class AppsTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.backend = Backend(self, self.start_serve()).make_app()

    def app(self, *words, ok=True):
        result = self.backend.admin(*words, ok=ok)
        return json.loads(result.stdout) if ok and result.stdout.strip() else result

    def code(self, path, body=None, user_sig=None, user="administrator"):
        url = (f"{self.backend.serve.listen}/v4/{path}?sdkappid={APP}&identifier={user}"
               f"&usersig={daemons.quoted(user_sig or self.backend.user_sig)}")
        return json.loads(daemons.request(url, json.dumps(body or {}), "POST")[1])["ErrorCode"]

    def sig(self, user):
        made = tidings("usersig", "make", "--sdkappid", str(APP), "--user", user, "--key-file",
                       self.backend.key_file)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def test_apps_are_created_listed_shown_and_changed(self):
        other = self.app("create", "Hillside", "--introduction", "the other one")
        self.assertEqual({app["sdkappid"] for app in self.app("list")["apps"]},
                         {APP, other["sdkappid"]})
        number = str(other["sdkappid"])
        self.app("set", number, "--name", "Hill", "--introduction", "i", "--rest-allow",
                 "203.0.113.0/24")
        shown = self.app("show", number)
        self.assertEqual((shown["name"], shown["introduction"], shown["rest_allow"]),
                         ("Hill", "i", ["203.0.113.0/24"]))
        self.assertEqual(self.app("create", "Again", "--sdkappid", number, ok=False).returncode, 1)
        self.assertEqual(self.app("set", number, ok=False).returncode, 2)

    def test_only_a_disabled_app_is_deleted(self):
        self.assertEqual(self.app("delete", str(APP), ok=False).returncode, 1)
        self.app("disable", str(APP))
        self.assertEqual(self.code(CHECK), 60016)
        self.app("enable", str(APP))
        self.assertEqual(self.code(CHECK), 70402)
        self.app("disable", str(APP))
        self.app("delete", str(APP))
        self.assertEqual(self.code(CHECK), 70020)
        self.assertEqual(self.app("list")["apps"], [])

    def test_a_deleted_app_made_anew_has_nothing_of_the_old_one_across_a_crash(self):
        group, room = "@TGS#_makers", "@TGS#_room"
        create = {"Type": "Community", "Name": "Makers", "SupportTopic": 1}

        def fill():
            for name in (group, room):
                self.assertEqual(self.code(CREATE_GROUP, {**create, "GroupId": name}), 0)
                self.backend.make_topic(name)

        def groups():
            return self.backend.rest("group_open_http_svc/get_appid_group_list", {})["TotalCount"]

        self.backend.set_callback("http://127.0.0.1:9/im", ("after_create_group=on",))
        fill()
        self.assertEqual(self.backend.ledger()["accepted"], 4)
        self.app("disable", str(APP))
        self.app("delete", str(APP))
        self.backend.serve.kill()
        self.backend.serve = self.start_serve("rate_limits = { get_appid_group_list = 1000 }")
        self.assertEqual(self.app("list")["apps"], [])
        self.backend.make_app()
        self.assertEqual(groups(), 0)
        feed = json.loads(daemons.request(
            f"{self.backend.serve.listen}/v4/tidings/events?sdkappid={APP}&after=0"
            f"&identifier=administrator&usersig={daemons.quoted(self.backend.user_sig)}")[1])
        self.assertEqual((feed["EventList"], feed["FirstSequence"], feed["LastSequence"]),
                         ([], 5, 4))
        replayed = tidings("events", "replay", str(APP), "--all", "--yes", "--url",
                           self.backend.serve.admin_listen, "--token-file",
                           self.backend.admin_token)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertEqual(self.backend.ledger()["cancelled"], 4)
        fill()
        self.assertEqual(self.code("group_open_http_svc/destroy_group", {"GroupId": room}), 0)
        self.assertEqual(groups(), 1)
        file = f"{self.folder}/serve/tidings.db"

        def left():
            with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                return [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                        for table in ("deleted_app", "dissolved_group", "grp", "topic")]

        daemons.wait_until(lambda: left() == [0, 0, 1, 1], "only what is new is left", 30)
        self.assertEqual(groups(), 1)
        self.assertEqual(self.code(CREATE_TOPIC, {"GroupId": group, "TopicName": "Next"}), 0)
        self.assertEqual(tidings("ledger", "--data-dir", f"{self.folder}/serve").returncode, 0)

    def test_an_app_is_made_anew_while_a_callback_of_the_old_one_is_under_way(self):
        group = "@TGS#_makers"
        create = {"Type": "Community", "Name": "Makers", "SupportTopic": 1, "GroupId": group}
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(10)
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/im"
            self.backend.set_callback(url, ("after_create_group=on",))
            self.assertEqual(self.code(CREATE_GROUP, create), 0)
            connection, _ = silent.accept()
            with connection:
                self.assertTrue(connection.recv(1), "it is under way, and not answered")
                self.app("disable", str(APP))
                self.app("delete", str(APP))
                recorder = Recorder(self)
                self.backend.make_app(recorder.url)
                self.assertEqual(self.code(CREATE_GROUP, create), 0)
                daemons.wait_until(lambda: self.backend.ledger()["delivered"] == 1, "the new one's")
        self.assertEqual(len(recorder.requests), 1)

    def test_admins_may_call_and_former_ones_may_not(self):
        sig = self.sig("ops")
        self.assertEqual(self.code(CHECK, user="ops", user_sig=sig), 70403)
        self.app("admin", "add", str(APP), "ops")
        self.assertEqual(self.app("admin", "list", str(APP))["admins"], ["administrator", "ops"])
        self.assertEqual(self.code(CHECK, user="ops", user_sig=sig), 70402)
        self.app("admin", "remove", str(APP), "ops")
        self.assertEqual(self.code(CHECK, user="ops", user_sig=sig), 70403)

    def test_a_custom_field_is_declared_and_then_accepted(self):
        group = {"Type": "Community", "Name": "Makers",
                 "AppDefinedData": [{"Key": "season", "Value": "winter"}]}
        self.assertEqual(self.code(CREATE_GROUP, group), 10004)
        for which in ("group", "member"):
            key = "season" if which == "group" else "badge"
            self.app("field", "declare", str(APP), which, json.dumps(
                {"key": key, "types": [{"type": "Community", "read": "anyone", "write": "admin"}]}))
            self.assertIn(key, json.dumps(self.app("field", "list", str(APP), which)))
        self.assertEqual(self.code(CREATE_GROUP, group), 0)

    def test_the_callback_settings_are_printed_and_secrets_are_not(self):
        self.app("callback", str(APP), "--callback-url", "http://127.0.0.1:9/im", "--sign", "on",
                 "--callback-token-file", self.token_file, "--switch", "all=on", "--retry",
                 "timeouts", "--before-failure", "block", "--additive", "all")
        shown = self.app("callback", str(APP))
        self.assertEqual((shown["url"], shown["sign"], shown["token_set"], shown["retry"],
                          shown["before_failure"], shown["additive"]),
                         ("http://127.0.0.1:9/im", True, True, "timeouts", "block", "all"))
        self.assertEqual(set(shown["switches"].values()), {True})
        secret = self.app("webhook", "create", str(APP))["text"]
        for words in (("webhook", "list", str(APP)), ("callback", str(APP)), ("show", str(APP))):
            self.assertNotIn(secret, json.dumps(self.app(*words)))
        self.assertNotEqual(self.app("webhook", "rotate", str(APP), "--overlap", "1h")["text"],
                            secret)
        self.app("webhook", "delete", str(APP))
        self.assertEqual(self.app("callback", str(APP))["webhook_secrets"], [])

    def test_a_refusal_names_its_field_once_and_flags_by_their_own_names(self):
        for words, said in (
                (("show", "99"), "tidings: sdkappid: there is no app 99 (HTTP 404)"),
                (("callback", str(APP), "--callback-url", "ftp://h/"), "tidings: callback.url: "),
                (("callback", str(APP), "--endpoint", "foo"),
                 "--endpoint: 'foo' is neither on nor off"),
                (("set", str(APP), "--topic", "1"), "--topic: '1' is neither on nor off")):
            with self.subTest(words=words):
                result = self.backend.admin(*words, ok=False)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(said, result.stderr)
                self.assertNotRegex(result.stderr, r"(\b[\w.]+: )\1")

    def test_calls_users_words_and_quotas_are_refused_with_their_codes(self):
        group = self.backend.make_community()
        self.app("set", str(APP), "--rest-disable", CREATE_TOPIC, "--block-user", "mallory",
                 "--refuse-word", "casino", "--av-chat-rooms", "1")
        topic = {"GroupId": group, "TopicName": "Casino night"}
        self.assertEqual(self.code(CREATE_TOPIC, topic), 10026)
        self.app("set", str(APP), "--rest-disable", "")
        self.assertEqual(self.code(CREATE_TOPIC, topic), 80001)
        self.assertEqual(self.code(CHECK, user="mallory", user_sig=self.sig("mallory")), 70051)
        refused = self.backend.client("getJoinedCommunityList", user="mallory")
        self.assertIn("70051", refused.stdout + refused.stderr)
        room = {"Type": "AVChatRoom", "Name": "Stage"}
        self.assertEqual([self.code(CREATE_GROUP, room) for _ in range(2)], [0, 10036])
        self.app("set", str(APP), "--block-user", "", "--refuse-word", "", "--av-chat-rooms", "0")
        self.assertEqual(self.code(CREATE_TOPIC, topic), 0)
        self.assertEqual(self.code(CHECK, user="mallory", user_sig=self.sig("mallory")), 70403)
        self.assertEqual(self.code(CREATE_GROUP, room), 0)

    def test_the_daily_quota_warns_the_app_backend_and_then_holds(self):
        recorder = Recorder(self)
        self.backend.set_callback(recorder.url, ("after_group_info_changed=on",))
        self.app("set", str(APP), "--new-groups-per-day", "2")
        group = {"Type": "Public", "Name": "Makers"}
        self.assertEqual([self.code(CREATE_GROUP, group) for _ in range(3)], [0, 0, 10006])
        daemons.wait_until(lambda: recorder.requests, "the alarm arrives")
        target, _, body = recorder.requests[0]
        self.assertIn(f"&CallbackCommand={ALARM}&", target)
        alarm = json.loads(body)
        self.assertEqual((alarm["CallbackCommand"], alarm["QuotaUsed"], alarm["Quota"]),
                         (ALARM, 2, 2))
        daemons.wait_until(lambda: self.backend.ledger()["delivered"] == 1, "it is delivered")
        self.assertEqual(len(recorder.requests), 1)
        self.assertEqual([event["command"] for event in self.app("events", str(APP))["events"]],
                         [ALARM])


if __name__ == "__main__":
    main()

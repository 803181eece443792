"""Goal: no secret leaves its place: not into logs, metrics, answers, error texts, process arguments
or the database. Method: known secrets of every kind, driven through errors of many kinds at real
daemons, and a search in all that came out."""

import json
import os
import re
import signal

from harness import APP, Backend, ProcessTest, Recorder, daemons, main, tidings

ADMIN_TOKEN = "known-admin-token-4711"
QUERY_TOKEN = "known-query-token-4711"
SIGN_TOKEN = "known-sign-token-4711"
OTHER_TOKEN = "known-other-token-4711"


class SecretsTest(ProcessTest):
    """Everything that was said is kept in `said`, and searched at the end."""

    def setUp(self):
        super().setUp()
        self.said = []
        self.token_file = daemons.write_secret(f"{self.folder}/known.token", SIGN_TOKEN)
        environment = {"TIDINGS_SERVE_ADMIN_TOKEN": ADMIN_TOKEN,
                       "TIDINGS_RECEIVE_ADMIN_TOKEN": QUERY_TOKEN}
        self.receive = self.start_receive(environment=environment)
        config = self.write("serve.toml", f"""
[serve]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_dir = "{self.folder}/serve"
callbacks.allow_networks = ["127.0.0.0/8"]
[log]
level = "debug"
""")
        self.serve = self.daemon("serve", config, environment=environment)
        os.makedirs(f"{self.folder}/serve", exist_ok=True)
        daemons.write_secret(f"{self.folder}/serve/admin.token", ADMIN_TOKEN)
        self.backend = Backend(self, self.serve).make_app(self.receive.listen + "/im")
        self.webhook = json.loads(self.backend.admin("webhook", "create", str(APP)).stdout)["text"]
        with open(f"{self.folder}/serve/secret.key", encoding="utf-8") as file:
            self.box_key = file.read().strip()
        self.secrets = {
            "admin token": ADMIN_TOKEN, "query token": QUERY_TOKEN, "sign token": SIGN_TOKEN,
            "other token": OTHER_TOKEN, "app key": self.backend.key, "webhook": self.webhook,
            "ticket": self.backend.user_sig, "box key": self.box_key}

    def ask(self, url, body=None, method=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, text = daemons.request(url, body, method, headers)
        self.said.append(text)
        return status

    def admin(self, path, body=None, method=None, token=ADMIN_TOKEN):
        return self.ask(self.serve.admin_listen + path, body, method, token)

    def rest(self, path, body, sig, identifier="administrator", method="POST"):
        return self.ask(
            f"{self.serve.listen}/v4/{path}?sdkappid={APP}&identifier={identifier}"
            f"&usersig={daemons.quoted(sig)}&random=1&contenttype=json", body, method)

    def errors_at_the_admin_door(self):
        app = f"/admin/v1/apps/{APP}"
        for token in (None, "wrong", ADMIN_TOKEN + "x"):
            self.admin(app, token=token)
        for body in ('{"token":"' + OTHER_TOKEN + ' with a space"}',
                     '{"token":"' + OTHER_TOKEN * 5 + '"}', '{"tokn":"' + OTHER_TOKEN + '"}',
                     '{"token":["' + OTHER_TOKEN + '"]}', '{"token":"' + OTHER_TOKEN,
                     '{"url":"https://u:' + OTHER_TOKEN + '@h.test/"}',
                     '{"ca_certificates":"-----BEGIN PRIVATE KEY-----' + OTHER_TOKEN + '"}'):
            self.admin(app + "/callback", body, "PATCH")
        for path in ("/admin/v1/apps", app, app + "/callback", app + "/callback/webhook-secrets",
                     app + "/events", app + "/ledger", "/admin/v1/stats", app + "/nothing"):
            self.admin(path)
        self.admin(app + "/callback/webhook-secrets", "", "POST")  # there is one already

    def errors_at_the_rest_door(self):
        sig = self.backend.user_sig
        create = "million_group_open_http_svc/create_topic"
        for path, body, ticket, who in (
                (create, "{", sig, "administrator"), (create, "[]", sig, "administrator"),
                (create, "{}", sig, "administrator"), (create, "{}", sig, "somebody"),
                (create, "{}", sig[:-9], "administrator"), (create, "{}", "", "administrator"),
                (create, "{}", sig + "x", "administrator"),
                ("no_such_service/create_topic", "{}", sig, "administrator"),
                ("group_open_http_svc/no_such_command", "{}", sig, "administrator")):
            self.rest(path, body, ticket, who)
        self.rest(create, "x" * (2 * 1024 * 1024), sig)
        url = f"{self.serve.listen}/v4/{create}?usersig={daemons.quoted(sig)}&x={'y' * 20000}"
        self.ask(url, "{}")

    def errors_at_the_client_door(self):
        url = self.serve.listen.replace("http", "ws", 1) + "/client"
        other = daemons.write_secret(f"{self.folder}/other.key", OTHER_TOKEN)
        for key, user in ((other, "vera_01"), (self.backend.key_file, "x" * 99)):
            result = tidings("client", "--url", url, "--sdkappid", str(APP), "--user", user,
                             "--key-file", key, "getTopicList", '{"groupID":"none"}')
            self.said += [result.stdout, result.stderr]

    def errors_of_delivery(self):
        group = self.backend.make_community()
        for url in (self.receive.listen + "/im", "http://127.0.0.1:1/im", "https://127.0.0.1:1/im",
                    self.receive.listen.replace("http", "https") + "/im"):
            self.backend.admin("callback", str(APP), "--callback-url", url)
            self.backend.make_topic(group)
        other = daemons.write_secret(f"{self.folder}/other.token", OTHER_TOKEN)
        self.backend.admin("callback", str(APP), "--callback-url", self.receive.listen + "/im",
                           "--callback-token-file", other)
        self.backend.make_topic(group)
        daemons.wait_until(lambda: "signature" in self.receive.log() or self.refused(),
                           "a wrong Sign is refused", 20)
        events = f"/admin/v1/apps/{APP}/events"
        self.admin(events)
        for seq in range(1, 5):
            self.admin(f"{events}/{seq}")

    def refused(self):
        text = daemons.request(self.receive.admin_listen + "/metrics")[1]
        return 'refused_total{reason="signature"} 0' not in text

    def errors_at_the_receiver(self):
        base = self.receive.listen + "/im"
        query = f"?SdkAppid={APP}&CallbackCommand=Group.CallbackAfterCreateTopic&contenttype=json"
        for target in (base, base + query, base + query + "&Sign=" + "0" * 64 + "&RequestTime=1",
                       base + query.replace(str(APP), "1"), base + "?" + "%zz"):
            self.ask(target, "{}", "POST")
        for token in (None, "wrong", QUERY_TOKEN):
            for path in ("/inbox?limit=x", "/mirror/topics", "/nothing", "/inbox"):
                self.ask(self.receive.admin_listen + path, token=token)

    def process_arguments(self):
        for daemon in (self.serve, self.receive):
            with open(f"/proc/{daemon.process.pid}/cmdline", encoding="utf-8") as file:
                self.said.append(file.read())

    def test_no_secret_is_said_anywhere(self):
        self.errors_at_the_admin_door()
        self.errors_at_the_rest_door()
        self.errors_at_the_client_door()
        self.errors_of_delivery()
        self.errors_at_the_receiver()
        for daemon in (self.serve, self.receive):
            daemon.send_signal(signal.SIGHUP)
            daemons.wait_until(lambda daemon=daemon: "reloaded" in daemon.log(), "it is reloaded")
            self.ask(daemon.admin_listen + "/metrics")
        # Neither paths of this machine nor a stack are in an answer.
        for pattern in (r"/src/[a-z_]+/", r"\.cc:\d+", r"0x[0-9a-f]{8,}", r"std::", r"boost::"):
            self.assertIsNone(re.search(pattern, "\n".join(self.said)), pattern)
        self.process_arguments()
        checked = tidings("check-config", "--config", f"{self.folder}/receive.toml", environment={
            "TIDINGS_SERVE_ADMIN_TOKEN": ADMIN_TOKEN, "TIDINGS_RECEIVE_ADMIN_TOKEN": QUERY_TOKEN})
        self.said += [checked.stdout, checked.stderr]
        for daemon in (self.serve, self.receive):
            self.assertEqual(daemon.stop(), 0)
            self.said.append(daemon.log())
        everything = "\n".join(self.said)
        self.assertIn("Riverside", everything)  # the search looks at something
        self.assertIn("SdkAppid 1 is not an app", everything)
        for name, secret in self.secrets.items():
            place = everything.find(secret)
            self.assertEqual(place, -1, f"{name}: {everything[max(0, place - 200):place + 20]}")

    def test_no_file_of_the_database_holds_a_secret(self):
        group = self.backend.make_community()
        self.backend.make_topic(group)
        self.backend.admin("key", str(APP), "--rotate")
        for stopped in (False, True):
            if stopped:
                self.assertEqual(self.serve.stop(), 0)
            found = self.search(f"{self.folder}/serve")
            self.assertEqual(found, [])
        self.assertEqual(os.stat(f"{self.folder}/serve/secret.key").st_mode & 0o777, 0o600)

    def search(self, folder):
        found = []
        wal = False
        for name in os.listdir(folder):
            if name in ("admin.token", "secret.key"):
                continue
            wal = wal or name.endswith("-wal")
            with open(f"{folder}/{name}", "rb") as file:
                data = file.read()
            found += [(name, what) for what, secret in self.secrets.items()
                      if secret.encode() in data]
        with open(f"{folder}/tidings.db", "rb") as file:
            data = file.read()
        if wal:
            with open(f"{folder}/tidings.db-wal", "rb") as file:
                data += file.read()
        self.assertIn(b"Riverside", data)  # the search finds what is there
        return found


class KeyFileTest(ProcessTest):
    def setUp(self):
        super().setUp()
        serve = self.start_serve()
        self.backend = Backend(self, serve).make_app()
        self.assertEqual(serve.stop(), 0)
        self.key = f"{self.folder}/serve/secret.key"

    def refused(self):
        result = tidings("serve", "--config", f"{self.folder}/serve.toml")
        self.assertEqual(result.returncode, 1, result.stderr)
        return result.stderr

    def test_without_its_key_the_database_is_not_opened_and_the_way_out_is_said(self):
        os.rename(self.key, self.key + ".away")
        text = self.refused()
        for part in (self.key, "missing", "backup", "secret_key_file"):
            self.assertIn(part, text)
        self.assertFalse(os.path.exists(self.key), "no new key in the place of the lost one")
        os.rename(self.key + ".away", f"{self.folder}/elsewhere.key")
        again = self.start_serve(f'secret_key_file = "{self.folder}/elsewhere.key"\n')
        self.assertEqual(Backend(self, again).admin("key", str(APP), "--plain").stdout.strip(),
                         self.backend.key)

    def forget(self, *more):
        return tidings("forget-secrets", "--config", f"{self.folder}/serve.toml", *more)

    def test_when_the_key_is_lost_for_good_every_app_gets_new_secrets_and_its_events_are_held(self):
        serve = self.start_serve()
        recorder = Recorder(self)
        self.backend.serve = serve
        self.backend.set_callback(recorder.url, ("after_create_group=on",))
        refused = self.forget("--yes")
        self.assertEqual(refused.returncode, 1, "serve runs")
        group = self.backend.make_community()
        daemons.wait_until(lambda: self.backend.ledger()["delivered"] == 1, "it is delivered")
        self.assertEqual(serve.stop(), 0)
        self.assertIn("none was replaced", self.forget("--yes").stdout)

        os.remove(self.key)
        self.assertIn("forget-secrets", self.refused())
        self.assertIn("--yes", self.forget().stderr)
        self.assertFalse(os.path.exists(self.key), "without --yes nothing is done")
        done = self.forget("--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{APP}: new UserSig key, new Sign token; callbacks are held", done.stdout)
        self.assertEqual(os.stat(self.key).st_mode & 0o777, 0o600)

        old_sig = self.backend.user_sig
        self.backend.serve = self.start_serve()
        self.backend.rest("group_open_http_svc/get_group_info", {"GroupIdList": [group]}, 70009)
        new_key = self.backend.admin("key", str(APP), "--plain").stdout.strip()
        self.assertNotEqual(new_key, self.backend.key)
        daemons.write_secret(self.backend.key_file, new_key)
        self.backend.user_sig = tidings(
            "usersig", "make", "--sdkappid", str(APP), "--user", "administrator", "--key-file",
            self.backend.key_file).stdout.strip()
        self.assertNotEqual(self.backend.user_sig, old_sig)
        self.backend.make_topic(group)
        self.assertEqual(self.backend.ledger()["pending"], 1, "held, not refused by its receiver")
        self.backend.admin("callback", str(APP), "--callback-token-file", self.token_file,
                           "--endpoint", "on")
        daemons.wait_until(lambda: self.backend.ledger()["delivered"] == 2, "and then delivered")

    def test_another_key_and_a_readable_one_are_refused(self):
        with open(self.key, encoding="utf-8") as file:
            own = file.read()
        daemons.write_secret(self.key, "c" * 64)
        self.assertIn("put back the key file", self.refused())
        daemons.write_secret(self.key, "no key at all")
        text = self.refused()
        self.assertIn(self.key, text)
        self.assertNotIn("no key at all", text)
        daemons.write_secret(self.key, own.strip())
        os.chmod(self.key, 0o640)
        self.assertIn("chmod 600", self.refused())
        os.chmod(self.key, 0o600)
        self.start_serve()

    def test_a_new_key_on_top_takes_over(self):
        with open(self.key, encoding="utf-8") as file:
            own = file.read()
        daemons.write_secret(self.key, "d" * 64 + "\n" + own.strip())
        self.assertEqual(self.start_serve().stop(), 0)
        daemons.write_secret(self.key, "d" * 64)
        self.start_serve()


class CommandLineSecretsTest(ProcessTest):
    def options(self, *words):
        """(subcommand, option) of every option there is."""
        help_text = tidings(*words, "--help").stdout
        for option in re.findall(r"^\s+(?:-\w,)?(--[\w.-]+)", help_text, re.M):
            yield " ".join(words), option
        listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", help_text, re.M)
        for name in re.findall(r"^  (\S+)", listed.group(1), re.M) if listed else ():
            yield from self.options(*words, name)

    def test_no_option_takes_a_secret_as_its_value(self):
        found = list(self.options())
        self.assertGreater(len(found), 100)
        for words, option in found:
            if re.search(r"token|secret|key|password|usersig", option):
                self.assertRegex(option, r"-(file|env)$", words)


if __name__ == "__main__":
    main()

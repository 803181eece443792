"""Goal: each subcommand does what its help says, and exit codes are 0, 1 and 2 as documented.
Method: the built binary, no daemon; an HTTP server of the test's own where one is called."""

import json
import os
import re

from harness import APP, BINARY, Recorder, ProcessTest, TOKEN, daemons, main, tidings


def leaves(*words):
    """Every subcommand that does something, with its help, as the help of those above tells."""
    help_text = tidings(*words, "--help").stdout
    below = re.search(r"^Subcommands:\n((?:  .*\n|\n(?=  ))+)", help_text, re.M)
    if not below:
        yield words, help_text
        return
    for name in re.findall(r"^  ([a-z][\w-]*)", below[1], re.M):
        yield from leaves(*words, name)


class CommandLineTest(ProcessTest):
    def test_every_subcommand_has_help_with_an_example(self):
        seen = 0
        for words, help_text in leaves():
            seen += 1
            with self.subTest(" ".join(words)):
                examples = help_text.partition("\nExamples:\n")[2]
                self.assertIn("  tidings " + " ".join(words), examples)
        self.assertGreaterEqual(seen, 41)

    def test_help_says_where_the_token_of_a_door_comes_from(self):
        for words in (("app", "list"), ("events", "list"), ("topics", "list")):
            self.assertIn("The token: --token-file", tidings(*words, "--help").stdout)

    def test_wrong_arguments_end_with_2_and_say_why(self):
        for words in ([], ["nonsense"], ["usersig", "make"], ["serve", "--lanes"],
                      ["version", "--nonsense"]):
            with self.subTest(" ".join(words)):
                result = tidings(*words)
                self.assertEqual(result.returncode, 2)
                self.assertTrue(result.stderr)

    def test_a_mistyped_subcommand_is_named(self):
        for words, wrong in ((["serv"], "serv"), (["app", "creat", "Riverside"], "creat")):
            with self.subTest(" ".join(words)):
                result = tidings(*words)
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"no subcommand '{wrong}'", result.stderr)

    def test_a_mistyped_word_is_named_with_what_was_probably_meant(self):
        for words, said in (
                (("sreve",), "no subcommand 'sreve'; did you mean 'serve'?"),
                (("bakup", "serve"), "no subcommand 'bakup'; did you mean 'backup'?"),
                (("app", "craete"), "no subcommand 'craete'; did you mean 'create'?"),
                (("serve", "--lisen=:80"), "`tidings serve` has no option '--lisen'; did you mean "
                                           "'--listen'?"),
                (("usersig", "make", "--usr", "vera"), "`tidings usersig make` has no option "
                                                       "'--usr'; did you mean '--user'?"),
                (("serve", "--frobnicate"), "`tidings serve` has no option '--frobnicate'\n"),
                (("serve", "-x"), "`tidings serve` has no option '-x'\n"),
                (("serve", "extra"), "`tidings serve` takes no argument 'extra'"),
                (("receive", "--sdkappid-of-nobody"), "`tidings receive` has no option")):
            with self.subTest(words=words):
                result = tidings(*words)
                self.assertEqual(result.returncode, 2)
                self.assertIn(said, result.stderr)
                self.assertIn("--help", result.stderr)
                self.assertEqual(result.stdout, "")

    def test_a_wrong_sdkappid_is_told_with_its_limits(self):
        for words in (("usersig", "make", "--user", "vera", "--sdkappid="), ("app", "show", ""),
                      ("events", "list", ""), ("topics", "list", "--sdkappid="),
                      ("callback", "send", "http://127.0.0.1:1/", "--sdkappid="),
                      ("client", "--user", "vera", "--sdkappid=")):
            for wrong in ("abc", "0", "4294967296", "1.5"):
                with self.subTest(words=words, wrong=wrong):
                    result = tidings(*words[:-1], words[-1] + wrong)
                    self.assertEqual(result.returncode, 2)
                    self.assertIn(f"sdkappid: '{wrong}' is not an SDKAppID: write a whole number "
                                  "from 1 to 4294967295", result.stderr)

    def test_without_an_admin_token_it_is_said_where_one_comes_from(self):
        result = tidings("app", "list", folder=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn("data/serve/admin.token is not there: is `tidings serve` running, in this "
                      "folder?", result.stderr)

    def test_a_folder_where_a_file_should_be_is_named(self):
        for words in (("serve", "--config", self.folder), ("usersig", "make", "--sdkappid", "1",
                                                           "--user", "u", "--key-file", self.folder)):
            with self.subTest(words=words):
                result = tidings(*words)
                self.assertEqual(result.returncode, 2)
                self.assertIn("cannot be read", result.stderr)
                self.assertIn(self.folder, result.stderr)

    def test_a_filter_that_would_never_match_is_refused(self):
        events, topics = ("events", "list", str(APP)), ("topics", "list")
        mistyped = ("--command", "AfterCraeteTopic")
        for words, said in (
                ((*events, "--limit", "0"), "'0' is not a whole number from 1 to 1000000000"),
                ((*topics, "--limit=-1"), "'-1' is not a whole number from 1 to 1000000000"),
                ((*events, *mistyped), "'AfterCraeteTopic' is no callback; did you mean"),
                (("topics", "watch", *mistyped), "'AfterCraeteTopic' is no callback; did you")):
            with self.subTest(words=words):
                result = tidings(*words)
                self.assertEqual(result.returncode, 2)
                self.assertIn(said, result.stderr)

    def test_help_wins_over_a_mistyped_word(self):
        result = tidings("serve", "--lisen", "--help")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("--listen", result.stdout)

    def test_version_names_the_version(self):
        for word in ("version", "--version"):
            with self.subTest(word):
                result = tidings(word)
                self.assertEqual(result.returncode, 0)
                self.assertRegex(result.stdout, r"^tidings \d+\.\d+\.\d+\nboost [^\n]*\n$")


class ForgetSecretsTest(ProcessTest):
    def test_a_folder_without_a_store_is_named_and_not_made(self):
        for folder in ("nowhere", "."):
            with self.subTest(folder):
                path = os.path.join(self.folder, folder)
                result = tidings("forget-secrets", "--data-dir", path, "--yes")
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"there is no {path}/tidings.db", result.stderr)
        self.assertEqual(os.listdir(self.folder), ["sign.token"])


class UserSigTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.key = self.write("key", "a-secret-key\n")

    def make(self, *more):
        result = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "vera_01",
                         "--key-file", self.key, *more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def check(self, sig, *more, key=None, app=APP):
        result = tidings("usersig", "check", "--sdkappid", str(app), "--key-file", key or self.key,
                         *more, text_input=sig)
        return result.returncode, json.loads(result.stdout)

    def test_what_make_makes_check_accepts(self):
        code, verdict = self.check(self.make())
        self.assertEqual((code, verdict["valid"], verdict["identifier"], verdict["sdkappid"]),
                         (0, True, "vera_01", APP))

    def test_check_says_why_not(self):
        sig = self.make()
        other = self.write("other", "another-key")
        for more, key, app, wanted in (
                ((), other, APP, 70009), ((), None, APP + 1, 70014),
                (("--user", "omar"), None, APP, 70013)):
            with self.subTest(wanted):
                code, verdict = self.check(sig, *more, key=key, app=app)
                self.assertEqual((code, verdict["valid"], verdict["code"]), (1, False, wanted))
        code, verdict = self.check("")
        self.assertEqual((code, verdict["code"]), (1, 70002))

    def test_a_ticket_that_no_server_takes_is_not_made(self):
        for more, said in ((("--user", ""), "--user has 0 bytes: 1 to 32 are allowed"),
                           (("--user", "v" * 33), "--user has 33 bytes: 1 to 32 are allowed"),
                           (("--user", "vera", "--expire", "0s"), "at least 1s"),
                           (("--user", "vera", "--expire", "999ms"), "at least 1s")):
            with self.subTest(more=more):
                result = tidings("usersig", "make", "--sdkappid", str(APP), "--key-file", self.key,
                                 *more)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertIn(said, result.stderr)

    def test_the_key_comes_from_file_or_environment_only(self):
        result = tidings("usersig", "make", "--sdkappid", "1", "--user", "u")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--key-file", result.stderr)
        result = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "vera_01",
                         "--key-env", "KEY", environment={"KEY": "a-secret-key"})
        self.assertEqual(self.check(result.stdout)[0], 0)


class CheckConfigTest(ProcessTest):
    def test_all_errors_at_once_with_file_and_line(self):
        path = self.write("t.toml", '[serve]\nlanes = 99\nlisten = "nowhere"\nlisten_admin = ""\n')
        result = tidings("check-config", "--config", path,
                         environment={"TIDINGS_LOG_LEVEL": "loud"})
        self.assertEqual(result.returncode, 2)
        for place in (f"{path}:2:", f"{path}:3:", f"{path}:4:", "TIDINGS_LOG_LEVEL:"):
            self.assertIn(place, result.stderr)

    def test_the_effective_configuration_has_no_secrets(self):
        token = self.write("token", "hunter2-token")
        path = self.write("t.toml", f"[[receive.app]]\nsdkappid = 1\ntoken_files = ['{token}']\n")
        result = tidings("check-config", "--config", path, environment={
            "TIDINGS_SERVE_ADMIN_TOKEN": "hunter2-admin-token",
            "TIDINGS_SERVE_LISTEN": "127.0.0.1:9000"})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("hunter2", result.stdout + result.stderr)
        self.assertIn('listen = "127.0.0.1:9000"', result.stdout)
        self.assertIn("admin_token: <redacted>", result.stdout)

    def test_what_the_daemons_would_refuse_at_their_start_is_refused(self):
        daemons.init_authority(BINARY, self.folder + "/ca")
        daemons.issue_certificate(BINARY, self.folder + "/ca")
        certificate = self.folder + "/ca/client.pem"
        other_key = next(f"{self.folder}/ca/{name}" for name in os.listdir(self.folder + "/ca")
                         if name.endswith(".key") and name not in ("ca.key", "client.key"))
        garbage = self.write("garbage.pem", "no certificate\n")
        app = f"[[receive.app]]\nsdkappid = 1\ntoken_files = ['{self.token_file}']\n"
        good = f"[serve]\nca_dir = '{self.folder}/ca'\n" + app
        for text, half, said in (
                (good, "both", None),
                ("[serve]\n", "serve", None),
                ("[serve]\nca_dir = '/nonexistent'\n", "serve", "serve.ca_dir: "),
                (f"[serve]\ncallbacks.ca_file = '{garbage}'\n", "serve", "serve.callbacks: "),
                (f"[serve.tls]\ncertificate_file = '{certificate}'\nkey_file = '{other_key}'\n",
                 "serve", "serve.tls: "),
                (f"[serve]\nadmin_token_file = '{garbage}'\n", "serve", "admin_token_file: "),
                (f"[receive.tls]\ncertificate_file = '{certificate}'\nkey_file = '{other_key}'\n"
                 + app, "receive", "receive.tls: "),
                ("[receive]\n", "receive", "receive.app: no app is configured")):
            with self.subTest(text=text):
                path = self.write("t.toml", text)
                result = tidings("check-config", "--config", path, "--for", half)
                self.assertEqual(result.returncode, 2 if said else 0, result.stderr)
                self.assertIn(said or "", result.stderr)
        result = tidings("check-config", environment={"TIDINGS_SERVE_ADMIN_TOKEN": "short"})
        self.assertEqual(result.returncode, 2)
        self.assertIn("serve.admin_token: ", result.stderr)
        self.assertNotIn("short", result.stdout + result.stderr)

    def test_a_daemon_with_a_bad_configuration_starts_nothing(self):
        for command in ("serve", "receive"):
            result = tidings(command, "--log-level", "loud", "--data-dir", self.folder + "/none")
            self.assertEqual(result.returncode, 2)
            self.assertIn("--log-level", result.stderr)


class CallbackTest(ProcessTest):
    def send(self, url, *more):
        return tidings("callback", "send", url, "--sdkappid", str(APP), "--token-file",
                       self.token_file, *more)

    def test_send_signs_and_judges_the_answer(self):
        recorder = Recorder(self)
        result = self.send(recorder.url + "/im", "--set", "Name=Wörk", "--set", "GroupId=@TGS#_x")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("delivered", result.stdout)
        target, headers, body = recorder.requests[0]
        self.assertRegex(target, rf"^/im\?SdkAppid={APP}&CallbackCommand=Group.CallbackAfterCreate"
                                 r"Topic&.*&Sign=[0-9a-f]{64}&RequestTime=\d+$")
        self.assertEqual(json.loads(body)["Name"], "Wörk")

        captured = self.write("body", body)
        good = tidings("callback", "verify", target, "--body-file", captured, "--sdkappid",
                       str(APP), "--token-file", self.token_file)
        self.assertEqual(good.returncode, 0, good.stdout)
        other = self.write("other", "other-token")
        bad = tidings("callback", "verify", target, "--body-file", captured, "--sdkappid",
                      str(APP + 1), "--token-file", other)
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(len(re.findall("^FAIL", bad.stdout, re.M)), 2, bad.stdout)
        self.assertNotIn(TOKEN, good.stdout + bad.stdout + result.stdout)

    def test_send_fails_where_the_backend_would_not_accept(self):
        for status, answer, command in (
                (500, "{}", "AfterCreateTopic"), (200, "no json", "AfterCreateTopic"),
                (200, '{"ErrorCode":1}', "BeforeCreateTopic")):
            with self.subTest(answer):
                recorder = Recorder(self, answer, status)
                self.assertEqual(self.send(recorder.url, "--command", command).returncode, 1)

    def test_every_listed_command_can_be_sent(self):
        recorder = Recorder(self)
        commands = tidings("callback", "list").stdout.split()
        self.assertGreaterEqual(len(commands), 22)
        for command in commands:
            with self.subTest(command):
                self.assertEqual(self.send(recorder.url, "--command", command).returncode, 0)
                self.assertEqual(json.loads(recorder.requests[-1][2])["CallbackCommand"], command)


if __name__ == "__main__":
    main()

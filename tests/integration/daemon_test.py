"""Goal: both daemons start, say where, refuse what they must, reload and stop as documented.
Method: real processes on ports of the system's choice; signals; a condition for every wait."""

import json
import os
import re
import signal
import ssl
import socket
import subprocess
import time

from harness import APP, BINARY, TOKEN, Backend, ProcessTest, daemons, main, tidings


def served_certificate(url, ca_file):
    host, port = url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=ca_file)
    with socket.create_connection((host, int(port)), 5) as plain:
        with context.wrap_socket(plain, server_hostname=host) as secured:
            return secured.getpeercert(binary_form=True)


class DaemonTest(ProcessTest):
    def start(self, which):
        return self.start_serve() if which == "serve" else self.start_receive()

    def test_the_ready_file_names_pid_and_ports_and_the_doors_answer(self):
        for which in ("serve", "receive"):
            with self.subTest(which):
                daemon = self.start(which)
                with open(daemon.ready_file, encoding="utf-8") as file:
                    self.assertEqual(json.load(file)["pid"], daemon.process.pid)
                for path in ("/healthz", "/readyz"):
                    self.assertEqual(daemons.request(daemon.admin_listen + path)[0], 200, path)
                status, text = daemons.request(daemon.admin_listen + "/metrics")
                self.assertEqual(status, 200)
                self.assertIn("tidings_", text)
                self.assertIn("ready listen=" + daemon.listen, daemon.log())

    def test_sigterm_stops_within_five_seconds_and_ends_with_0(self):
        for which in ("serve", "receive"):
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(f"{which} {number}"):
                    daemon = self.start(which)
                    started = time.monotonic()
                    daemon.send_signal(number)
                    self.assertEqual(daemon.wait(6), 0, daemon.log_tail())
                    self.assertLess(time.monotonic() - started, 5)

    def stopping(self, which):
        """A daemon that has begun to stop and waits for a request in flight."""
        start = self.start_serve if which == "serve" else self.start_receive
        daemon = start('stop_grace = "20s"\n')
        host, port = daemon.listen.removeprefix("http://").split(":")
        busy = socket.create_connection((host, int(port)), 5)
        self.addCleanup(busy.close)
        busy.sendall(b"POST /v4/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                     b"Content-Length: 100\r\n\r\n")
        busy.recv(100)  # it waits for the body now
        daemon.send_signal(signal.SIGTERM)
        daemons.wait_until(lambda: "stopping" in daemon.log(), "the stop begins")
        return daemon, busy

    def test_a_signal_that_comes_twice_is_one_wish(self):
        for which in ("serve", "receive"):
            with self.subTest(which):
                daemon, busy = self.stopping(which)
                daemon.send_signal(signal.SIGTERM)
                busy.close()
                self.assertEqual(daemon.wait(10), 0, daemon.log_tail())
                self.assertIn("stopped", daemon.log())

    def test_another_signal_a_second_later_ends_the_process_at_once(self):
        daemon, _ = self.stopping("serve")
        time.sleep(1.2)  # the time is what is tested
        daemon.send_signal(signal.SIGINT)
        self.assertEqual(daemon.wait(5), 1, daemon.log_tail())
        self.assertIn("ended by a second signal", daemon.log())

    def test_idle_connections_do_not_hold_up_the_stop(self):
        for which in ("serve", "receive"):
            with self.subTest(which):
                daemon = self.start(which)
                host, port = daemon.listen.removeprefix("http://").split(":")
                with socket.create_connection((host, int(port)), 5) as idle:
                    idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")  # and never the rest
                    self.assertEqual(daemon.stop(6), 0, daemon.log_tail())

    def test_a_second_process_on_the_same_folder_is_refused(self):
        for which in ("serve", "receive"):
            with self.subTest(which):
                first = self.start(which)
                second = tidings(which, "--config", f"{self.folder}/{which}.toml")
                self.assertEqual(second.returncode, 1)
                self.assertIn(f"{self.folder}/{which}", second.stderr)
                self.assertIn(str(first.process.pid), second.stderr)
                self.assertIsNone(first.process.poll())

    def test_at_level_debug_both_ends_tell_of_each_callback_without_its_content(self):
        level = '[log]\nlevel = "debug"\n'
        receive = self.start_receive(level)
        backend = Backend(self, self.start_serve(level)).make_app(receive.listen + "/im")
        backend.make_topic(backend.make_community(), "Woodwork")
        daemons.wait_until(lambda: backend.ledger()["delivered"] == 2, "both are delivered")
        sent, received = ([line for line in daemon.log().splitlines() if " debug " in line]
                          for daemon in (backend.serve, receive))
        self.assertEqual((len(sent), len(received)), (2, 2), sent + received)
        for line in sent:
            self.assertIn(" attempt sdkappid=", line)
            for word in ("host=127.0.0.1", "outcome=ok", "status=200", "duration_us=",
                         "state=delivered", "sequence="):
                self.assertIn(word, line)
        for line in received:
            self.assertIn(" callback sdkappid=", line)
            self.assertIn("outcome=accepted", line)

        def request_ids(lines):
            return sorted(re.search(r"request_id=(\S+)", line)[1] for line in lines)
        self.assertEqual(request_ids(sent), request_ids(received))
        for secret in ("Woodwork", "Sign=", TOKEN, backend.key):
            self.assertNotIn(secret, backend.serve.log() + receive.log())

    def test_a_taken_port_is_named(self):
        first = self.start_serve()
        address = first.listen.removeprefix("http://")
        second = tidings("serve", "--listen", address, "--admin-listen", "127.0.0.1:0",
                         "--data-dir", f"{self.folder}/other")
        self.assertEqual(second.returncode, 1)
        self.assertIn(address.split(":")[1], second.stderr)

    def test_a_client_that_listens_says_when_the_server_goes(self):
        backend = Backend(self, self.start_serve()).make_app()
        url = backend.serve.listen.replace("http", "ws", 1) + "/client"
        listener = subprocess.Popen(
            [BINARY, "client", "--url", url, "--sdkappid", str(APP), "--user", "vera", "--key-file",
             backend.key_file, "--listen", "10m", "ping"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(listener.kill)
        for _ in ("login", "ping"):
            self.assertIn('"code":0', listener.stdout.readline())
        backend.serve.kill()
        _, said = listener.communicate(timeout=30)
        self.assertEqual(listener.returncode, 1)
        self.assertIn("the server ended the connection", said)

    def test_a_client_that_logs_out_has_done_what_it_should(self):
        backend = Backend(self, self.start_serve()).make_app()
        result = backend.client("--listen", "10m", "logout", user="vera")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_the_admin_token_is_made_for_the_owner_only_and_asked_for(self):
        serve = self.start_serve()
        path = f"{self.folder}/serve/admin.token"
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(daemons.request(serve.admin_listen + "/admin/v1/apps")[0], 401)
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
        self.assertEqual(daemons.request(serve.admin_listen + "/admin/v1/apps", headers={
            "Authorization": f"Bearer {token}"})[0], 200)
        self.assertNotIn(token, serve.log())

    def test_what_is_stored_is_the_owners_alone_and_others_are_told_of(self):
        for which, name in (("serve", "tidings.db"), ("receive", "mirror.db")):
            with self.subTest(which):
                daemon = self.start(which)
                folder = f"{self.folder}/{which}"
                self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
                for entry in os.listdir(folder):
                    self.assertEqual(os.stat(f"{folder}/{entry}").st_mode & 0o777, 0o600, entry)
                self.assertNotIn("open to others", daemon.log())
                daemon.stop()
                os.chmod(folder, 0o755)
                os.chmod(f"{folder}/{name}", 0o644)
                self.assertIn(f"chmod 600 {folder}/{name}", self.start(which).log())

    def test_every_listener_speaks_tls_where_it_has_a_certificate(self):
        ca = daemons.init_authority(BINARY, self.folder + "/ca")
        certificate, key = daemons.issue_certificate(BINARY, self.folder + "/ca")
        tls = "".join(f'{name}.certificate_file = "{certificate}"\n{name}.key_file = "{key}"\n'
                      for name in ("tls", "admin_tls"))
        serve = self.start_serve(tls + f'callbacks.ca_file = "{ca}"\n')
        receive = self.start_receive(tls)
        for url in (serve.listen, serve.admin_listen, receive.listen, receive.admin_listen):
            self.assertTrue(url.startswith("https://"), url)
            with self.assertRaises((ssl.SSLError, OSError)):
                daemons.request(url + "/healthz")  # an authority nobody trusts
        self.assertEqual(daemons.request(serve.listen + "/", method="HEAD", ca_file=ca)[0], 200)
        for url in (serve.listen, serve.admin_listen, receive.listen, receive.admin_listen):
            _, text = daemons.request(url + "/", "x" * (16 * 1024 * 1024), ca_file=ca)
            self.assertIn("the request's body is larger than allowed", text,
                          "who sends all of it before reading is answered too")
        for url in (serve.admin_listen, receive.admin_listen):
            self.assertEqual(daemons.request(url + "/healthz", ca_file=ca)[0], 200)

        def app(*words):
            return tidings("app", *words, "--url", serve.admin_listen, "--ca-file", ca,
                           "--token-file", f"{self.folder}/serve/admin.token")
        created = app("create", "Riverside", "--sdkappid", str(APP))
        self.assertEqual(created.returncode, 0, created.stderr)
        app("set", str(APP), "--community", "on", "--topic", "on")
        app("callback", str(APP), "--callback-url", receive.listen + "/im", "--sign", "on",
            "--callback-token-file", self.token_file, "--switch", "after_create_group=on")
        key_file = daemons.write_secret(f"{self.folder}/app.key",
                                        app("key", str(APP), "--plain").stdout.strip())
        made = tidings("client", "--url", serve.listen.replace("http", "ws", 1) + "/client",
                       "--ca-file", ca, "--sdkappid", str(APP), "--user", "vera_01", "--key-file",
                       key_file, "createGroup",
                       '{"type":"Community","name":"Makers","isSupportTopic":true}')
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        daemons.wait_until(
            lambda: "AfterCreateGroup" in daemons.request(
                receive.admin_listen + "/inbox?limit=10", ca_file=ca)[1],
            "the callback is in the inbox")

    def test_sighup_rereads_certificates_and_opens_the_log_anew(self):
        ca = daemons.init_authority(BINARY, self.folder + "/ca")
        certificate, key = daemons.issue_certificate(BINARY, self.folder + "/ca")
        log = f"{self.folder}/receive-app.log"
        receive = self.start_receive(
            f'tls.certificate_file = "{certificate}"\ntls.key_file = "{key}"\n',
            environment={"TIDINGS_LOG_FILE": log})
        before = served_certificate(receive.listen, ca)
        daemons.issue_certificate(BINARY, self.folder + "/ca")
        os.rename(log, log + ".1")
        receive.send_signal(signal.SIGHUP)
        daemons.wait_until(lambda: os.path.exists(log), "the log is opened anew")
        daemons.wait_until(lambda: served_certificate(receive.listen, ca) != before,
                           "the new certificate is served")
        self.assertEqual(receive.stop(), 0)
        with open(log, encoding="utf-8") as file:
            self.assertIn("stopped", file.read())

    def test_a_broken_certificate_at_sighup_leaves_the_old_one_in_use(self):
        ca = daemons.init_authority(BINARY, self.folder + "/ca")
        certificate, key = daemons.issue_certificate(BINARY, self.folder + "/ca")
        receive = self.start_receive(
            f'tls.certificate_file = "{certificate}"\ntls.key_file = "{key}"\n')
        before = served_certificate(receive.listen, ca)
        with open(certificate, "w", encoding="utf-8") as file:
            file.write("broken")
        receive.send_signal(signal.SIGHUP)
        daemons.wait_until(lambda: "files not reread" in receive.log(), "the failure is logged")
        self.assertEqual(served_certificate(receive.listen, ca), before)

    def test_json_logs_are_json(self):
        config = self.write("serve.toml", f'[serve]\nlisten = "127.0.0.1:0"\nadmin_listen = '
                            f'"127.0.0.1:0"\ndata_dir = "{self.folder}/serve"\n[log]\nformat = '
                            '"json"\n')
        serve = self.daemon("serve", config)
        self.assertEqual(serve.stop(), 0)
        events = [json.loads(line)["event"] for line in serve.log().splitlines()]
        self.assertEqual(events[:1] + events[-1:], ["ready", "stopped"])


if __name__ == "__main__":
    main()

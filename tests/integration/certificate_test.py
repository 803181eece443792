"""Goal: both ends know each other by certificate, and whoever does not is refused and named, on
both sides. Method: the built-in authority; `tidings receive`, and nginx with ssl_verify_client, as
an app backend's front; client certificates that are right, missing, expired, foreign."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import unittest
import urllib.parse

from harness import APP, BINARY, Backend, ProcessTest, Receiver, daemons, main, tidings

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")


def mode(path):
    return os.stat(path).st_mode & 0o777


class AuthorityTest(ProcessTest):
    def ca(self, *arguments):
        return tidings("ca", *arguments, "--folder", f"{self.folder}/ca")

    def test_init_and_issue_make_files_and_say_where_they_go(self):
        made = self.ca("init")
        self.assertEqual(made.returncode, 0, made.stderr)
        for part in ("ca_dir = ", "tls.client_ca_file = ", "require_client_certificate = true",
                     "ssl_verify_client on;", f"{self.folder}/ca/ca.pem"):
            self.assertIn(part, made.stdout)
        issued = self.ca("issue", "hooks.test", "10.0.0.7")
        self.assertEqual(issued.returncode, 0, issued.stderr)
        for part in ("tls.certificate_file = ", "ssl_certificate_key ", "hooks.test.pem"):
            self.assertIn(part, issued.stdout)
        for name in ("ca.key", "client.key", "hooks.test.key"):
            self.assertEqual(mode(f"{self.folder}/ca/{name}"), 0o600, name)
        for text in (made.stdout, issued.stdout, made.stderr, issued.stderr):
            self.assertNotIn("PRIVATE KEY", text)
        shown = self.ca("show")
        with open(f"{self.folder}/ca/ca.pem", encoding="utf-8") as file:
            self.assertEqual(shown.stdout, file.read())

    def test_nothing_is_overwritten_unless_asked(self):
        self.assertEqual(self.ca("issue", "hooks.test").returncode, 1)  # no authority yet
        self.assertEqual(self.ca("init").returncode, 0)
        again = self.ca("init")
        self.assertEqual(again.returncode, 1)
        self.assertIn("not overwritten", again.stderr)
        self.assertEqual(self.ca("issue", "hooks.test").returncode, 0)
        again = self.ca("issue", "hooks.test")
        self.assertEqual(again.returncode, 1)
        self.assertIn("--renew", again.stderr)
        self.assertEqual(self.ca("issue", "hooks.test", "--renew").returncode, 0)
        self.assertEqual(self.ca("issue", "--client", "--renew").returncode, 0)

    def test_wrong_arguments_end_with_2(self):
        self.assertEqual(self.ca("init").returncode, 0)
        for words in (["issue"], ["issue", "--client", "hooks.test"], ["issue", "a b"],
                      ["issue", "hooks.test", "--days", "9999"]):
            result = self.ca(*words)
            self.assertEqual(result.returncode, 2, words)
            self.assertTrue(result.stderr)


class MutualTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.ca_dir = f"{self.folder}/ca"
        self.ca = daemons.init_authority(BINARY, self.ca_dir)
        self.certificate, self.key = daemons.issue_certificate(BINARY, self.ca_dir)

    def expired(self):
        """A client certificate of our authority whose time is over."""
        path = f"{self.folder}/expired"
        for arguments in (
                ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", f"{path}.key", "-out", f"{path}.csr", "-subj", "/CN=expired"],
                ["x509", "-req", "-in", f"{path}.csr", "-CA", self.ca, "-CAkey",
                 f"{self.ca_dir}/ca.key", "-set_serial", "77", "-days", "-1", "-out",
                 f"{path}.pem"]):
            subprocess.run(["openssl", *arguments], check=True, capture_output=True)
        return f"{path}.pem", f"{path}.key"

    def foreign(self):
        folder = f"{self.folder}/foreign"
        daemons.init_authority(BINARY, folder)
        return f"{folder}/client.pem", f"{folder}/client.key"

    def wrong_purpose(self):
        """A server certificate of our authority shows a server, not the backend."""
        return self.certificate, self.key

    @staticmethod
    def client_settings(pair):
        return "" if pair is None else (f'callbacks.certificate_file = "{pair[0]}"\n'
                                        f'callbacks.key_file = "{pair[1]}"\n')

    def try_with(self, url, settings, name):
        """The first attempt's outcome and detail, of a serve configured so."""
        serve = self.start_serve(settings, name)
        backend = Backend(self, serve).make_app(url)
        backend.make_community()

        def attempts():
            with open(backend.admin_token, encoding="utf-8") as file:
                headers = {"Authorization": f"Bearer {file.read().strip()}"}
            base = f"{serve.admin_listen}/admin/v1/apps/{APP}/events"
            events = json.loads(daemons.request(base, headers=headers)[1])["events"]
            if not events:
                return None
            one = json.loads(daemons.request(f"{base}/{events[0]['seq']}", headers=headers)[1])
            return one["attempt_list"]

        first = daemons.wait_until(lambda: (attempts() or [None])[0], "an attempt is made", 15)
        serve.stop()
        return first

    def start_mutual_receive(self):
        return self.start_receive(
            f'tls.certificate_file = "{self.certificate}"\ntls.key_file = "{self.key}"\n'
            f'tls.client_ca_file = "{self.ca}"\n', "require_client_certificate = true\n")

    def test_receive_lets_in_the_backend_and_nobody_else(self):
        receive = self.start_mutual_receive()
        backend = Backend(self, self.start_serve(f'ca_dir = "{self.ca_dir}"\n'))
        backend.make_app(receive.listen + "/im")
        receiver = Receiver(receive)
        receiver.wait_for_topic(backend.make_topic(backend.make_community()))
        known = len(receiver.inbox())
        for name, pair, said, logged in (
                ("missing", None, "none is configured", "peer did not return a certificate"),
                ("expired", self.expired(), "CN=expired", "certificate has expired"),
                ("foreign", self.foreign(), "CN=Tidings client", "refused: "),
                ("wrong_purpose", self.wrong_purpose(), "CN=localhost", "unsuitable certificate")):
            with self.subTest(name):
                before = len(receive.log())
                attempt = self.try_with(receive.listen + "/im", f'callbacks.ca_file = "{self.ca}"\n'
                                        + self.client_settings(pair), name)
                self.assertEqual(attempt["outcome"], "client_certificate", attempt)
                self.assertIn(said, attempt["detail"])
                self.assertIn("TLS handshake with 127.0.0.1 failed", receive.log()[before:])
                self.assertIn(logged, receive.log()[before:])
        self.assertEqual(len(receiver.inbox()), known)

    def test_a_receiver_that_is_not_who_it_should_be_is_named(self):
        receive = self.start_mutual_receive()
        elsewhere = f"{self.folder}/elsewhere"
        daemons.init_authority(BINARY, elsewhere)
        for name, settings, url, said in (
                ("untrusted", f'ca_dir = "{elsewhere}"\n', receive.listen, "self-signed certificate"),
                ("other_host", f'ca_dir = "{self.ca_dir}"\n',
                 receive.listen.replace("127.0.0.1", "127.0.0.2"), "mismatch")):
            with self.subTest(name):
                attempt = self.try_with(url + "/im", settings, name)
                if name == "other_host" and attempt["outcome"] == "refused":
                    continue  # it listens on 127.0.0.1 alone
                self.assertIn("tls", attempt["outcome"], attempt)
                self.assertIn(said, attempt["detail"])

    def test_an_apps_own_authorities_count_from_the_next_attempt_on(self):
        receive = self.start_mutual_receive()
        # The client certificate is right; the receiver's authority is not trusted by serve itself.
        serve = self.start_serve(self.client_settings(
            (f"{self.ca_dir}/client.pem", f"{self.ca_dir}/client.key")))
        backend = Backend(self, serve).make_app(receive.listen + "/im")
        receiver = Receiver(receive)
        topic = backend.make_topic(backend.make_community())
        refused = backend.admin("callback", str(APP), "--callback-ca-file", self.key, ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("ca_certificates", refused.stderr)
        self.assertIsNone(receiver.topic(topic))
        backend.admin("callback", str(APP), "--callback-ca-file", self.ca)
        receiver.wait_for_topic(topic, 30)
        foreign = os.path.dirname(self.foreign()[0]) + "/ca.pem"
        backend.admin("callback", str(APP), "--callback-ca-file", foreign)
        late = backend.make_topic(backend.make_community("omar_02"))
        daemons.wait_until(lambda: backend.ledger()["pending"] > 0, "it is not delivered")
        self.assertIsNone(receiver.topic(late))
        backend.admin("callback", str(APP), "--callback-ca-file", self.ca)
        receiver.wait_for_topic(late, 30)

    def test_a_renewed_client_certificate_counts_from_sighup_on(self):
        receive = self.start_mutual_receive()
        for name, pair in (("client", self.expired()),):
            shutil.copy(pair[0], f"{self.ca_dir}/{name}.pem")
            shutil.copy(pair[1], f"{self.ca_dir}/{name}.key")
        serve = self.start_serve(f'ca_dir = "{self.ca_dir}"\n')
        backend = Backend(self, serve).make_app(receive.listen + "/im")
        topic = backend.make_topic(backend.make_community())
        receiver = Receiver(receive)
        daemons.wait_until(lambda: "handshake" in receive.log(), "it is refused")
        self.assertIsNone(receiver.topic(topic))
        issued = tidings("ca", "issue", "--client", "--renew", "--folder", self.ca_dir)
        self.assertEqual(issued.returncode, 0, issued.stderr)
        serve.send_signal(signal.SIGHUP)
        receiver.wait_for_topic(topic, 30)

    def test_tls_1_1_is_refused(self):
        receive = self.start_mutual_receive()
        address = urllib.parse.urlsplit(receive.listen)
        for version, good in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
            context = ssl.create_default_context(cafile=self.ca)
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.load_cert_chain(f"{self.ca_dir}/client.pem", f"{self.ca_dir}/client.key")
            context.minimum_version = context.maximum_version = version
            with socket.create_connection((address.hostname, address.port), 5) as plain:
                if good:
                    context.wrap_socket(plain, server_hostname=address.hostname).close()
                else:
                    with self.assertRaises((ssl.SSLError, OSError)):
                        context.wrap_socket(plain, server_hostname=address.hostname)

    @unittest.skipUnless(NGINX, "nginx is not installed")
    def test_nginx_that_verifies_clients_lets_in_the_backend_and_nobody_else(self):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
        receive = self.start_receive()
        config = self.write("nginx.conf", f"""
daemon off; master_process off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log info;
events {{}}
http {{
  access_log {self.folder}/access.log;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
    ssl_client_certificate {self.ca}; ssl_verify_client on;
    location / {{ proxy_pass {receive.listen}; }}
  }}
}}
""")
        nginx = subprocess.Popen([NGINX, "-c", config], stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        daemons.wait_until(lambda: not daemons.port_is_free(port), "nginx listens")
        url = f"https://127.0.0.1:{port}/im"
        backend = Backend(self, self.start_serve(f'ca_dir = "{self.ca_dir}"\n')).make_app(url)
        receiver = Receiver(receive)
        receiver.wait_for_topic(backend.make_topic(backend.make_community()))
        known = len(receiver.inbox())
        for name, pair, logged in (
                ("missing", None, "client sent no required SSL certificate"),
                ("expired", self.expired(), "certificate has expired"),
                ("foreign", self.foreign(), "client SSL certificate verify error")):
            with self.subTest(name):
                attempt = self.try_with(url, f'callbacks.ca_file = "{self.ca}"\n'
                                        + self.client_settings(pair), name)
                self.assertEqual(attempt["outcome"], "client_certificate", attempt)
                with open(f"{self.folder}/error.log", encoding="utf-8") as file:
                    self.assertIn(logged, file.read())
        self.assertEqual(len(receiver.inbox()), known)


class AdminDoorTest(ProcessTest):
    def test_a_certificate_from_the_admin_door_serves_an_app_backend(self):
        ca_dir = f"{self.folder}/ca"
        daemons.init_authority(BINARY, ca_dir)
        serve = self.start_serve(f'ca_dir = "{ca_dir}"\n')
        with open(f"{self.folder}/serve/admin.token", encoding="utf-8") as file:
            headers = {"Authorization": f"Bearer {file.read().strip()}"}
        base = serve.admin_listen + "/admin/v1/authority"
        authority = json.loads(daemons.request(base, headers=headers)[1])
        status, text = daemons.request(base + "/certificates", '{"hosts":["127.0.0.1"]}', "POST",
                                       headers)
        self.assertEqual(status, 201, text)
        issued = json.loads(text)
        self.assertNotIn("PRIVATE KEY", serve.log())
        certificate = self.write("backend.pem", issued["certificate"])
        key = self.write("backend.key", issued["key"])
        client_ca = self.write("serve.pem", authority["certificate"])
        receive = self.start_receive(
            f'tls.certificate_file = "{certificate}"\ntls.key_file = "{key}"\n'
            f'tls.client_ca_file = "{client_ca}"\n', "require_client_certificate = true\n")
        backend = Backend(self, serve).make_app(receive.listen + "/im")
        Receiver(receive).wait_for_topic(backend.make_topic(backend.make_community()))


if __name__ == "__main__":
    main()

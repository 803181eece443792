"""Goal: every listener of both daemons keeps out what is no request, is too large, or comes from too
many connections, and says nothing about its inside. Method: raw bytes to the real daemons. What
takes time (slow heads and bodies) and each way of smuggling are tested in src/net."""

import base64
import os
import re
import socket
import struct
import urllib.parse

from callers import ClientCaller
from harness import APP, Backend, ProcessTest, daemons, main, tidings

GET = b"GET /v4/x/y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
POST = b"POST /v4/x/y HTTP/1.1\r\nHost: h\r\n"
SMUGGLED = (
    POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: gzip\r\n\r\n",
    POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
)
INSIDE = re.compile(rb"/src/|\.cc\b|\.h:|std::|boost|sqlite|terminate|exception|0x[0-9a-f]{6}|"
                    rb"/tmp/|/work/|/home/", re.I)


class DoorsTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.serve = self.start_serve("max_connections_per_address = 8\n")
        self.receive = self.start_receive("max_connections_per_address = 8\n")
        self.listeners = {
            "serve": self.serve.listen, "admin": self.serve.admin_listen,
            "receive": self.receive.listen, "query": self.receive.admin_listen}

    @staticmethod
    def connect(url):
        address = urllib.parse.urlsplit(url)
        return socket.create_connection((address.hostname, address.port), 10)

    def exchange(self, url, data):
        with self.connect(url) as peer:
            try:
                peer.sendall(data)
            except OSError:
                pass  # refused before all was sent
            got = b""
            try:
                while chunk := peer.recv(65536):
                    got += chunk
            except OSError:
                pass
            return got

    def assert_refused(self, name, got, status):
        """The REST door answers 200 whatever happens (protocol 4.2); its code tells."""
        if name == "serve":
            self.assertIn(b'"ActionStatus":"FAIL"', got)
            self.assertIn(b'"ErrorCode":60002', got)
            status = 200
        self.assertTrue(got.startswith(b"HTTP/1.1 %d " % status), got)
        self.assertIn(b"Connection: close", got)
        self.assertEqual(len(re.findall(rb"HTTP/1\.1 \d\d\d ", got)), 1, got)
        self.assertIsNone(INSIDE.search(got), got)

    def test_what_could_be_read_in_two_ways_is_answered_once_with_400(self):
        for name, url in self.listeners.items():
            for data in SMUGGLED:
                with self.subTest(f"{name} {data!r}"):
                    got = self.exchange(url, data + GET)
                    self.assert_refused(name, got, 400)

    def test_heads_and_bodies_over_their_limit_are_refused(self):
        for name, url in self.listeners.items():
            with self.subTest(name):
                got = self.exchange(url, b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 20000)
                self.assert_refused(name, got, 431)
                got = self.exchange(url, POST + b"Content-Length: 99999999\r\n\r\n")
                self.assert_refused(name, got, 413)
                got = self.exchange(
                    url, POST + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n")
                self.assert_refused(name, got, 413)

    def test_a_callback_over_the_limit_leaves_a_counter_and_a_log_line(self):
        got = self.exchange(self.receive.listen, POST + b"Content-Length: 99999999\r\n\r\n")
        self.assertIn(b'{"ActionStatus":"FAIL","ErrorCode":413,', got)
        text = daemons.request(self.receive.admin_listen + "/metrics")[1]
        self.assertIn('tidings_receiver_refused_total{reason="too_large"} 1\n', text)
        self.assertIn('tidings_http_too_large_total{listener="callbacks"} 1\n', text)
        self.assertIn('tidings_http_connections_refused_total{listener="callbacks"} 0\n', text)
        daemons.wait_until(lambda: "HTTP 413" in self.receive.log(), "it is logged")

    def test_one_address_gets_its_share_of_connections(self):
        for url in (self.serve.listen, self.receive.listen):
            open_ones = []
            try:
                for _ in range(8):
                    peer = self.connect(url)
                    peer.sendall(GET.replace(b"Connection: close\r\n", b""))
                    self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 "))
                    open_ones.append(peer)
                with self.connect(url) as ninth:
                    try:
                        ninth.sendall(GET)
                        self.assertEqual(ninth.recv(65536), b"")
                    except ConnectionError:
                        pass  # closed before the bytes were there
            finally:
                for peer in open_ones:
                    peer.close()
            daemons.wait_until(lambda url=url: self.exchange(url, GET), "places are given back")

    def test_strangers_that_fill_a_listener_keep_nobody_out(self):
        serve = self.start_serve("max_connections = 32\n", name="crowded")
        backend = Backend(self, serve).make_app()
        strangers = [self.connect(serve.listen) for _ in range(32)]
        try:
            group = backend.make_community()
            for number in range(4):  # calls over connections of their own
                strangers.append(self.connect(serve.listen))
                backend.make_topic(group, f"Topic {number}")
            vera = ClientCaller(serve.listen, APP, "vera_01", self.user_sig(backend, "vera_01"))
            self.addCleanup(vera.close)
            text = daemons.request(serve.admin_listen + "/metrics")[1]
            self.assertIn('tidings_http_connections_refused_total{listener="public"} 0\n', text)
            for _ in range(40):  # one burst: of strangers some may be refused
                strangers.append(self.connect(serve.listen))
            self.assertEqual(vera.create_topic(group, "Among strangers")[0], 0)
            self.assertEqual(daemons.request(serve.admin_listen + "/readyz")[0], 200)
            text = daemons.request(serve.admin_listen + "/metrics")[1]
            self.assertRegex(text, r'tidings_http_strangers_closed_total{listener="public"} [1-9]')
        finally:
            for peer in strangers:
                peer.close()

    @staticmethod
    def user_sig(backend, user):
        return tidings("usersig", "make", "--sdkappid", str(APP), "--user", user, "--key-file",
                       backend.key_file).stdout.strip()

    def test_answers_say_nothing_about_the_inside(self):
        garbage = (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET\r\n\r\n",
                   b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 64 + b"\r\n\r\n",
                   b"GET /../../etc/passwd HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                   b"GET /%00 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                   b"DELETE /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        for name, url in self.listeners.items():
            for data in garbage:
                with self.subTest(f"{name} {data!r}"):
                    got = self.exchange(url, data)
                    self.assertTrue(got.startswith(b"HTTP/1.1 "), got)
                    self.assertIsNone(INSIDE.search(got), got)

    def upgraded(self):
        peer = self.connect(self.serve.listen)
        self.addCleanup(peer.close)
        key = base64.b64encode(os.urandom(16))
        peer.sendall(b"GET /client HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade"
                     b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n")
        got = b""
        while b"\r\n\r\n" not in got:
            got += peer.recv(4096)
        self.assertTrue(got.startswith(b"HTTP/1.1 101 "), got)
        return peer, got.partition(b"\r\n\r\n")[2]

    def close_code(self, frame):
        peer, got = self.upgraded()
        peer.sendall(frame)
        while len(got) < 4:
            chunk = peer.recv(4096)
            self.assertTrue(chunk, "the connection ended without a close frame")
            got += chunk
        self.assertEqual(got[0], 0x88, got)
        return struct.unpack(">H", got[2:4])[0]

    @staticmethod
    def frame(opcode, payload, claimed=None):
        """A masked frame (RFC 6455 5.2); the mask is zero, so the payload stands as it is."""
        size = len(payload) if claimed is None else claimed
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size) \
            if size < 65536 else b"\xff" + struct.pack(">Q", size)
        return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload

    def test_frames_that_are_none_end_with_their_code(self):
        for name, frame, code in (
                ("binary", self.frame(2, b"{}"), 1003),
                ("no JSON", self.frame(1, b"hello"), 1007),
                ("no UTF-8", self.frame(1, b"\xff\xfe"), 1007),
                ("too large", self.frame(1, b"", 10 * 1024 * 1024), 1009),
                ("reserved opcode", self.frame(3, b"x"), 1002),
                ("not masked", b"\x81\x02{}", 1002)):
            with self.subTest(name):
                self.assertEqual(self.close_code(frame), code)

    def test_failed_tickets_close_the_identifier_for_a_minute(self):
        backend = Backend(self, self.serve).make_app()
        good = backend.user_sig
        backend.user_sig = good[:-12] + "AAAAAAAAAAA_"
        codes = [backend.rest("im_open_login_svc/account_check", {}, None)["ErrorCode"]
                 for _ in range(12)]
        self.assertNotIn(70050, codes[:10])
        self.assertEqual(codes[-1], 70050)
        backend.user_sig = good
        self.assertEqual(backend.rest("im_open_login_svc/account_check", {}, None)["ErrorCode"],
                         70050)


if __name__ == "__main__":
    main()

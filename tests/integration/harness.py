"""What the tests of real processes share: the binary, a folder, an app that is set up.

Each test class gets a fresh folder, ports of the system's choice, and ends its daemons. Waiting is
on conditions (tools/daemons.py).
"""

import http.server
import json
import os
import sys
import tempfile
import threading
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import daemons  # noqa: E402  (found by the line above)

BINARY = os.environ.get("TIDINGS_BINARY", os.path.join(ROOT, "build/release/src/cli/tidings"))
APP = 1400000001
TOKEN = "integration-token"
AFTER_CREATE_TOPIC = "Group.CallbackAfterCreateTopic"


def tidings(*arguments, text_input=None, environment=None, folder=None):
    return daemons.run_tool(BINARY, *arguments, text_input=text_input, environment=environment,
                            folder=folder)


class ProcessTest(unittest.TestCase):
    """A temporary folder, and daemons that end with the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tidings-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.token_file = daemons.write_secret(f"{self.folder}/sign.token", TOKEN)

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def daemon(self, command, config, name=None, environment=None):
        daemon = daemons.Daemon(BINARY, [command, "--config", config], self.folder,
                                name or command, environment)
        self.addCleanup(daemon.kill)
        return daemon

    def start_receive(self, more="", app_more="", listen="127.0.0.1:0", environment=None):
        config = self.write("receive.toml", f"""
[receive]
listen = "{listen}"
admin_listen = "127.0.0.1:0"
data_dir = "{self.folder}/receive"
{more}
[[receive.app]]
sdkappid = {APP}
token_files = ["{self.token_file}"]
{app_more}
""")
        return self.daemon("receive", config, environment=environment)

    def start_serve(self, more="", name="serve", listen="127.0.0.1:0"):
        config = self.write("serve.toml", f"""
[serve]
listen = "{listen}"
admin_listen = "127.0.0.1:0"
data_dir = "{self.folder}/{name}"
callbacks.allow_networks = ["127.0.0.0/8"]
answer_within = "20s"  # a busy machine is not what is tested
{more}
""")
        return self.daemon("serve", config, name)


class Backend:
    """An app in a running `tidings serve`, and calls to its doors."""

    def __init__(self, test, serve):
        self.test = test
        self.serve = serve
        self.folder = test.folder
        self.admin_token = f"{self.folder}/{serve.name}/admin.token"
        self.ca_file = None  # where the REST listener speaks TLS

    def admin(self, *arguments, ok=True):
        result = tidings("app", *arguments, "--url", self.serve.admin_listen, "--token-file",
                         self.admin_token)
        if ok:
            self.test.assertEqual(result.returncode, 0, result.stderr)
        return result

    def make_app(self, callback_url=None, events=("after_create_group=on",)):
        self.admin("create", "Riverside", "--sdkappid", str(APP))
        self.key = self.admin("key", str(APP), "--plain").stdout.strip()
        self.key_file = daemons.write_secret(f"{self.folder}/app.key", self.key)
        self.admin("set", str(APP), "--community", "on", "--topic", "on")
        if callback_url is not None:
            self.set_callback(callback_url, events)
        result = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "administrator",
                         "--key-file", self.key_file)
        self.user_sig = result.stdout.strip()
        return self

    def set_callback(self, url, events=()):
        switches = [part for event in events for part in ("--switch", event)]
        self.admin("callback", str(APP), "--callback-url", url, "--sign", "on",
                   "--callback-token-file", self.test.token_file, *switches)

    def rest(self, path, body, expected=0):
        url = (f"{self.serve.listen}/v4/{path}?sdkappid={APP}&identifier=administrator"
               f"&usersig={daemons.quoted(self.user_sig)}&random=7&contenttype=json")
        status, text = daemons.request(url, json.dumps(body), "POST", ca_file=self.ca_file)
        self.test.assertEqual(status, 200)
        answer = json.loads(text)
        if expected is not None:
            self.test.assertEqual(answer["ErrorCode"], expected, text)
        return answer

    def make_community(self, owner="vera_01"):
        self.rest("im_open_login_svc/account_import", {"UserID": owner})
        return self.rest("group_open_http_svc/create_group", {
            "Type": "Community", "Name": "Makers", "Owner_Account": owner,
            "SupportTopic": 1})["GroupId"]

    def make_topic(self, group, name="Woodwork", expected=0):
        answer = self.rest("million_group_open_http_svc/create_topic",
                           {"GroupId": group, "TopicName": name}, expected)
        return answer.get("TopicId")

    def client(self, *operation, user="vera_01", platform="Web", text_input=None):
        url = self.serve.listen.replace("http", "ws", 1) + "/client"
        return tidings("client", "--url", url, "--sdkappid", str(APP), "--user", user,
                       "--key-file", self.key_file, "--platform", platform, *operation,
                       text_input=text_input)

    def ledger(self):
        return json.loads(self.admin("ledger", str(APP)).stdout)


class Receiver:
    """Questions to a running `tidings receive`."""

    def __init__(self, receive):
        self.receive = receive

    def get(self, path):
        status, text = daemons.request(self.receive.admin_listen + path)
        return status, json.loads(text) if text.startswith(("{", "[")) else text

    def inbox(self, command=None):
        path = "/inbox?limit=100" + (f"&command={command}" if command else "")
        return self.get(path)[1]["entries"]

    def topic(self, topic_id):
        status, row = self.get(f"/mirror/topics/{daemons.quoted(topic_id)}")
        return row if status == 200 else None

    def wait_for_topic(self, topic_id, seconds=15):
        return daemons.wait_until(lambda: self.topic(topic_id), f"{topic_id} is mirrored", seconds)


class Recorder:
    """An app backend of the test's own: keeps what it gets, answers what it is told."""

    def __init__(self, test, answer='{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}',
                 status=200, port=0):
        self.requests = []
        self.status = status
        self.answer = answer
        self.headers = {}  # more of the answer's
        self.before_answer = None  # called when a request has been kept
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802  (the name is http.server's)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                recorder.requests.append((self.path, dict(self.headers), body))
                if recorder.before_answer:
                    recorder.before_answer()
                answer = recorder.answer.encode()
                self.send_response(recorder.status)
                for name, value in recorder.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except BrokenPipeError:  # the caller was killed meanwhile
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                # A caller that was killed resets its connections: a page of output for each.
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, address)

        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.close)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def main():
    unittest.main(verbosity=2)

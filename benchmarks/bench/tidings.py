"""Both ends of Tidings, each in a folder of its own, configured through their own doors."""

import json
import os
import secrets
import sqlite3
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import load
from process import Failed, Process, wait_until

APP = 1400000001
UNLIMITED = 1_000_000
# The protocol's calls a second are for customers who share a service; here they would be the result.
LIFTED = ("create_group", "create_topic")

# The two custom fields of the documented sample, as an app declares them.
FIELD = {"types": [{"type": "Community", "read": "member", "write": "admin"}]}

BINARY = os.path.join(load.BUILD, "src", "cli", "tidings")


class End:
    """One running `tidings serve` or `tidings receive`."""

    def __init__(self, kind, folder, config):
        self.kind = kind
        self.folder = folder
        self.data = os.path.join(folder, "data")
        os.makedirs(folder, exist_ok=True)
        self.config = os.path.join(folder, f"{kind}.toml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config)
        self.start()

    def start(self):
        ready_file = os.path.join(self.folder, "ready.json")
        if os.path.exists(ready_file):
            os.remove(ready_file)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("TIDINGS_")}
        self.process = Process(self.kind, [BINARY, self.kind, "--config", self.config,
                                           "--ready-file", ready_file],
                               self.folder, environment=environment)
        self.processes = [self.process]
        wait_until(lambda: self.process.check_alive() and os.path.exists(ready_file),
                   f"tidings {self.kind} gets ready")
        with open(ready_file, encoding="utf-8") as file:
            ready = json.load(file)
        self.port = urllib.parse.urlsplit(ready["listen"]).port
        self.admin_url = ready["admin_listen"]
        self.admin_port = urllib.parse.urlsplit(self.admin_url).port

    def database(self):
        """The file with everything that is committed."""
        found = [name for name in os.listdir(self.data) if name.endswith(".db")]
        if len(found) != 1:
            raise Failed(f"{self.data} should hold one database: {found}")
        return os.path.join(self.data, found[0])

    def kill(self):
        self.process.kill()

    def stop(self):
        self.process.stop()

    def restart_after_kill(self):
        """kill -9, and up again: what is there now had been durable before."""
        self.process.kill()
        self.start()


class Receiver(End):
    """`tidings receive` with one Sign token for all its apps."""

    def __init__(self, folder, apps=(APP,)):
        os.makedirs(folder, exist_ok=True)
        self.token = secrets.token_hex(16)
        self.token_file = os.path.join(folder, "sign.token")
        write_secret(self.token_file, self.token)
        super().__init__("receive", folder, f"""
[receive]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_dir = "{folder}/data"
[log]
level = "warning"
""" + "".join(f'[[receive.app]]\nsdkappid = {app}\ntoken_files = ["{self.token_file}"]\n'
              for app in apps))

    def url(self):
        return f"http://127.0.0.1:{self.port}/im"

    def accepted(self):
        """Callbacks of all apps that are committed, by the receiver's own count."""
        answer = call(f"{self.admin_url}/ledger")
        return sum(app["accepted"] for app in answer["apps"]) if "apps" in answer \
            else answer["accepted"]

    def stored(self):
        """(rows, different ones) of AfterCreateTopic, read from the database file itself.
        REQUIRES: stopped or killed."""
        return count(self.database(), "SELECT count(*), count(DISTINCT key) FROM inbox "
                                      "WHERE command LIKE '%AfterCreateTopic'")

    def mirrored(self):
        return count(self.database(), "SELECT count(*) FROM mirror_topic WHERE alive = 1")[0]


class Backend(End):
    """`tidings serve`, rate limits lifted, callbacks to loopback allowed."""

    def __init__(self, folder, callbacks_at_once=None):
        width = f"callbacks.max_per_url = {callbacks_at_once}" if callbacks_at_once else ""
        limits = "\n".join(f"{name} = {UNLIMITED}" for name in LIFTED)
        super().__init__("serve", folder, f"""
[serve]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_dir = "{folder}/data"
callbacks.allow_networks = ["127.0.0.0/8"]
{width}
[serve.rate_limits]
{limits}
[log]
level = "warning"
""")

    def make_app(self, app=APP, callback=None):
        """An app with topics on; returns the file with its administrator's UserSig."""
        self.admin("POST", "/apps", {"name": "bench", "sdkappid": app, "edition": "ultimate"})
        patch = {"community": True}
        if callback:
            patch["callback"] = callback
        self.admin("PATCH", f"/apps/{app}", patch)
        self.admin("PATCH", f"/apps/{app}", {"topic": True})
        for name in ("UserDefined1", "UserDefined2"):
            self.admin("POST", f"/apps/{app}/group-fields", FIELD | {"key": name})
        key_file = os.path.join(self.folder, f"{app}.key")
        write_secret(key_file, self.admin("GET", f"/apps/{app}/keys")["keys"][0]["text"])
        made = subprocess.run([BINARY, "usersig", "make", "--sdkappid", str(app), "--user",
                               "administrator", "--key-file", key_file],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Failed(f"usersig make: {made.stderr}")
        sig_file = os.path.join(self.folder, f"{app}.sig")
        write_secret(sig_file, made.stdout.strip())
        return sig_file

    def set_callback(self, callback, app=APP):
        self.admin("PATCH", f"/apps/{app}/callback", callback)

    def record_events(self, on=True, app=APP):
        """Topics share their groups' switch: with it off, communities are made without events."""
        self.set_callback({"switches": {"after_create_group": on}}, app)

    def ledger(self, app=APP):
        return self.admin("GET", f"/apps/{app}/ledger")

    def admin(self, method, path, body=None):
        with open(os.path.join(self.data, "admin.token"), encoding="utf-8") as file:
            token = file.read().strip()
        return call(f"{self.admin_url}/admin/v1{path}", body, method,
                    {"Authorization": f"Bearer {token}"})

    def stored_topics(self):
        """(topics, events) in the database file. REQUIRES: stopped or killed."""
        file = self.database()
        return (count(file, "SELECT count(*) FROM topic")[0],
                count(file, "SELECT count(*) FROM event e JOIN ended USING(seq)")[0] +
                count(file, "SELECT count(*) FROM pending JOIN event USING(seq)")[0])


def callback_to(receiver_url, token):
    """The callback settings of an app: signed."""
    return {"url": receiver_url, "sign": True, "token": token}


def count(file, sql):
    """One row from a database that no process has open. Recovers its log first, as a start would."""
    with sqlite3.connect(file) as database:
        return database.execute(sql).fetchone()


def write_secret(path, text):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def call(url, body=None, method=None, headers=None):
    """JSON of one HTTP exchange."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method,
                                     headers={"Content-Type": "application/json",
                                              **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Failed(f"{method or 'GET'} {url}: {error.code} {error.read().decode()}") from None
    return json.loads(text) if text else {}

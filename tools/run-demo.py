#!/usr/bin/env python3
"""The main job, end to end, on one machine: see ./run.

Starts `tidings receive` behind HTTPS and `tidings serve`, both on loopback, with a certificate
authority of its own; creates an app, a community, a topic over REST (curl) and one over the
WebSocket (tidings client); and shows each callback as the receiver got it.
"""

import argparse
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys

import daemons
from daemons import Failed, quoted

APP = 1400000001
USER = "vera_01"
PORTS = {"serve": 8080, "admin": 8081, "receive": 8090, "query": 8091}
SECONDS_TO_ARRIVE = 15


class Demo:
    def __init__(self, binary, folder, once):
        self.binary = binary
        self.folder = folder
        self.once = once
        self.running = []
        self.step = 0

    # Output. With --once everything but the last line goes to standard error.
    def say(self, text=""):
        print(text, file=sys.stderr if self.once else sys.stdout, flush=True)

    def title(self, text):
        self.step += 1
        self.say(f"\n{self.step}. {text}")

    def shown(self, text, indent="   "):
        for line in text.splitlines():
            self.say(indent + line)

    # Steps.
    def prepare(self):
        """A folder begun anew, certificates, the Sign token, ports."""
        for old in ("serve", "receive", "tls"):
            shutil.rmtree(f"{self.folder}/{old}", ignore_errors=True)
        os.makedirs(self.folder, exist_ok=True)
        self.title("An authority, certificates for both ends, a Sign token")
        self.authority = f"{self.folder}/tls"
        self.ca = daemons.init_authority(self.binary, self.authority)
        self.certificate, self.key = daemons.issue_certificate(self.binary, self.authority)
        self.token = secrets.token_hex(16)
        self.token_file = daemons.write_secret(f"{self.folder}/sign.token", self.token)
        self.say(f"   {self.folder}/tls, {self.token_file}")
        self.ports = {name: self._free_port(name, port) for name, port in PORTS.items()}

    def _free_port(self, name, port):
        if daemons.port_is_free(port):
            return port
        self.say(f"   port {port} ({name}) is in use; taking a free one instead")
        return 0

    def start(self):
        self.title("Both ends of Tidings")
        receive_file = f"{self.folder}/receive.toml"
        with open(receive_file, "w", encoding="utf-8") as file:
            file.write(
                f'[receive]\nlisten = "127.0.0.1:{self.ports["receive"]}"\n'
                f'admin_listen = "127.0.0.1:{self.ports["query"]}"\n'
                f'data_dir = "{self.folder}/receive"\n'
                f'tls.certificate_file = "{self.certificate}"\ntls.key_file = "{self.key}"\n'
                f'tls.client_ca_file = "{self.ca}"\n\n'
                f'[[receive.app]]\nsdkappid = {APP}\ntoken_files = ["{self.token_file}"]\n'
                'require_client_certificate = true\n')
        serve_file = f"{self.folder}/serve.toml"
        with open(serve_file, "w", encoding="utf-8") as file:
            file.write(
                f'[serve]\nlisten = "127.0.0.1:{self.ports["serve"]}"\n'
                f'admin_listen = "127.0.0.1:{self.ports["admin"]}"\n'
                f'data_dir = "{self.folder}/serve"\n'
                f'ca_dir = "{self.authority}"\n'
                'callbacks.allow_networks = ["127.0.0.0/8"]\n')
        self.receive = self._daemon("receive", receive_file)
        self.serve = self._daemon("serve", serve_file)
        self.say(f"   tidings receive   callbacks {self.receive.listen}   "
                 f"queries {self.receive.admin_listen}")
        self.say(f"   tidings serve     REST and WebSocket {self.serve.listen}   "
                 f"admin {self.serve.admin_listen}")

    def _daemon(self, name, config):
        daemon = daemons.Daemon(self.binary, [name, "--config", config], self.folder, name)
        self.running.append(daemon)
        return daemon

    def admin(self, *arguments):
        """`tidings app ...`, at the demonstration's admin door."""
        result = daemons.run_tool(
            self.binary, "app", *arguments, "--url", self.serve.admin_listen,
            "--token-file", f"{self.folder}/serve/admin.token")
        if result.returncode != 0:
            raise Failed(f"tidings app {' '.join(arguments)}: {result.stderr}")
        return result.stdout

    def make_app(self):
        self.title("An app, through the admin door")
        self.admin("create", "Riverside", "--sdkappid", str(APP))
        self.key_file = daemons.write_secret(
            f"{self.folder}/app.key", self.admin("key", str(APP), "--plain").strip())
        self.say(f"   app {APP} created; its key is in {self.key_file}")

        self.title("Communities and topics switched on")
        app = json.loads(self.admin("set", str(APP), "--community", "on", "--topic", "on"))
        self.say(f"   {json.dumps({name: app[name] for name in app if name in ('community', 'topic')})}")

        self.title("Callback URL, Sign, events")
        self.callback_url = f"{self.receive.listen}/im"
        self.admin("callback", str(APP), "--callback-url", self.callback_url, "--sign", "on",
                   "--callback-token-file", self.token_file,
                   "--switch", "after_create_group=on", "--switch", "after_group_info_changed=on",
                   "--switch", "after_group_destroyed=on", "--switch", "after_new_member_join=on")
        self.say(f"   {self.callback_url}, signed, over mutual TLS; after_create_group and others on")
        result = daemons.run_tool(self.binary, "usersig", "make", "--sdkappid", str(APP), "--user",
                                  "administrator", "--key-file", self.key_file)
        self.user_sig = result.stdout.strip()

    def rest_command(self, path, body):
        query = (f"sdkappid={APP}&identifier=administrator&usersig={quoted(self.user_sig)}"
                 f"&random={secrets.randbelow(2**32)}&contenttype=json")
        return ["curl", "-sS", "--max-time", "10", "-d",
                json.dumps(body, separators=(",", ":"), ensure_ascii=False),
                f"{self.serve.listen}/v4/{path}?{query}"]

    def rest(self, path, body):
        command = self.rest_command(path, body)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Failed(f"curl: {result.stderr}")
        answer = json.loads(result.stdout)
        self.say(f"   POST /v4/{path}  {command[5]}")
        self.say(f"   {result.stdout.strip()}")
        if answer["ErrorCode"] != 0:
            raise Failed(f"{path} answered {result.stdout}")
        return answer

    def make_topics(self):
        self.title("A community, over REST")
        self.rest("im_open_login_svc/account_import", {"UserID": USER, "Nick": "Vera"})
        self.group = self.rest("group_open_http_svc/create_group", {
            "Type": "Community", "Name": "Riverside Makers", "Owner_Account": USER,
            "SupportTopic": 1})["GroupId"]

        self.title("A topic, over REST (curl)")
        rest_topic = self.rest("million_group_open_http_svc/create_topic", {
            "GroupId": self.group, "TopicName": "Woodwork", "From_Account": USER})["TopicId"]

        self.title(f"A topic, by {USER}'s client over the WebSocket")
        operation = ["createTopicInCommunity",
                     json.dumps({"groupID": self.group, "topicName": "Garden"})]
        result = daemons.run_tool(
            self.binary, "client", "--url", self.client_url(), "--sdkappid", str(APP), "--user",
            USER, "--key-file", self.key_file, "--platform", "Web", *operation)
        self.say(f"   tidings client ... {operation[0]} '{operation[1]}'")
        self.shown(result.stdout)
        if result.returncode != 0:
            raise Failed(f"tidings client: {result.stdout}{result.stderr}")
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        client_topic = [answer["data"] for answer in answers
                        if "id" in answer and "data" in answer and "topicID" in answer["data"]]
        return [("rest", rest_topic), ("client", client_topic[-1]["topicID"])]

    def client_url(self):
        return self.serve.listen.replace("http", "ws", 1) + "/client"

    def query(self, path):
        status, text = daemons.request(self.receive.admin_listen + path)
        if status == 404:
            return None
        if status != 200:
            raise Failed(f"{path} answered {status}: {text}")
        return json.loads(text)

    def created_at(self):
        """request_id to the moment of the commit, from the admin door."""
        events = json.loads(self.admin("events", str(APP)))["events"]
        return {event["request_id"]: event["event_time_ms"] for event in events}

    def callback_of(self, topic):
        for entry in self.query("/inbox?limit=100")["entries"]:
            if entry["command"].endswith("AfterCreateTopic") and entry["body"]["TopicId"] == topic:
                return entry
        return None

    def collect(self, door, topic):
        try:
            entry = daemons.wait_until(lambda: self.callback_of(topic), "the callback arrives",
                                       SECONDS_TO_ARRIVE)
        except Failed:
            return {"door": door, "topic_id": topic, "opt_platform": None, "callback": None,
                    "query": None, "target": None, "mirrored": False,
                    "created_to_received_ms": None}
        row = self.query(f"/mirror/topics/{quoted(topic)}")
        created = self.created_at().get(entry["request_id"])
        return {
            "door": door, "topic_id": topic, "opt_platform": entry["opt_platform"],
            "callback": entry["body"],
            "query": entry["query"], "target": entry["target"],
            "mirrored": row is not None and row["state"] == "alive",
            "created_to_received_ms":
                None if created is None else max(0, entry["received_ms"] - created)}

    def show(self, results):
        self.title("The callbacks, as the receiver got and verified them")
        for result in results:
            if result["callback"] is None:
                self.say(f"   {result['topic_id']}: no callback within {SECONDS_TO_ARRIVE} s")
                continue
            self.say(f"   POST {self.receive.listen}{result['target']}")
            self.say("   " + json.dumps(result["callback"], separators=(",", ":"),
                                        ensure_ascii=False))
            self.say(f"   {result['created_to_received_ms']} ms from commit to commit")

        self.title("The receiver's mirror")
        listed = daemons.run_tool(self.binary, "topics", "list", "--url",
                                  self.receive.admin_listen)
        self.shown(listed.stdout)

    def show_how_to_go_on(self):
        self.title("Go on by hand")
        command = self.rest_command("million_group_open_http_svc/create_topic",
                                    {"GroupId": self.group, "TopicName": "Pottery"})
        self.say(f"   {shlex.join(command)}")
        self.say(f"   curl -s {self.receive.admin_listen}/mirror/topics")
        self.say(f"   curl -sN {self.receive.admin_listen}/feed")
        self.say(f"   {self.binary} client --url {self.client_url()} --sdkappid {APP} --user {USER} "
                 f"--key-file {self.key_file}")
        self.say(f"   {self.binary} app ledger {APP} --url {self.serve.admin_listen} "
                 f"--token-file {self.folder}/serve/admin.token")
        self.say("\nNew callbacks are shown here. Ctrl-C stops both ends.")

    def watch(self):
        watcher = subprocess.Popen(
            [self.binary, "topics", "watch", "--url", self.receive.admin_listen],
            env=daemons.clean_environment())
        try:
            while all(daemon.process.poll() is None for daemon in self.running):
                try:
                    watcher.wait(1)
                    break
                except subprocess.TimeoutExpired:
                    pass
        finally:
            if watcher.poll() is None:
                watcher.terminate()
            watcher.wait()

    def stop(self):
        """Serve first, so that nothing is left undelivered."""
        clean = True
        for daemon in reversed(self.running):
            try:
                clean = daemon.stop() == 0 and clean
            except Failed as failure:
                self.say(str(failure))
                clean = False
            daemon.kill()
        self.running = []
        return clean

    def run(self):
        self.say(f"Tidings, end to end. Everything is in {self.folder}, begun anew.")
        self.prepare()
        self.start()
        self.make_app()
        topics = self.make_topics()
        results = [self.collect(door, topic) for door, topic in topics]
        self.show(results)
        return results


def main():
    parser = argparse.ArgumentParser(prog="./run", description="The main job, end to end.")
    parser.add_argument("--once", action="store_true",
                        help="unattended: stop at the end; the last line is one JSON object")
    parser.add_argument("--tidings", default="build/release/src/cli/tidings", help=argparse.SUPPRESS)
    parser.add_argument("--data-dir", default="data/demo", help="default: data/demo")
    options = parser.parse_args()

    demo = Demo(options.tidings, options.data_dir, options.once)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = []
    error = None
    try:
        results = demo.run()
        if not options.once:
            demo.show_how_to_go_on()
            demo.watch()
    except KeyboardInterrupt:
        demo.say()
    except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as failure:
        error = f"{type(failure).__name__}: {failure}"
        demo.say(f"\nThat did not work. {error}")
        for daemon in demo.running:
            demo.say(f"The last lines of {daemon.log_file}:")
            demo.shown(daemon.log_tail(10))
    finally:
        clean = demo.stop()
    good = (error is None and clean and all(result["mirrored"] for result in results) and
            len({result["topic_id"] for result in results}) == 2)
    if options.once:
        summary = {"ok": good, "topics": results}
        if error is not None:
            summary["error"] = error
        print(json.dumps(summary, ensure_ascii=False))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

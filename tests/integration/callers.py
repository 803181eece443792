"""Callers of both doors of `tidings serve`, which write down what they are told: the first of the
three records that the crash and chaos runs compare.

A call that got no answer may or may not have been committed. It is neither counted as told nor
repeated, so that each name is used once. Standard library only; the WebSocket client is the few
lines that the client door needs.
"""

import base64
import http.client
import json
import os
import random
import socket
import struct
import threading
import urllib.parse

TOPICS = "/v4/million_group_open_http_svc/"
EVENTS = ("after_create_group=on", "after_group_info_changed=on", "after_group_destroyed=on")
BROKEN = (OSError, http.client.HTTPException, ValueError)
TOO_LATE = 60008  # what was asked for may still happen


class RestCaller:
    """One kept-alive connection of an app admin."""

    def __init__(self, listen, app, user_sig):
        address = urllib.parse.urlsplit(listen)
        self.query = (f"?sdkappid={app}&identifier=administrator&contenttype=json&random=1"
                      f"&usersig={urllib.parse.quote(user_sig, safe='')}")
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        self.connection.connect()

    def call(self, path, body):
        self.connection.request("POST", path + self.query, json.dumps(body))
        return json.loads(self.connection.getresponse().read())

    def create_topic(self, group, name):
        """(ErrorCode, TopicId)."""
        answer = self.call(TOPICS + "create_topic", {"GroupId": group, "TopicName": name})
        return answer["ErrorCode"], answer.get("TopicId")

    def rename_topic(self, group, topic, name):
        return self.call(TOPICS + "modify_topic", {"GroupId": group, "TopicId": topic,
                                                   "TopicName": name})["ErrorCode"]

    def destroy_topic(self, group, topic):
        return self.call(TOPICS + "destroy_topic", {"GroupId": group,
                                                    "TopicIdList": [topic]})["ErrorCode"]

    def close(self):
        self.connection.close()


class ClientCaller:
    """A user's client on the client door (RFC 6455, text frames only)."""

    def __init__(self, listen, app, user, user_sig):
        address = urllib.parse.urlsplit(listen)
        self.socket = socket.create_connection((address.hostname, address.port), 10)
        self.file = self.socket.makefile("rb")
        self.next_id = 0
        try:
            self.upgrade(address.netloc)
            code, _ = self.ask("login", {"SDKAppID": app, "userID": user, "userSig": user_sig,
                                         "platform": "Web"})
            if code != 0:
                raise OSError(f"the login was refused with {code}")
        except BROKEN:
            self.close()
            raise

    def upgrade(self, host):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /client HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        status = self.file.readline()
        if b" 101 " not in status:
            raise OSError(f"no upgrade: {status!r}")
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def send(self, payload, opcode=1):
        mask = random.randbytes(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack(">H", size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def exactly(self, count):
        data = self.file.read(count)
        if len(data) != count:
            raise OSError("the connection ended")
        return data

    def frame(self):
        first, size = self.exactly(2)
        size &= 0x7F
        if size == 126:
            size = struct.unpack(">H", self.exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.exactly(8))[0]
        return first & 0x0F, self.exactly(size)

    def ask(self, operation, arguments):
        """(code, data) of the answer to one operation; what is pushed meanwhile is passed over."""
        self.next_id += 1
        self.send(json.dumps({"id": self.next_id, "op": operation, "args": arguments}).encode())
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                raise OSError("closed by the server")
            if opcode == 9:
                self.send(payload, 10)
            if opcode != 1:
                continue
            answer = json.loads(payload)
            if answer.get("id") == self.next_id:
                return answer["code"], answer.get("data", {})

    def create_topic(self, group, name):
        code, data = self.ask("createTopicInCommunity", {"groupID": group, "topicName": name})
        return code, data.get("topicID")

    def rename_topic(self, group, topic, name):
        return self.ask("updateTopicProfile", {"groupID": group, "topicID": topic,
                                               "topicName": name})[0]

    def destroy_topic(self, group, topic):
        return self.ask("deleteTopicFromCommunity", {"groupID": group, "topicIDList": [topic]})[0]

    def close(self):
        self.file.close()
        self.socket.close()


class Told:
    """What a caller knows of a topic. Where a later call got no answer, two things are possible."""

    def __init__(self, group, name):
        self.group = group
        self.names = {name}
        self.states = {"alive"}

    def __str__(self):
        return f"{self.group} {sorted(self.names)} {sorted(self.states)}"


class Callers:
    """Threads that create topics through both doors, and write down what they are told. One topic in
    four is renamed afterwards, one in eight destroyed."""

    def __init__(self, backend, app, groups, owner, owner_sig, rest=3, clients=1, pause=0.0):
        self.backend = backend
        self.groups = groups
        self.told = {}       # TopicId -> Told
        self.unanswered = set()  # names
        self.refused = {}    # name -> code
        self.doors = {"rest": 0, "client": 0}
        self.pause = pause
        self.lock = threading.Lock()
        self.next = 0
        self.stopping = threading.Event()
        make_rest = lambda: RestCaller(backend.serve.listen, app, backend.user_sig)  # noqa: E731
        make_client = lambda: ClientCaller(backend.serve.listen, app, owner, owner_sig)  # noqa: E731
        self.threads = [threading.Thread(target=self.run, args=("rest", make_rest), daemon=True)
                        for _ in range(rest)]
        self.threads += [threading.Thread(target=self.run, args=("client", make_client),
                                          daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, door, connect):
        caller = None
        while not self.stopping.is_set():
            if caller is None:
                try:
                    caller = connect()
                except BROKEN:
                    self.stopping.wait(0.02)  # it is down
                    continue
            with self.lock:
                number = self.next
                self.next += 1
            try:
                refused = self.one_topic(caller, door, number)
            except BROKEN:
                caller.close()
                caller = None
                continue
            if self.pause or refused:
                self.stopping.wait(0.02 if refused else self.pause)
        if caller:
            caller.close()

    def one_topic(self, caller, door, number):
        """True when the server said no. What breaks on the way has left its mark in the records."""
        name, group = f"topic {number}", self.groups[number % len(self.groups)]
        self.unanswered.add(name)
        code, topic = caller.create_topic(group, name)
        if code == TOO_LATE:
            return True
        self.unanswered.discard(name)
        if code != 0:
            self.refused[name] = code
            return True
        told = Told(group, name)
        with self.lock:
            self.told[topic] = told
            self.doors[door] += 1
        if number % 4 == 1:
            told.names.add(f"renamed {number}")
            code = caller.rename_topic(group, topic, f"renamed {number}")
            if code != TOO_LATE:
                told.names.discard(name if code == 0 else f"renamed {number}")
        elif number % 8 == 3:
            told.states.add("destroyed")
            code = caller.destroy_topic(group, topic)
            if code != TOO_LATE:
                told.states.discard("alive" if code == 0 else "destroyed")
        if code != 0:
            self.refused[f"change of {number}"] = code
        return code != 0

    def count(self):
        with self.lock:
            return len(self.told)

    def refusals(self):
        with self.lock:
            return len(self.refused)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

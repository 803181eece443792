"""50 hung endpoints among 500: each app has an endpoint of its own, one in ten takes requests and
never answers. The healthy ones keep being delivered at their pace (P5), and the others' backlog
drains once they answer."""

import base64
import hashlib
import hmac
import json
import sqlite3
import threading
import time
import zlib

from callers import RestCaller
from fault_proxy import FaultProxy
from harness import daemons
from records import STATES, pages
from world import FAST

APPS = 500
HUNG = 50
FIRST = 1400001000
TOKEN = "crowd-token"


def user_sig(app, user, key):
    """A UserSig as the protocol describes it, made here: 500 apps need 500."""
    now = int(time.time())
    text = (f"TLS.identifier:{user}\nTLS.sdkappid:{app}\nTLS.time:{now}\nTLS.expire:86400\n")
    sig = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
    ticket = json.dumps({"TLS.ver": "2.0", "TLS.identifier": user, "TLS.sdkappid": app,
                         "TLS.expire": 86400, "TLS.time": now, "TLS.sig": sig})
    packed = base64.b64encode(zlib.compress(ticket.encode())).decode()
    return packed.replace("+", "*").replace("/", "-").replace("=", "_")


class Crowd:
    def __init__(self, world):
        self.world = world
        token_file = daemons.write_secret(f"{world.folder}/crowd.token", TOKEN)
        tables = "".join(f'[[receive.app]]\nsdkappid = {FIRST + number}\n'
                         f'token_files = ["{token_file}"]\n' for number in range(APPS))
        world.receive = world.start_receive(app_more=tables)
        world.proxy = FaultProxy(world.receive.listen, world.seed)
        world.addCleanup(world.proxy.close)
        self.serve = world.start_serve(FAST)
        with open(f"{world.folder}/serve/admin.token", encoding="utf-8") as file:
            self.headers = {"Authorization": f"Bearer {file.read().strip()}"}
        self.callers, self.groups, self.told = {}, {}, {}
        for number in range(APPS):
            self.make(FIRST + number, "/hung" if number % (APPS // HUNG) == 0 else "/well")
        self.hung = [app for app in self.callers if (app - FIRST) % (APPS // HUNG) == 0]

    def admin(self, method, path, body=None):
        status, text = daemons.request(self.serve.admin_listen + "/admin/v1" + path,
                                       body and json.dumps(body), method, self.headers)
        self.world.assertIn(status, (200, 201), text)
        return json.loads(text)

    def make(self, app, road):
        self.admin("POST", "/apps", {"name": f"App {app}", "sdkappid": app})
        self.admin("PATCH", f"/apps/{app}", {"community": True, "topic": True})
        self.admin("PATCH", f"/apps/{app}/callback", {
            "url": f"{self.world.proxy.url}{road}/{app}", "sign": True, "token": TOKEN,
            "switches": {"after_create_group": True}})
        key = self.admin("GET", f"/apps/{app}/keys")["keys"][0]["text"]
        caller = RestCaller(self.serve.listen, app, user_sig(app, "administrator", key))
        for path, body in (
                ("/v4/im_open_login_svc/account_import", {"UserID": "vera"}),
                ("/v4/group_open_http_svc/create_group",
                 {"Type": "Community", "Name": "Makers", "Owner_Account": "vera",
                  "SupportTopic": 1})):
            answer = caller.call(path, body)
            self.world.assertEqual(answer["ErrorCode"], 0, answer)
        self.groups[app] = answer["GroupId"]
        self.callers[app] = caller

    def load(self, seconds, rate):
        """`rate` topics a second, over all apps in turn, from two threads."""
        end = time.monotonic() + seconds
        failures = []

        def run(apps):
            turn = 0
            while time.monotonic() < end:
                began = time.monotonic()
                app = apps[turn % len(apps)]
                turn += 1
                code, topic = self.callers[app].create_topic(self.groups[app], f"topic {turn}")
                if code == 0:
                    self.told[topic] = app
                else:
                    failures.append(code)
                time.sleep(max(0.0, 2 / rate - (time.monotonic() - began)))

        apps = list(self.callers)
        threads = [threading.Thread(target=run, args=(apps[half::2],)) for half in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.world.assertEqual(failures, [])

    def query(self, text):
        file = self.world.serve_file()
        database = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(text).fetchall()
        finally:
            database.close()

    def healthy_times(self, since_seq):
        """Created -> delivered of the healthy apps' events, sorted, in ms."""
        rows = self.query("SELECT d.changed_ms - e.time_ms FROM event e JOIN delivery d USING(seq)"
                          f" WHERE seq > {since_seq} AND d.state = 1"
                          f" AND (e.sdkappid - {FIRST}) % {APPS // HUNG} != 0 ORDER BY 1")
        return [row[0] for row in rows]

    def states(self, of_hung):
        sign = "=" if of_hung else "!="
        return {STATES[state]: count for state, count in self.query(
            "SELECT state, count(*) FROM delivery"
            f" WHERE (sdkappid - {FIRST}) % {APPS // HUNG} {sign} 0 GROUP BY 1")}

    def last_seq(self):
        return self.query("SELECT max(seq) FROM event")[0][0]


def at(share, values):
    return values[min(len(values) - 1, int(share * len(values)))]


def crowd(world):
    """50 of 500 endpoints take requests and never answer"""
    crowd_ = Crowd(world)
    since = crowd_.last_seq()
    crowd_.load(5, 120)
    at_rest = lambda: "pending" not in {**crowd_.states(False), **crowd_.states(True)}  # noqa: E731
    world.wait_for(at_rest, "everything is delivered while nobody hangs")
    before = crowd_.healthy_times(since)
    world.proxy.hang_path = "/hung"
    since = crowd_.last_seq()
    crowd_.load(8, 120)
    world.wait_for(lambda: "pending" not in crowd_.states(False),
                   "every healthy app's event is delivered while 50 hang", 10)
    times = crowd_.healthy_times(since)
    world.assertGreater(len(times), 300)
    world.assertGreater(crowd_.states(True).get("pending", 0), 50)
    world.assertLess(at(0.99, times), 1000, "healthy endpoints wait for hung ones")
    held = crowd_.states(True)["pending"]
    world.proxy.hang_path = None
    began = time.monotonic()
    crowd_.load(2, 120)
    world.wait_for(at_rest, "the hung ones' backlog drains", 60)
    took = time.monotonic() - began
    mirror = [row["topic_id"] for app in crowd_.callers
              for row in pages(world.receive, "/mirror/topics", "topics", sdkappid=app)]
    world.assertEqual(len(mirror), len(set(mirror)))
    world.assertEqual(set(crowd_.told) - set(mirror), set(), "answered OK, and not in the mirror")
    world.assertEqual(set(crowd_.states(True)) | set(crowd_.states(False)), {"delivered"})
    world.assertEqual(crowd_.query("SELECT * FROM ledger WHERE accepted != delivered"
                                   " OR pending + dead + cancelled != 0"), [])
    return (f"healthy ones, created to delivered: p50 {at(0.5, before)} ms, p99 {at(0.99, before)} "
            f"ms, with {HUNG} hung {at(0.5, times)} and {at(0.99, times)} ms; {held} pending, "
            f"drained in {took:.1f} s; {len(mirror)} topics, all there once")


SCENARIOS = [crowd]

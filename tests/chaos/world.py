"""One scenario's world: receive, the fault proxy before it, serve, and callers of both doors.

Every scenario ends with healed(): the fault is over, the load goes on for a moment and stops, the
backlog drains by itself, and the three records (records.py) agree.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "integration")]

from callers import EVENTS, Callers  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from harness import APP, Backend, ProcessTest, daemons, tidings  # noqa: E402
import harness  # noqa: E402
from records import Comparison  # noqa: E402

FAST = ("rate_limits = { create_topic = 1000000 }\nclient.frames_per_second = 100000\n")


class Skip(Exception):
    """The scenario cannot be played here; the text says why."""


class World(ProcessTest):
    def __init__(self, seed):
        super().__init__()
        self.random = random.Random(seed)
        self.seed = seed
        self.wrappers = {}      # name of a daemon -> what it is started through
        self.environments = {}  # name of a daemon -> more of its environment
        self.proxy = self.callers = None
        self.may_refuse = set()  # codes that callers may be answered with while the fault lasts

    # Setting up -----------------------------------------------------------------------------------

    def daemon(self, command, config, name=None, environment=None):
        name = name or command
        wrapper = [*self.wrappers.get(name, ()), harness.BINARY]
        daemon = daemons.Daemon(wrapper[0], [*wrapper[1:], command, "--config", config],
                                self.folder, name,
                                {**self.environments.get(name, {}), **(environment or {})})
        self.addCleanup(daemon.kill)
        return daemon

    def start(self, tls=False, receive_more="", serve_more="", groups=24, proxy=True,
              host="127.0.0.1", rest=2, clients=1, pause=0.02, app_setting=()):
        self.receive_more = receive_more
        self.serve_more = FAST + serve_more
        if tls:
            self.ca = daemons.make_authority(self.folder)
            certificate, key = daemons.make_certificate(self.folder, "receiver")
            self.receive_more += (f'tls.certificate_file = "{certificate}"\n'
                                  f'tls.key_file = "{key}"\n')
            self.serve_more += f'callbacks.ca_file = "{self.ca}"\n'
        self.receive = self.start_receive(self.receive_more)
        target = self.receive.listen
        self.receive_listen = f"127.0.0.1:{urllib.parse.urlsplit(target).port}"
        if proxy:
            self.proxy = FaultProxy(target, self.seed, sealed=tls)
            self.addCleanup(self.proxy.close)
            target = self.proxy.url
        self.backend = Backend(self, self.start_serve(self.serve_more))
        self.backend.make_app(target.replace("127.0.0.1", host) + "/im", EVENTS)
        if app_setting:
            self.backend.admin("callback", str(APP), *app_setting)
        self.groups = [self.backend.make_community() for _ in range(groups)]
        self.load(rest, clients, pause)

    def load(self, rest=2, clients=1, pause=0.02):
        result = tidings("usersig", "make", "--sdkappid", str(APP), "--user", "vera_01",
                         "--key-file", self.backend.key_file)
        self.callers = Callers(self.backend, APP, self.groups, "vera_01", result.stdout.strip(),
                               rest, clients, pause)
        self.addCleanup(self.callers.stop)
        daemons.wait_until(lambda: self.callers.count() >= 20, "the load begins", 20)

    def restart_receive(self):
        self.receive.kill()
        self.receive = self.start_receive(self.receive_more, listen=self.receive_listen)

    # Watching -------------------------------------------------------------------------------------

    def ledger(self):
        with open(self.backend.admin_token, encoding="utf-8") as file:
            token = file.read().strip()
        status, text = daemons.request(f"{self.backend.serve.admin_listen}/admin/v1/apps/{APP}"
                                       "/ledger", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(status, 200, text)
        ledger = json.loads(text)
        self.assertTrue(ledger["balanced"], ledger)
        return ledger

    def under_load(self, seconds, watch=lambda: None):
        """The load goes on for `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.2)
            watch()

    def wait_for(self, condition, what, seconds=30):
        try:
            return daemons.wait_until(lambda: self.still_run() and condition(), what, seconds, 0.05)
        except daemons.Failed as failure:
            seen = self.outcomes()
            raise daemons.Failed(f"{failure}; failed attempts: {seen}") from None

    def still_run(self):
        """Nothing that is done to them may end one of the two."""
        for daemon in (self.receive, self.backend.serve if hasattr(self, "backend") else None):
            code = daemon and daemon.process.poll()
            if code is not None and code != -signal.SIGKILL:
                raise daemons.Failed(f"{daemon.name} ended by itself with code {code}")
        return True

    def refusals(self, reason):
        """How many callbacks receive has refused for `reason` since its start."""
        status, text = daemons.request(self.receive.admin_listen + "/ledger")
        self.assertEqual(status, 200, text)
        return json.loads(text)["refused"].get(reason, 0)

    def outcomes(self):
        """Failed attempts by outcome, from serve's attempt log."""
        database = sqlite3.connect(f"file:{self.serve_file()}?mode=ro", uri=True, timeout=10)
        try:
            words = dict(database.execute("SELECT id, text FROM word"))
            rows = database.execute("SELECT outcome, count(*) FROM attempt GROUP BY 1").fetchall()
            named = {words.get(word, word): count for word, count in rows}
            return {name: count for name, count in named.items() if name != "ok"}
        finally:
            database.close()

    def serve_file(self):
        """The file of serve's database; a scenario may keep it elsewhere."""
        folder = f"{self.folder}/serve"
        return next(os.path.join(folder, name) for name in sorted(os.listdir(folder))
                    if name.endswith(".db"))

    # The end of every scenario --------------------------------------------------------------------

    def healed(self, seconds=45, calm=0.6, receive=None):
        """The fault is over. Returns the figures; fails when anything is amiss."""
        healed_at = time.monotonic()
        before = self.callers.count()
        self.wait_for(lambda: self.callers.count() > before + 5, "callers are served", 20)
        self.under_load(calm)
        self.callers.stop()
        self.wait_for(lambda: self.ledger()["pending"] == 0,
                      "the backlog drains by itself", seconds)
        took = time.monotonic() - healed_at
        comparison = Comparison(self.callers, self.serve_file(), receive or self.receive, APP)
        comparison.check(self)
        self.assertLessEqual(set(self.callers.refused.values()), self.may_refuse,
                             "callers were refused")
        return (f"{comparison.told} topics, all there once; "
                f"{comparison.duplicates_seen} duplicates known; healed in {took:.1f} s")

"""What healthy endpoints feel while others hang: 500 apps with an endpoint each.

All healthy endpoints are one receiver under a path of their own; hanging ones accept the connection
and the request and never answer. The figure is the p99 from asking for a topic to its callback
standing in the receiver, of healthy apps only, with 0 % and with 10 % hanging.
"""

import os
import selectors
import socket
import threading

import load
import tidings
from measure import rounded, say
from process import kill_all
from roads.latency import write_apps

ENDPOINTS = 500
RATE = 500
CONNECTIONS = 64


class BlackHole:
    """Takes connections and what comes over them, and says nothing."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        selector = selectors.DefaultSelector()
        selector.register(self._listener, selectors.EVENT_READ)
        while not self._stopping:
            for key, _ in selector.select(timeout=0.1):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    connection.setblocking(False)
                    selector.register(connection, selectors.EVENT_READ)
                elif not self._received(key.fileobj):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
        for key in list(selector.get_map().values()):
            key.fileobj.close()

    @staticmethod
    def _received(connection):
        try:
            return connection.recv(65536)
        except OSError:
            return b""

    def close(self):
        self._stopping = True
        self._thread.join()


def measure(folder, plan, hanging):
    apps = [tidings.APP + number for number in range(ENDPOINTS)]
    receiver = tidings.Receiver(os.path.join(folder, "receive"), apps)
    backend = tidings.Backend(os.path.join(folder, "serve"))
    hole = BlackHole()
    lines = []
    for number, app in enumerate(apps):
        hangs = number % 100 < hanging
        url = f"http://127.0.0.1:{hole.port if hangs else receiver.port}/endpoint/{number}"
        sig = backend.make_app(app, tidings.callback_to(url, receiver.token))
        backend.record_events(app=app)
        lines.append((app, sig, not hangs))
    # Long enough for the first time-outs, 2 s, to come in while others are measured.
    figures = load.run("latency", port=backend.port, feed_port=receiver.admin_port,
                       apps_file=write_apps(folder, lines), rate=RATE,
                       warm_up_seconds=max(plan.warm_up_seconds, 3), seconds=max(plan.seconds, 5),
                       connections=CONNECTIONS)
    hole.close()
    return figures


def run(plan, workplace):
    shares = {0: [], 10: []}
    for number in range(plan.rounds):
        for hanging, samples in shares.items():
            say(f"  fairness: round {number + 1} of {plan.rounds}, {hanging} % of {ENDPOINTS} "
                "endpoints hang")
            try:
                samples.append(measure(workplace.folder("fairness"), plan, hanging))
            finally:
                kill_all()
    middle = {hanging: sorted(sample["p99_ms"] for sample in samples)[len(samples) // 2]
              for hanging, samples in shares.items()}
    return {"unit": "ms", "endpoints": ENDPOINTS, "rate": RATE,
            "p99_ms_none_hanging": rounded(middle[0]), "p99_ms_tenth_hanging": rounded(middle[10]),
            "p99_ratio": rounded(middle[10] / middle[0])}

"""A server under measurement: started in its own process group, watched through /proc, killed hard.

CPU is that of the process and all its children, those that ended included. Memory is the peak of
the sum of proportional set sizes, sampled: shared pages of a PostgreSQL are counted once.
"""

import atexit
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.25


class Failed(Exception):
    """A step of the benchmark did not work; the text says which and shows the log."""


# What a road may end with: reported with its contender, and the others go on.
PROBLEMS = (Failed, OSError, KeyError, ValueError, TypeError, sqlite3.Error)


def wait_until(condition, what, seconds=30.0, pause=0.01):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def free_port():
    """A port that was free a moment ago, for servers that cannot say which one they took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


_running = []


class Process:
    def __init__(self, name, arguments, folder, environment=None, user=None, reads_lines=False,
                 cwd=None):
        os.makedirs(folder, exist_ok=True)
        self.name = name
        self.log_file = os.path.join(folder, f"{name}.log")
        with open(self.log_file, "ab") as log:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads_lines else log, stderr=log,
                env=environment, user=user, group=user, extra_groups=[] if user else None,
                # Ctrl-C at the terminal is for the harness, which stops everything in order.
                start_new_session=True, cwd=cwd)
        self._text = b""
        self._peak_kib = 0
        self._cpu = 0.0
        self._stop_sampling = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        _running.append(self)

    # Life.
    def alive(self):
        return self.child.poll() is None

    def check_alive(self):
        if not self.alive():
            raise Failed(f"{self.name} ended with code {self.child.returncode}\n{self.log_tail()}")
        return True

    def stop(self, seconds=10):
        """SIGTERM, then SIGKILL."""
        if self.alive():
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self):
        """SIGKILL to the process and everything it started; returns when all of them are gone.

        Parents first: PostgreSQL's would act on the death of a child. And a server that is started
        again on its folder must not meet one that still holds it.
        """
        self._stop_sampling.set()
        self._measure()
        tree = _tree(self.child.pid)
        for pid in tree:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.child.wait()
        if self.child.stdout:
            self.child.stdout.close()
        if self in _running:
            _running.remove(self)
        wait_until(lambda: not any(map(runs, tree)), f"everything {self.name} started is gone")

    def log_tail(self, lines=20):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def read_line(self, seconds=60):
        """The next JSON object on standard output; other lines are passed over."""
        end = time.monotonic() + seconds
        while True:
            while b"\n" in self._text:
                line, self._text = self._text.split(b"\n", 1)
                if line.startswith(b"{"):
                    return json.loads(line)
            left = end - time.monotonic()
            if left <= 0:
                raise Failed(f"{self.name} said nothing for {seconds} s\n{self.log_tail()}")
            if not select.select([self.child.stdout], [], [], left)[0]:
                continue
            more = os.read(self.child.stdout.fileno(), 65536)
            if not more:
                self.child.wait()
                raise Failed(f"{self.name} ended with {self.child.returncode}\n{self.log_tail()}")
            self._text += more

    # Figures.
    def cpu_seconds(self):
        """So far; keeps its last value after the end."""
        self._measure(memory=False)
        return self._cpu

    def peak_mb(self):
        self._measure()
        return self._peak_kib / 1024

    def forget_peak(self):
        """Counting begins: what the start took is not held against it."""
        self._peak_kib = 0

    def _sample(self):
        while not self._stop_sampling.wait(SAMPLE_SECONDS):
            self._measure()

    def _measure(self, memory=True):
        if self.child.returncode is not None:
            return
        tree = _tree(self.child.pid)
        self._cpu = max(self._cpu, sum(_cpu_of(pid) for pid in tree))
        if memory:
            self._peak_kib = max(self._peak_kib, sum(_pss_kib(pid) for pid in tree))


def kill_all():
    for process in list(_running):
        process.kill()


def kill_strays():
    """What else this process started: a signal may come after the start of a child and before anybody
    knows of it. Returns when all of it is gone."""
    strays = [pid for pid in _tree(os.getpid()) if pid != os.getpid()]
    for pid in strays:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until(lambda: not any(map(runs, strays)), "everything that was started is gone")


atexit.register(kill_all)


def runs(pid):
    """Whether it can still hold anything: a zombie cannot."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _tree(root):
    """The process and its descendants, parents first."""
    found = [root]
    for pid in found:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                    found.extend(int(child) for child in file.read().split())
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def _cpu_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # utime, stime, and those of children that were waited for.
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICKS


def _pss_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return 0

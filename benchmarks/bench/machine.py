"""What machine this is, how fast its disk says "durable", and how quiet it was."""

import os
import platform
import statistics
import time


def describe(folder):
    """Facts for the record. Probes the disk that `folder` is on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(_meminfo("MemTotal") / 2**20, 1),
        "kernel": platform.release(),
        "os": _os_name(),
        "fsync_ms": round(fsync_ms(folder), 3),
        "load_before": round(os.getloadavg()[0], 2),
    }


def fsync_ms(folder, times=200):
    """Median time of a 4 KiB write with fdatasync at the end of a file, the unit of every commit."""
    path = os.path.join(folder, "fsync.probe")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    samples = []
    try:
        for _ in range(times):
            started = time.perf_counter()
            os.write(descriptor, b"x" * 4096)
            os.fdatasync(descriptor)
            samples.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(descriptor)
        os.remove(path)
    return statistics.median(samples)


class Noise:
    """CPU that others took: what the whole machine did, less what this run's processes did."""

    def __init__(self):
        self._busy, self._stolen, self._total = _cpu_ticks()
        self._started = time.monotonic()
        self._ours = os.times()

    def report(self):
        """Shares of the machine since the start, between 0 and 1."""
        busy, stolen, total = _cpu_ticks()
        span = max(total - self._total, 1)
        ours = os.times()
        # Children are counted once they have ended: at the end of a run, all have.
        mine = (ours.user + ours.system + ours.children_user + ours.children_system) - (
            self._ours.user + self._ours.system
            + self._ours.children_user + self._ours.children_system)
        ticks = os.sysconf("SC_CLK_TCK")
        others = max(0.0, (busy - self._busy) / ticks - mine) / (span / ticks)
        return {"cpu_of_others": round(others, 3),
                "cpu_stolen": round((stolen - self._stolen) / span, 3),
                "load_after": round(os.getloadavg()[0], 2)}


def _cpu_ticks():
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    idle = fields[3] + fields[4]
    stolen = fields[7] if len(fields) > 7 else 0
    total = sum(fields[:8])
    return total - idle - stolen, stolen, total


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _meminfo(name):
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def _os_name():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()

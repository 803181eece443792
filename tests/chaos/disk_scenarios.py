"""A disk that is full, and one that refuses to write, at either end.

Full: a tmpfs of 24 MiB in a mount namespace of the daemon's own, filled up through /proc/PID/root.
Refusing: RLIMIT_FSIZE lowered while the daemon runs, which makes every growing write fail (EFBIG).
"""

import os
import resource
import shutil
import subprocess

from world import Skip

TMPFS_BYTES = 24 << 20


def _own_tmpfs(world, name):
    """Has the daemon `name` started with its data folder on a small disk of its own."""
    if os.geteuid() != 0:
        raise Skip("mounting a small disk needs root")
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs",
                            "/mnt"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Skip(f"no tmpfs may be mounted here: {probe.stderr.strip()}")
    folder = f"{world.folder}/{name}"
    os.makedirs(folder)
    world.wrappers[name] = [
        "unshare", "-m", "/bin/sh", "-c",
        f'mount -t tmpfs -o size={TMPFS_BYTES} tmpfs "{folder}" && exec "$0" "$@"']
    return folder


def _fill(daemon, folder):
    """Not a byte is left. Returns the file that takes the room."""
    path = f"/proc/{daemon.process.pid}/root{folder}/filler"
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return path


def _answers_refused(world):
    """Serve cannot store: callers are told so, with the code for "nothing was stored, try again"."""
    world.may_refuse = {10002}
    before = world.callers.refusals()
    world.wait_for(lambda: world.callers.refusals() > before + 10, "callers are refused")
    world.under_load(2)


def disk_full_serve(world):
    """serve's disk is full; room is made later"""
    folder = _own_tmpfs(world, "serve")
    world.start_serve = _read_from_outside(world)
    world.start(pause=0.004)
    filler = _fill(world.backend.serve, folder)
    _answers_refused(world)
    os.remove(filler)
    return f"{world.callers.refusals()} calls answered 10002, no trace of them; {world.healed()}"


def _read_from_outside(world):
    start = type(world).start_serve

    def start_serve(*arguments, **named):
        serve = start(world, *arguments, **named)
        inside = f"/proc/{serve.process.pid}/root{world.folder}/serve"

        def copied():  # SQLite would look for the file behind the link, on our own disks
            for name in os.listdir(inside):
                if ".db" in name and not name.endswith("-shm"):
                    shutil.copy(f"{inside}/{name}", f"{world.folder}/serve/{name}")
            return type(world).serve_file(world)

        world.serve_file = copied
        # harness.Backend reads the token at its usual place.
        shutil.copy(f"{inside}/admin.token", f"{world.folder}/serve/admin.token")
        return serve
    return start_serve


def disk_full_receive(world):
    """receive's disk is full; room is made later"""
    folder = _own_tmpfs(world, "receive")
    world.start()
    filler = _fill(world.receive, folder)
    world.wait_for(lambda: world.refusals("store") > 10, "receive refuses what it cannot store")
    world.under_load(3)
    refused = world.refusals("store")
    os.remove(filler)
    return f"{refused} callbacks refused with 503; {world.healed()}"


def _limit(daemon, limit):
    _, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (limit, hard))


# A write over the limit also raises SIGXFSZ; whoever starts the daemon may ignore it.
IGNORING = ["/bin/sh", "-c", 'trap "" XFSZ; exec "$0" "$@"']


def io_error_serve(world):
    """every write of serve's fails for a while, its log's as well"""
    world.wrappers["serve"] = IGNORING
    world.start(pause=0.004)
    _limit(world.backend.serve, 4096)
    _answers_refused(world)
    _limit(world.backend.serve, resource.RLIM_INFINITY)
    return f"{world.callers.refusals()} calls answered 10002, no trace of them; {world.healed()}"


def io_error_receive(world):
    """every write of receive's fails for a while, its log's as well"""
    world.wrappers["receive"] = IGNORING
    world.start()
    _limit(world.receive, 4096)
    world.wait_for(lambda: world.refusals("store") > 10, "receive refuses what it cannot store")
    world.under_load(3)
    refused = world.refusals("store")
    _limit(world.receive, resource.RLIM_INFINITY)
    return f"{refused} callbacks refused with 503; {world.healed()}"


SCENARIOS = [disk_full_serve, disk_full_receive, io_error_serve, io_error_receive]

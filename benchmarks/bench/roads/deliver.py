"""A committed backlog, delivered to one `return 200` sink that notes which ids arrived.

The backlog is filled first and not measured: Tidings' events are held while their app has no
callback URL, the queues are filled with their bulk calls. Then delivery is let loose and watched
until the backlog is empty or the time is up. The rate counts events whose outcome is committed, not
those that were merely sent. At the end everything is killed with SIGKILL, and every event that the
store calls delivered must have reached the sink, none of them twice.
"""

import os
import re
import subprocess
import time

import load
import peers
import servers
import tidings
from measure import Contender, Meter, Sample, compare, expect
from process import Failed

PAUSE = 0.05  # a question costs CPU of the contender
# Requests in flight, of every contender; the queues' own stands in peers/queues.mjs.
WIDTH = 100


def watch(done, plan, meter, backlog, more_seconds=0):
    """Waits for the warm-up's share, then measures what `done()` grows by."""
    begun = time.monotonic()
    first = wait_for_growth(done, begun)
    from_time, from_count = time.monotonic(), first
    end = from_time + plan.seconds + more_seconds
    while True:
        now_count, now = done(), time.monotonic()
        if now_count >= backlog or now >= end:
            break
        time.sleep(PAUSE)
    events = now_count - from_count
    expect(events > 0, f"nothing was delivered in {now - from_time:.1f} s")
    return meter.sample(events / (now - from_time), now_count), now_count


def wait_for_growth(done, begun, seconds=20):
    """Counting begins with the first outcomes: connecting and the first fetch are warm-up."""
    while True:
        count = done()
        if count > 0:
            return count
        if time.monotonic() - begun > seconds:
            raise Failed(f"nothing was delivered within {seconds} s")
        time.sleep(PAUSE)


def check(sink, delivered, width):
    """`width` events at most may have arrived without their outcome committed when all was killed."""
    sink.stop()
    ids = sink.ids()
    different = len(set(ids))
    expect(different == len(ids), f"{len(ids) - different} events reached the sink twice")
    expect(delivered <= different <= delivered + width,
           f"{delivered} events are committed as delivered, {different} reached the sink")


def run_tidings(folder, plan):
    backend = tidings.Backend(os.path.join(folder, "serve"), callbacks_at_once=WIDTH)
    sig = backend.make_app()  # no URL yet: events are recorded and held
    calls = {"port": backend.port, "sdkappid": tidings.APP, "usersig_file": sig,
             "connections": 128, "groups": plan.backlog // 100, "group_prefix": "@TGS#_bench"}
    load.run("create-topics", **calls, groups_only=True)
    backend.record_events()
    load.run("create-topics", **calls, existing=True, count=plan.backlog)
    expect(backend.ledger()["pending"] == plan.backlog, f"the backlog is {backend.ledger()}")
    sink = servers.Nginx(os.path.join(folder, "sink"), ids=True)
    meter = Meter(backend.processes)
    backend.set_callback(tidings.callback_to(sink.url(), "bench-sign-token"))
    figures, _ = watch(lambda: backend.ledger()["delivered"], plan, meter, plan.backlog)
    backend.kill()
    delivered = tidings.count(backend.database(),
                              "SELECT count(*) FROM ended WHERE state = 1")[0]
    check(sink, delivered, 4096)
    return figures


def run_queue(name, start, delivered, folder, plan):
    """`start(folder)` gives the server behind the queue, `delivered(server)` what it calls done."""
    server = start(os.path.join(folder, "server"))
    settings = {"queue": name, "sdkappid": tidings.APP, "token": "bench-sign-token",
                "postgres" if isinstance(server, servers.Postgres) else "redis": server.settings()}
    filler = peers.node("enqueue", folder, count=plan.backlog, **settings)
    filler.read_line()
    filler.read_line(seconds=300)
    filler.kill()
    sink = servers.Nginx(os.path.join(folder, "sink"), ids=True)
    worker = peers.node("deliver", folder, sink=sink.url(), **settings)
    worker.read_line()
    meter = Meter([worker, *server.processes])
    figures, _ = watch(lambda: delivered(server, plan), plan, meter, plan.backlog)
    worker.kill()
    server.restart_after_kill()
    # Two fetches of the worker's width may be under way, and graphile-worker's local queue.
    check(sink, delivered(server, plan), 700)
    server.stop()
    return figures


def bullmq_done(redis, plan):
    answer = redis.pipeline(["LLEN", "bull:callbacks:wait"], ["LLEN", "bull:callbacks:active"])
    return plan.backlog - sum(answer)


def pgboss_done(postgres, _):
    return int(postgres.query("SELECT count(*) FROM pgboss.job WHERE state = 'completed'"))


def graphile_done(postgres, plan):
    return plan.backlog - int(postgres.query("SELECT count(*) FROM graphile_worker._private_jobs"))


def run_limit(folder, plan):
    """Tidings' HTTP client in a loop, with nothing behind it: the same callbacks to the same sink."""
    sink = servers.Nginx(os.path.join(folder, "sink"), ids=True)
    seconds = max(1, round(plan.seconds))
    result = subprocess.run([os.path.join(load.BUILD, "benchmarks", "http_bench"), "call",
                             sink.url(), str(WIDTH), str(seconds)],
                            capture_output=True, text=True, check=False)
    found = re.match(r"([\d.]+) exchanges/s, ([\d.]+) us of CPU", result.stdout)
    expect(result.returncode == 0 and found, f"http_bench: {result.stdout}{result.stderr}")
    sink.stop()
    ids = sink.ids()
    expect(len(ids) == len(set(ids)) >= float(found[1]) * seconds,
           f"{len(set(ids))} different callbacks in {len(ids)} reached the sink")
    return Sample(float(found[1]), cpu_s_per_1k=float(found[2]) / 1000)


def queue_contender(name, title, start, delivered):
    return Contender(name, title,
                     lambda folder, plan: run_queue(name, start, delivered, folder, plan))


def run(plan, workplace):
    return compare("deliver", "events/s", [
        Contender("tidings", "Tidings", run_tidings),
        Contender("limit", "the HTTP client alone", run_limit),
        queue_contender("bullmq", "BullMQ", servers.Redis, bullmq_done),
        queue_contender("pgboss", "pg-boss", servers.Postgres, pgboss_done),
        queue_contender("graphile", "graphile-worker", servers.Postgres, graphile_done),
    ], plan, workplace)

"""create_topic over REST, answered when topic and event are committed.

Tidings and the fastify peer are called by the load generator over HTTP; the queues take their calls
in process, from as many callers, with no HTTP in front and no topic kept, which is in their favour.
Then everything is killed with SIGKILL and what was accepted must stand in the database.
"""

import os
import re

import load
import peers
import servers
import tidings
from measure import Contender, Meter, compare, expect
from process import Process, wait_until

# Enough for the fastest contender: 200 topics a community is the protocol's limit.
GROUPS_PER_SECOND = 400
PREFIX = "@TGS#_bench"


def make_groups(port, sig, plan):
    """The communities that create() puts topics into; not measured."""
    load.run("create-topics", port=port, sdkappid=tidings.APP, usersig_file=sig,
             connections=plan.connections, groups=groups_of(plan), group_prefix=PREFIX,
             groups_only=True)


def create(port, sig, plan):
    return load.run("create-topics", port=port, sdkappid=tidings.APP, usersig_file=sig,
                    connections=plan.connections, warm_up_seconds=plan.warm_up_seconds,
                    seconds=plan.seconds, groups=groups_of(plan), group_prefix=PREFIX,
                    existing=True)


def groups_of(plan):
    return round(GROUPS_PER_SECOND * (plan.warm_up_seconds + plan.seconds))


def sample(meter, result):
    return meter.sample(result["rate"], result["accepted"], p50_ms=result["p50_ms"],
                        p99_ms=result["p99_ms"])


def run_tidings(folder, plan):
    backend = tidings.Backend(os.path.join(folder, "serve"))
    sig = backend.make_app()
    make_groups(backend.port, sig, plan)
    backend.record_events()
    meter = Meter(backend.processes)
    result = create(backend.port, sig, plan)
    figures = sample(meter, result)
    backend.kill()
    topics, events = backend.stored_topics()
    expect(topics == events == result["accepted"],
           f"{result['accepted']} topics were accepted; after kill -9 {topics} topics, {events} events")
    return figures


def run_outbox(folder, plan):
    database = servers.Postgres(os.path.join(folder, "postgres"))
    server = peers.node("accept_outbox", folder, postgres=database.settings())
    port = server.read_line()["port"]
    sig = os.path.join(folder, "sig")
    tidings.write_secret(sig, "none")
    make_groups(port, sig, plan)
    meter = Meter([server, *database.processes])
    result = create(port, sig, plan)
    figures = sample(meter, result)
    server.kill()
    database.restart_after_kill()
    stored = [int(database.query(f"SELECT count(*) FROM {table}")) for table in ("topic", "outbox")]
    expect(stored == [result["accepted"]] * 2,
           f"{result['accepted']} topics were accepted; after kill -9 {stored} topics and events")
    database.stop()
    return figures


def run_queue(name, start, stored, folder, plan):
    server = start(os.path.join(folder, "server"))
    kind = "postgres" if isinstance(server, servers.Postgres) else "redis"
    caller = peers.node("enqueue", folder, queue=name, connections=plan.connections,
                        warm_up_seconds=plan.warm_up_seconds, seconds=plan.seconds,
                        **{kind: server.settings()})
    caller.read_line()
    meter = Meter([caller, *server.processes])
    result = caller.read_line(seconds=plan.warm_up_seconds + plan.seconds + 60)
    expect(result["refused"] == 0, result["first_refusal"])
    # The caller has ended: its last measured CPU counts, at most a quarter of a second too little.
    figures = sample(meter, result)
    server.restart_after_kill()
    there = stored(server)
    expect(there == result["accepted"],
           f"{result['accepted']} events were accepted; after kill -9 there are {there}")
    server.stop()
    return figures


def run_limit(folder, plan):
    """Tidings' HTTP server with a constant answer, on as many lanes as Tidings has."""
    server = Process("http_bench", [os.path.join(load.BUILD, "benchmarks", "http_bench"), "serve",
                                    "0", str(min(2 * os.cpu_count(), 8))], folder)
    found = wait_until(lambda: server.check_alive() and re.search(r":(\d+)/", server.log_tail()),
                       "http_bench listens")
    sig = os.path.join(folder, "sig")
    tidings.write_secret(sig, "none")
    make_groups(int(found[1]), sig, plan)
    meter = Meter([server])
    result = create(int(found[1]), sig, plan)
    figures = sample(meter, result)
    server.stop()
    return figures


def queue_contender(name, title, start, stored):
    return Contender(name, title, lambda folder, plan: run_queue(name, start, stored, folder, plan))


def run(plan, workplace):
    return compare("accept", "topics/s", [
        Contender("tidings", "Tidings", run_tidings),
        Contender("limit", "the HTTP server alone", run_limit),
        queue_contender("bullmq", "BullMQ, bare", servers.Redis,
                        lambda redis: int(redis.command("LLEN", "bull:callbacks:wait"))),
        queue_contender("pgboss", "pg-boss, bare", servers.Postgres,
                        lambda pg: int(pg.query("SELECT count(*) FROM pgboss.job"))),
        queue_contender("graphile", "graphile-worker, bare", servers.Postgres,
                        lambda pg: int(pg.query(
                            "SELECT count(*) FROM graphile_worker._private_jobs"))),
        Contender("fastify_postgres", "fastify + PostgreSQL outbox", run_outbox),
    ], plan, workplace)

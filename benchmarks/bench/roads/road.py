"""The whole road: accepted over REST, delivered, received and committed, all on one machine.

The load generator creates topics as fast as they are accepted; the clock runs until the last
callback stands in the receiver's database. Then both ends are killed with SIGKILL, and the
receiver must hold exactly the topics that were accepted.
"""

import os
import time

import peers
import servers
import tidings
from measure import Contender, Meter, compare, expect
from process import wait_until
from roads import accept

DRAIN_SECONDS = 180


def drive(port, sig, plan, meter, committed):
    """One run with its drain; `committed()` is the receiver's count of callbacks."""
    started = time.monotonic()
    result = accept.create(port, sig, plan)
    wait_until(lambda: committed() >= result["accepted"], "the last callback is committed",
               DRAIN_SECONDS)
    seconds = time.monotonic() - started
    figures = meter.sample(result["accepted"] / seconds, result["accepted"],
                           accepted_per_s=result["rate"])
    return figures, result["accepted"]


def run_tidings(folder, plan):
    receiver = tidings.Receiver(os.path.join(folder, "receive"))
    backend = tidings.Backend(os.path.join(folder, "serve"))
    sig = backend.make_app(callback=tidings.callback_to(receiver.url(), receiver.token))
    accept.make_groups(backend.port, sig, plan)
    backend.record_events()
    meter = Meter([*receiver.processes, *backend.processes])
    figures, accepted = drive(backend.port, sig, plan, meter, receiver.accepted)
    receiver.kill()
    backend.kill()
    rows, different = receiver.stored()
    expect(rows == different == accepted == receiver.mirrored(),
           f"{accepted} topics were accepted; after kill -9 the receiver holds {rows} callbacks "
           f"({different} different) and {receiver.mirrored()} topics")
    expect(backend.stored_topics() == (accepted, accepted), "the backend lost topics")
    return figures


def run_peer(folder, plan):
    """fastify + PostgreSQL outbox, relay to BullMQ, worker, fastify + PostgreSQL.

    One PostgreSQL serves both ends: two would pay for more fsyncs.
    """
    database = servers.Postgres(os.path.join(folder, "postgres"))
    redis = servers.Redis(os.path.join(folder, "redis"))
    token = "bench-sign-token"
    # The two ends have a table `topic` each: a schema each keeps them apart.
    for schema in ("backend", "receiver"):
        database.query(f"CREATE SCHEMA {schema}")
    at = lambda schema: {**database.settings(), "options": f"-c search_path={schema}"}
    backend = peers.node("accept_outbox", folder, postgres=at("backend"))
    receiver = peers.node("receive_postgres", folder, postgres=at("receiver"), token=token)
    port, receiver_port = backend.read_line()["port"], receiver.read_line()["port"]
    url = f"http://127.0.0.1:{receiver_port}/"
    relay = peers.node("relay", folder, postgres=at("backend"), redis=redis.settings())
    worker = peers.node("deliver", folder, queue="bullmq", redis=redis.settings(), sink=url,
                        sdkappid=tidings.APP, token=token)
    relay.read_line()
    worker.read_line()
    sig = os.path.join(folder, "sig")
    tidings.write_secret(sig, "none")
    accept.make_groups(port, sig, plan)
    nodes = [backend, receiver, relay, worker]
    meter = Meter([*nodes, *database.processes, *redis.processes])
    figures, accepted = drive(port, sig, plan, meter,
                              lambda: tidings.call(f"{url}committed")["committed"])
    for node in nodes:
        node.kill()
    database.restart_after_kill()
    stored = [int(database.query(f"SELECT count(*) FROM {table}"))
              for table in ("backend.topic", "receiver.inbox", "receiver.topic")]
    expect(stored == [accepted] * 3,
           f"{accepted} topics were accepted; after kill -9 topics, callbacks, mirror: {stored}")
    database.stop()
    redis.stop()
    return figures


def run_reference(folder, plan):
    """nginx `return 200` under the same load: what this machine can do with HTTP at all."""
    server = servers.Nginx(folder)
    sig = os.path.join(folder, "sig")
    tidings.write_secret(sig, "none")
    meter = Meter(server.processes)
    result = accept.create(server.port, sig, plan)
    figures = accept.sample(meter, result)
    server.stop()
    return figures


def run(plan, workplace):
    return compare("road", "topics/s", [
        Contender("tidings", "Tidings", run_tidings),
        Contender("limit", "nginx return 200", run_reference),
        Contender("fastify_postgres_bullmq", "fastify + PostgreSQL outbox + BullMQ", run_peer),
    ], plan, workplace)

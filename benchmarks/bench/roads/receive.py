"""Signed callbacks to a receiver, answered after the commit.

The load generator sends the documented sample with ids of its own over kept connections, one
request in flight on each. Then the receiver is killed with SIGKILL, and every callback that was
answered must stand in its database, once.
"""

import os
import sqlite3

import load
import peers
import servers
import tidings
from measure import Contender, Meter, compare, expect

TOKEN = "bench-sign-token"


def send(port, folder, plan, token, path=None):
    token_file = os.path.join(folder, "token")
    tidings.write_secret(token_file, token)
    return load.run("callbacks", port=port, sdkappid=tidings.APP, token_file=token_file,
                    connections=plan.connections, warm_up_seconds=plan.warm_up_seconds,
                    seconds=plan.seconds, path=path)


def sample(meter, result):
    return meter.sample(result["rate"], result["accepted"], p50_ms=result["p50_ms"],
                        p99_ms=result["p99_ms"])


def check(stored, different, accepted):
    expect(stored == different == accepted,
           f"{accepted} callbacks were answered; after kill -9 {stored} rows, {different} different")


def run_tidings(folder, plan):
    receiver = tidings.Receiver(folder)
    meter = Meter(receiver.processes)
    result = send(receiver.port, folder, plan, receiver.token)
    figures = sample(meter, result)
    receiver.kill()
    check(*receiver.stored(), result["accepted"])
    expect(receiver.mirrored() == result["accepted"], "the mirror does not hold every topic")
    return figures


def run_sqlite(folder, plan):
    file = os.path.join(folder, "receiver.db")
    server = peers.node("receive_sqlite", folder, file=file, token=TOKEN)
    port = server.read_line()["port"]
    meter = Meter([server])
    result = send(port, folder, plan, TOKEN)
    figures = sample(meter, result)
    server.kill()
    with sqlite3.connect(file) as database:
        row = database.execute("SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM topic)")
        check(*row.fetchone(), result["accepted"])
    return figures


def run_postgres(folder, plan):
    database = servers.Postgres(os.path.join(folder, "postgres"))
    server = peers.node("receive_postgres", folder, postgres=database.settings(), token=TOKEN)
    port = server.read_line()["port"]
    meter = Meter([server, *database.processes])
    result = send(port, folder, plan, TOKEN)
    figures = sample(meter, result)
    server.kill()
    database.restart_after_kill()
    check(int(database.query("SELECT count(*) FROM inbox")),
          int(database.query("SELECT count(*) FROM topic")), result["accepted"])
    database.stop()
    return figures


def run_webhook(folder, plan):
    server = peers.Webhook(folder)
    meter = Meter(server.processes)
    result = send(server.port, folder, plan, TOKEN, path=server.PATH)
    figures = sample(meter, result)
    server.stop()
    stored = server.stored()
    check(len(stored), len(set(stored)), result["accepted"])
    return figures


def run_nginx(folder, plan):
    server = servers.Nginx(folder)
    meter = Meter(server.processes)
    result = send(server.port, folder, plan, TOKEN)
    figures = sample(meter, result)
    server.stop()
    return figures


def run(plan, workplace):
    return compare("receive", "events/s", [
        Contender("tidings", "Tidings", run_tidings),
        Contender("limit", "nginx return 200", run_nginx),
        Contender("fastify_sqlite", "fastify + better-sqlite3", run_sqlite),
        Contender("fastify_postgres", "fastify + PostgreSQL", run_postgres),
        Contender("adnanh_webhook", "adnanh/webhook", run_webhook),
    ], plan, workplace)

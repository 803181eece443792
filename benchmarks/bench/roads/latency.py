"""How long from asking for a topic to the callback standing, committed, in the receiver.

An open loop at an even rate; the clock of a topic starts when its request was due, and stops when
the receiver's live feed shows the callback, which is after its commit (tidings_load latency).
"""

import os

import load
import tidings
from measure import expect, rounded, say
from process import kill_all

RATES = (100, 1000)
CONNECTIONS = 64


def run(plan, workplace):
    result = {"unit": "ms"}
    for rate in RATES:
        samples = []
        for number in range(plan.rounds):
            say(f"  latency: round {number + 1} of {plan.rounds}, {rate}/s")
            try:
                samples.append(measure(workplace.folder("latency"), plan, rate))
            finally:
                kill_all()
        result[f"at_{rate}"] = median_of(samples)
    result["one_lone_create"] = lone_create(workplace.folder("latency"))
    return result


def measure(folder, plan, rate):
    receiver = tidings.Receiver(os.path.join(folder, "receive"))
    backend = tidings.Backend(os.path.join(folder, "serve"))
    sig = backend.make_app(callback=tidings.callback_to(receiver.url(), receiver.token))
    backend.record_events()
    figures = load.run("latency", port=backend.port, feed_port=receiver.admin_port,
                       apps_file=write_apps(folder, [(tidings.APP, sig, True)]), rate=rate,
                       warm_up_seconds=plan.warm_up_seconds, seconds=max(plan.seconds, 5),
                       connections=CONNECTIONS)
    expect(figures["twice"] == 0, "a callback was committed twice")
    receiver.kill()
    rows, different = receiver.stored()
    expect(rows == different == figures["accepted"],
           f"{figures['accepted']} topics, {rows} callbacks, {different} different")
    return figures


def lone_create(folder):
    """One create at a time, nothing else running: p50 in milliseconds."""
    say("  latency: one create at a time")
    try:
        backend = tidings.Backend(folder)
        sig = backend.make_app()
        backend.record_events()
        figures = load.run("create-topics", port=backend.port, sdkappid=tidings.APP,
                           usersig_file=sig, connections=1, warm_up=100, count=1000)
        return {"p50_ms": figures["p50_ms"], "p99_ms": figures["p99_ms"]}
    finally:
        kill_all()


def write_apps(folder, apps):
    """(app, UserSig's file, whether its callbacks are expected) as tidings_load reads them."""
    path = os.path.join(folder, "apps")
    with open(path, "w", encoding="utf-8") as file:
        for app, sig_file, watched in apps:
            with open(sig_file, encoding="utf-8") as sig:
                file.write(f"{app} {sig.read().strip()}{'' if watched else ' unwatched'}\n")
    return path


def median_of(samples):
    """Of each figure by itself, and how far p50 and p99 went."""
    result = {}
    for name in samples[0]:
        if name.endswith("_ms"):
            values = sorted(sample[name] for sample in samples)
            result[name] = rounded(values[len(values) // 2])
    for name in ("p50_ms", "p99_ms"):
        values = [sample[name] for sample in samples]
        result[f"{name}_range"] = [rounded(min(values)), rounded(max(values))]
    return result

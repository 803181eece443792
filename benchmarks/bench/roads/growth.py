"""Accept and the whole road with more and more stored, waiting and spread.

Stores are filled beforehand (seed.py), on both ends; then topics are created across all the
communities that are there, so that the writes find their pages anywhere in the files. `ratio_1m` and
`ratio_10m` are the rates of accept against that of an empty store with a thousand communities.
"""

import dataclasses
import os
import shutil
import statistics
import time

import load
import seed
import tidings
from measure import expect, rounded, say
from process import kill_all, wait_until

MILLION = 1_000_000
MADE_AT_ONCE = 5000  # an app may create 10,000 communities a day


@dataclasses.dataclass(frozen=True)
class Point:
    """One state of the store. groups: communities that new topics go to at once."""

    stored: int
    backlog: int
    groups: int
    road: bool = False


def points_of(plan):
    if plan.quick:
        # As much room for new topics as is stored: more than both roads fill in their seconds.
        return [Point(0, 0, 1000, road=True), Point(300_000, 0, 3000, road=True)]
    points = [
        Point(0, 0, 1), Point(0, 0, 1000, road=True), Point(0, 0, 100_000),
        Point(0, MILLION, 1000), Point(MILLION, 0, 10_000, road=True),
    ]
    if plan.full:
        points.append(Point(10 * MILLION, 0, 100_000, road=True))
    return points


def drive(backend, sig, point, groups, plan):
    options = {"port": backend.port, "sdkappid": tidings.APP, "usersig_file": sig,
               "connections": plan.connections, "warm_up_seconds": plan.warm_up_seconds,
               "seconds": plan.seconds}
    if groups:
        stored = seed.TOPICS_PER_GROUP if point.stored else 0
        return load.run("create-topics", **options, existing=True, groups=groups,
                        group_prefix=seed.PREFIX, topics_per_group=200 - stored)
    groups = max(point.groups, 3000)
    prefix = "@TGS#_" + os.urandom(4).hex()
    backend.record_events(False)
    load.run("create-topics", **{**options, "seconds": None, "warm_up_seconds": None},
             groups=groups, group_prefix=prefix, groups_only=True)
    backend.record_events()
    return load.run("create-topics", **options, groups=groups, spread=point.groups,
                    group_prefix=prefix, existing=True)


def prepare(folder, point):
    """Both ends with what the point wants stored, running."""
    receiver = tidings.Receiver(os.path.join(folder, "receive"))
    backend = tidings.Backend(os.path.join(folder, "serve"))
    sig = backend.make_app(callback=tidings.callback_to(receiver.url(), receiver.token))
    # One topic through the whole road: the rows that are multiplied.
    calls = {"port": backend.port, "sdkappid": tidings.APP, "usersig_file": sig, "connections": 1,
             "groups": 1, "group_prefix": "@TGS#_first"}
    load.run("create-topics", **calls, groups_only=True)
    backend.record_events()
    load.run("create-topics", **calls, existing=True, count=1)
    wait_until(lambda: backend.ledger()["delivered"] == 1, "the first topic is delivered")
    backend.set_callback({"url": None})
    groups = 0
    many = point.groups > MADE_AT_ONCE and not point.stored
    if point.stored or point.backlog or many:
        backend.stop()
        receiver.stop()
        if point.stored:
            groups = seed.backend_topics(backend.database(), point.stored)
            seed.receiver_topics(receiver.database(), point.stored)
        if many:
            groups = point.groups
            seed.backend_groups(backend.database(), groups)
        if point.backlog:
            seed.backend_backlog(backend.database(), point.backlog)
        backend.start()
        receiver.start()
    return receiver, backend, sig, groups


def measure(folder, plan, point):
    """accept (events held: no URL), then, where wanted, the whole road."""
    receiver, backend, sig, groups = prepare(folder, point)
    before = backend.ledger()["accepted"]
    result = drive(backend, sig, point, groups, plan)
    figures = {"accept": result["rate"]}
    expect(backend.ledger()["accepted"] - before == result["accepted"], "events are missing")
    if point.road:
        figures["road"] = whole_road(receiver, backend, sig, point, groups, plan)
    figures["rss_mb"] = backend.process.peak_mb()
    backend.kill()
    topics, _ = backend.stored_topics()
    expect(topics >= point.stored + result["accepted"], f"{topics} topics are left")
    return figures


def whole_road(receiver, backend, sig, point, groups, plan):
    """Callbacks on; what accept left waiting arrives first and is not counted."""
    backend.set_callback(tidings.callback_to(receiver.url(), receiver.token))
    wait_until(lambda: backend.ledger()["pending"] == 0, "the backlog is delivered", 300, 0.1)
    before = receiver.accepted()
    started = time.monotonic()
    result = drive(backend, sig, point, groups, plan)
    wait_until(lambda: receiver.accepted() - before >= result["accepted"],
               "the last callback is committed", 180)
    return result["accepted"] / (time.monotonic() - started)


def run(plan, workplace):
    # One state takes long to make, ten million three minutes: two rounds show whether a figure repeats.
    times = 1 if plan.quick or plan.full else min(plan.rounds, 2)
    samples = {}
    points = points_of(plan)
    for number in range(times):
        for point in points:
            say(f"  growth: round {number + 1} of {times}, {point.stored:,} stored, "
                f"{point.backlog:,} waiting, {point.groups:,} groups")
            folder = workplace.folder("growth")
            try:
                samples.setdefault(point, []).append(measure(folder, plan, point))
            finally:
                kill_all()
                shutil.rmtree(folder, ignore_errors=True)
    rows = []
    for point in points:
        row = {"stored": point.stored, "backlog": point.backlog, "groups": point.groups}
        for name in samples[point][0]:
            row[name] = rounded(statistics.median(sample[name] for sample in samples[point]))
        rows.append(row)
    return {"unit": "topics/s", "points": rows, **ratios(rows)}


def ratios(rows):
    """Of accept, and of the whole road, to the empty store with a thousand groups; and of accept to the
    empty store with as many groups in use, where that was measured: what is stored and nothing else."""
    def find(stored, groups=1000):
        found = [row for row in rows if row["stored"] == stored and row["backlog"] == 0
                 and (stored or row["groups"] == groups)]
        return found[0] if found else None

    empty = find(0)
    result = {}
    for name, stored in (("1m", MILLION), ("10m", 10 * MILLION)):
        row = find(stored)
        if empty and row:
            result[f"ratio_{name}"] = rounded(row["accept"] / empty["accept"])
            if "road" in row and "road" in empty:
                result[f"road_ratio_{name}"] = rounded(row["road"] / empty["road"])
            result[f"rss_mb_{name}"] = row["rss_mb"]
            like = find(0, row["groups"])
            if like:
                result[f"same_groups_ratio_{name}"] = rounded(row["accept"] / like["accept"])
    return result

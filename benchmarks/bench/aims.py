"""What a run is to reach on two cores with everything on one machine (docs/performance.md, "Aims").

Ratios, and times beside an fsync of the same run, since machines differ. ./bench --check ends with 1 when
one is missed. A road that was not run is not judged.
"""


def _to(contender):
    """The ratio to a peer, or to the limit."""
    def value(road, _):
        figures = road.get("limit") if contender == "limit" else road["peers"].get(contender)
        return (figures or {}).get("tidings_ratio")
    return value


def _to_best(*contenders):
    """Of those that are as durable."""
    def value(road, machine):
        ratios = [ratio for ratio in (_to(name)(road, machine) for name in contenders) if ratio]
        return min(ratios, default=None)
    return value


def _fsyncs(road, machine):
    lone = road.get("one_lone_create")
    fsync_ms = machine.get("fsync_ms")
    return lone["p50_ms"] / fsync_ms if lone and fsync_ms else None


AT_LEAST, AT_MOST = "at least", "at most"

# (what, its road, value of the road's figures and the machine's, or None; which side, aim)
AIMS = (
    ("receive, best peer", "receive", _to_best("fastify_sqlite", "fastify_postgres"), AT_LEAST, 6),
    ("receive, nginx", "receive", _to("limit"), AT_LEAST, 0.35),
    ("deliver, best peer", "deliver", _to_best("bullmq", "pgboss", "graphile"), AT_LEAST, 5),
    ("deliver, the client", "deliver", _to("limit"), AT_LEAST, 0.6),
    ("accept, BullMQ bare", "accept", _to("bullmq"), AT_LEAST, 1.5),
    ("accept, fastify + PostgreSQL", "accept", _to("fastify_postgres"), AT_LEAST, 8),
    ("accept, the server", "accept", _to("limit"), AT_LEAST, 0.35),
    ("whole road, its peer", "road", _to("fastify_postgres_bullmq"), AT_LEAST, 7),
    ("whole road, nginx", "road", _to("limit"), AT_LEAST, 8 / 60),  # 8,000 where it does 60,000
    ("p50 at 1,000/s, ms", "latency", lambda road, _: road["at_1000"]["p50_ms"], AT_MOST, 2),
    ("p99 at 1,000/s, ms", "latency", lambda road, _: road["at_1000"]["p99_ms"], AT_MOST, 15),
    ("a lone create, fsyncs", "latency", _fsyncs, AT_MOST, 3),
    ("ten million stored, rate", "growth", lambda road, _: road.get("ratio_10m"), AT_LEAST, 0.8),
    ("ten million stored, MB", "growth", lambda road, _: road.get("rss_mb_10m"), AT_MOST, 600),
)


def judge(result):
    """[(what, value, side, aim, reached)] of what the result has figures for."""
    judged = []
    for what, road, value_of, side, aim in AIMS:
        if road not in result["roads"]:
            continue
        value = value_of(result["roads"][road], result["machine"])
        if value is None:
            continue
        reached = value >= aim if side == AT_LEAST else value <= aim
        judged.append((what, value, side, aim, reached))
    return judged


def render(judged):
    lines = ["aims  (two cores, everything on one machine)"]
    for what, value, side, aim, reached in judged:
        lines.append(f"  {what:36}{value:9.3g}   {side} {aim:.3g}{'' if reached else '   MISSED'}")
    return lines

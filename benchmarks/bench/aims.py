"""What a run is to reach on two cores with everything on one machine (docs/performance.md, "Aims").

Ratios, and times beside an fsync of the same run, since machines differ. ./bench --check ends with 1 when
one is missed. A road that was not run is not judged.
"""


def _ratio(road, contender):
    figures = road.get("limit") if contender == "limit" else road["peers"].get(contender)
    return (figures or {}).get("tidings_ratio")


def _best(road, contenders):
    """Against the best of those that are as durable."""
    ratios = [ratio for ratio in (_ratio(road, name) for name in contenders) if ratio]
    return min(ratios, default=None)


def _lone_create(result):
    lone = result["roads"]["latency"].get("one_lone_create")
    fsync = result["machine"].get("fsync_ms")
    return lone["p50_ms"] / fsync if lone and fsync else None


def _road(name, value):
    return lambda result: value(result["roads"][name])


AT_LEAST, AT_MOST = "at least", "at most"

# (what, its road, value of the result or None, which side, aim)
AIMS = (
    ("receive, best peer", "receive",
     _road("receive", lambda r: _best(r, ("fastify_sqlite", "fastify_postgres"))), AT_LEAST, 6),
    ("receive, nginx", "receive", _road("receive", lambda r: _ratio(r, "limit")), AT_LEAST, 0.35),
    ("deliver, best peer", "deliver",
     _road("deliver", lambda r: _best(r, ("bullmq", "pgboss", "graphile"))), AT_LEAST, 5),
    ("deliver, the client", "deliver", _road("deliver", lambda r: _ratio(r, "limit")), AT_LEAST, 0.6),
    ("accept, BullMQ bare", "accept", _road("accept", lambda r: _ratio(r, "bullmq")), AT_LEAST, 1.5),
    ("accept, fastify + PostgreSQL", "accept",
     _road("accept", lambda r: _ratio(r, "fastify_postgres")), AT_LEAST, 8),
    ("accept, the server", "accept", _road("accept", lambda r: _ratio(r, "limit")), AT_LEAST, 0.35),
    ("whole road, its peer", "road",
     _road("road", lambda r: _ratio(r, "fastify_postgres_bullmq")), AT_LEAST, 7),
    # 8,000 topics/s where nginx answers 60,000.
    ("whole road, nginx", "road", _road("road", lambda r: _ratio(r, "limit")), AT_LEAST, 8 / 60),
    ("p50 at 1,000/s, ms", "latency", _road("latency", lambda r: r["at_1000"]["p50_ms"]), AT_MOST, 2),
    ("p99 at 1,000/s, ms", "latency", _road("latency", lambda r: r["at_1000"]["p99_ms"]), AT_MOST, 15),
    ("a lone create, fsyncs", "latency", _lone_create, AT_MOST, 3),
    ("ten million stored, rate", "growth", _road("growth", lambda r: r.get("ratio_10m")), AT_LEAST, 0.8),
    ("ten million stored, MB", "growth", _road("growth", lambda r: r.get("rss_mb_10m")), AT_MOST, 600),
)


def judge(result):
    """[(what, value, side, aim, reached)] of what the result has figures for."""
    judged = []
    for what, road, value_of, side, aim in AIMS:
        if road not in result["roads"]:
            continue
        value = value_of(result)
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

"""The figures as text, for people."""

TITLES = {
    "tidings": "Tidings", "limit": "limit", "fastify_sqlite": "fastify + better-sqlite3",
    "fastify_postgres": "fastify + PostgreSQL", "adnanh_webhook": "adnanh/webhook",
    "bullmq": "BullMQ", "pgboss": "pg-boss", "graphile": "graphile-worker",
    "fastify_postgres_bullmq": "fastify + PostgreSQL + BullMQ",
}
LIMITS = {
    "receive": "nginx return 200", "deliver": "the HTTP client alone",
    "accept": "the HTTP server alone", "road": "nginx return 200",
}
COMPARED = ("receive", "deliver", "accept", "road")


def render(result):
    lines = [*_machine(result), ""]
    for name in COMPARED:
        if name in result["roads"]:
            lines += [*_compared(name, result["roads"][name]), ""]
    for name, renderer in (("latency", _latency), ("growth", _growth), ("fairness", _fairness)):
        if name in result["roads"]:
            lines += [*renderer(result["roads"][name]), ""]
    return "\n".join(lines).rstrip()


def _machine(result):
    machine = result["machine"]
    return [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['os']}, Linux {machine['kernel']}",
        f"an fsync takes {machine['fsync_ms']} ms; {result['rounds']} rounds; "
        f"others took {machine.get('cpu_of_others', 0):.0%} of the CPU, "
        f"the host {machine.get('cpu_stolen', 0):.0%}",
    ]


def _compared(name, road):
    rows = []
    if "tidings" in road:
        rows.append(("Tidings", road["tidings"]))
    rows += sorted(((TITLES.get(peer, peer), figures) for peer, figures in road["peers"].items()),
                   key=lambda row: -row[1]["median"])
    if "limit" in road:
        rows.append((f"limit: {LIMITS[name]}", road["limit"]))
    lines = [f"{name}  ({road['unit']})",
             f"  {'':36}{'median':>9}{'min':>9}{'max':>9}{'Tidings is':>12}{'CPU s/1k':>10}"
             f"{'RSS MB':>8}"]
    for title, figures in rows:
        ratio = f"{figures['tidings_ratio']:.2f} x" if "tidings_ratio" in figures else ""
        lines.append(
            f"  {title:36}{figures['median']:9,.0f}{figures['min']:9,.0f}{figures['max']:9,.0f}"
            f"{ratio:>12}{_number(figures.get('cpu_s_per_1k'), 3):>10}"
            f"{_number(figures.get('rss_mb'), 0):>8}")
    for contender, problem in road.get("problems", {}).items():
        lines.append(f"  {TITLES.get(contender, contender)}: {problem.splitlines()[0]}")
    return lines


def _latency(road):
    lines = [f"latency  (ms, asked for to committed in the receiver)\n"
             f"  {'':12}{'p50':>9}{'p99':>9}{'p99.9':>9}{'create p50':>12}"]
    for name in sorted((name for name in road if name.startswith("at_")),
                       key=lambda name: int(name[3:])):
        at = road[name]
        lines.append(f"  {name[3:] + '/s':12}{at['p50_ms']:9.2f}{at['p99_ms']:9.2f}"
                     f"{at['p999_ms']:9.2f}{at['create_p50_ms']:12.2f}")
    if "one_lone_create" in road:
        lines.append(f"  one create at a time: p50 {road['one_lone_create']['p50_ms']:.2f} ms")
    return lines


def _growth(road):
    lines = [f"growth  (topics/s)\n  {'stored':>12}{'backlog':>12}{'groups':>10}{'accept':>10}"
             f"{'road':>10}{'RSS MB':>8}"]
    for point in road["points"]:
        lines.append(f"  {point['stored']:12,}{point['backlog']:12,}{point['groups']:10,}"
                     f"{_number(point.get('accept'), 0):>10}{_number(point.get('road'), 0):>10}"
                     f"{_number(point.get('rss_mb'), 0):>8}")
    for name in ("ratio_1m", "ratio_10m"):
        if name in road:
            same = road.get(f"same_groups_{name}")
            lines.append(f"  {name[6:]} stored: {road[name]:.2f} of the rate of an empty store" +
                         (f", {same:.2f} with as many groups in use" if same else ""))
    return lines


def _fairness(road):
    return [f"fairness  ({road['endpoints']} endpoints, {road['rate']} events/s)",
            f"  p99 of healthy ones: {road['p99_ms_none_hanging']:.2f} ms with none hanging, "
            f"{road['p99_ms_tenth_hanging']:.2f} ms with 10 % hanging: "
            f"{road['p99_ratio']:.2f} x"]


def _number(value, digits):
    return "" if value is None else f"{value:,.{digits}f}"

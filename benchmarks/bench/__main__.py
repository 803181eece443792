"""./bench: Tidings beside what people use today, in one run, on this machine. See --help."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import aims
import machine
import measure
import table
from process import PROBLEMS, kill_all, kill_strays
from roads import accept, deliver, fairness, growth, latency, receive, road

ROADS = {"receive": receive, "deliver": deliver, "accept": accept, "road": road,
         "latency": latency, "growth": growth, "fairness": fairness}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser(prog="./bench", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="one short round of each, within 4 minutes; no growth to millions")
    parser.add_argument("--full", action="store_true", help="growth up to 10 million topics too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--check", action="store_true",
                        help="end with 1 when an aim of docs/performance.md is missed")
    parser.add_argument("--road", nargs="+", choices=ROADS, default=list(ROADS),
                        help="only these; default: all")
    parser.add_argument("--rounds", type=int, help="default: 5, with --quick 1")
    parser.add_argument("--connections", type=int, default=128,
                        help="of the load generator, and callers of the queues; default: 128")
    parser.add_argument("--folder", default=os.path.join(ROOT, "build"),
                        help="on the disk that is to be measured; default: build/")
    return parser.parse_args()


def plan_of(options):
    quick = options.quick
    return measure.Plan(rounds=options.rounds or (1 if quick else 5),
                        warm_up_seconds=0.7 if quick else 1.5, seconds=2 if quick else 3,
                        connections=options.connections, backlog=30_000 if quick else 100_000,
                        quick=quick, full=options.full)


def version():
    """The commit, or "unknown": the sources may have come without git."""
    try:
        result = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                                capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return result.stdout.strip() or "unknown"


def run(options, folder):
    plan = plan_of(options)
    result = {"machine": machine.describe(folder), "version": version(), "rounds": plan.rounds,
              "quick": plan.quick, "connections": plan.connections, "roads": {}}
    noise = machine.Noise()
    workplace = measure.Workplace(folder)
    failed = False
    for name in options.road:
        measure.say(f"{name}: {ROADS[name].__doc__.splitlines()[0]}")
        try:
            figures = ROADS[name].run(plan, workplace)
        except PROBLEMS as failure:
            measure.say(f"{name} did not work. {type(failure).__name__}: {failure}")
            failed = True
            continue
        failed = failed or bool(figures.get("problems"))
        result["roads"][name] = figures
    result["machine"].update(noise.report())
    return result, failed


def main():
    options = arguments()
    # A terminal's Ctrl-C and a supervisor's SIGTERM both end in `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it else
    os.makedirs(options.folder, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-", dir=options.folder)
    os.chmod(folder, 0o755)
    try:
        result, failed = run(options, folder)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    finally:
        kill_all()
        kill_strays()
        shutil.rmtree(folder, ignore_errors=True)
    print(table.render(result))
    judged = aims.judge(result)
    if judged:
        print("\n" + "\n".join(aims.render(judged)))
    if options.check and not all(reached for *_, reached in judged):
        failed = True
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

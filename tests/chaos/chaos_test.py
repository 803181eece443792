"""Goal: whatever the network, the disk, the clock, names and certificates do, the road heals by
itself and nothing is lost, doubled, out of order or left over (P1 to P6).

Method: real processes with a fault proxy between them, load from both doors while the fault lasts,
then the three records are compared (tests/integration/records.py). One function per scenario; a
line each, with what was measured. Several are played side by side: most of their time is waiting.

    chaos_test.py [--jobs N] [--table] [NAME...]     TIDINGS_SEED=n repeats the proxy's choices
    chaos_test.py --list
"""

import argparse
import concurrent.futures
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import clock_scenarios  # noqa: E402
import crowd_scenarios  # noqa: E402
import disk_scenarios  # noqa: E402
import dns_scenarios  # noqa: E402
import network_scenarios  # noqa: E402
import tls_scenarios  # noqa: E402
from world import Skip, World  # noqa: E402

# The longest first, so that none is left over at the end.
SCENARIOS = (crowd_scenarios.SCENARIOS + dns_scenarios.SCENARIOS + clock_scenarios.SCENARIOS +
             disk_scenarios.SCENARIOS + tls_scenarios.SCENARIOS + network_scenarios.SCENARIOS)


def play(scenario, seed):
    """(ok, skip or FAIL, seconds, what was measured or why not)."""
    began = time.monotonic()
    world = World(f"{seed} {scenario.__name__}")
    world.setUp()
    verdict, text = "FAIL", ""
    try:
        text = scenario(world)
        verdict = "ok"
    except Skip as skip:
        verdict, text = "skip", str(skip)
    except Exception:  # a scenario's failure is its result; the others go on
        text = traceback.format_exc()
        text += f"\nTIDINGS_SEED={seed}"
        for daemon in (getattr(world, "receive", None),
                       getattr(getattr(world, "backend", None), "serve", None)):
            if daemon is not None:
                code = daemon.process.poll()
                text += f"\n--- {daemon.name}: " + (
                    "runs" if code is None else f"ENDED BY ITSELF with code {code}")
                text += f"\n{daemon.log_tail(12)}"
    finally:
        world.doCleanups()
    return verdict, time.monotonic() - began, text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--jobs", type=int, default=4, help="scenarios side by side")
    parser.add_argument("--table", action="store_true", help="print a table for the documentation")
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    parser.add_argument("names", nargs="*", help="only these")
    options = parser.parse_args()
    known = {scenario.__name__: scenario for scenario in SCENARIOS}
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}; --list prints them")
    if options.list:
        print("\n".join(known))
        return 0
    chosen = [known[name] for name in options.names] or SCENARIOS
    seed = os.environ.get("TIDINGS_SEED", str(time.time_ns() % 1_000_000))
    print(f"{len(chosen)} scenarios, {options.jobs} side by side, TIDINGS_SEED={seed}", flush=True)
    began = time.monotonic()
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(play, scenario, seed): scenario for scenario in chosen}
        for done in concurrent.futures.as_completed(running):
            scenario = running[done]
            results[scenario] = verdict, seconds, text = done.result()
            print(f"{verdict:4} {scenario.__name__:22} {seconds:5.1f} s  {text}", flush=True)
    if options.table:
        print("\n| scenario | what happens | measured |\n|---|---|---|")
        for scenario in chosen:
            print(f"| `{scenario.__name__}` | {scenario.__doc__} | {results[scenario][2]} |")
    counts = [sum(1 for verdict, _, _ in results.values() if verdict == name)
              for name in ("ok", "skip", "FAIL")]
    print("{} healed, {} skipped, {} failed".format(*counts),
          f"in {time.monotonic() - began:.0f} s", flush=True)
    return 1 if counts[2] else 0


if __name__ == "__main__":
    sys.exit(main())

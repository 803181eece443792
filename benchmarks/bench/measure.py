"""Contenders in turn: A B C, A B C, ..., each from nothing, then medians over the rounds.

A ratio is the median of the rounds' ratios: a shared machine is half as fast a minute later, and what
ran in the same round ran on the same machine.
"""

import dataclasses
import os
import shutil
import statistics
import sys
import time
from typing import Callable, Optional

from process import PROBLEMS, Failed, kill_all


@dataclasses.dataclass
class Sample:
    """One run of one contender."""

    rate: float  # the road's unit
    cpu_s_per_1k: Optional[float] = None
    rss_mb: Optional[float] = None
    extra: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Contender:
    name: str  # "tidings", a peer's name, or "limit"
    title: str
    run: Callable  # (folder, Plan) -> Sample; raises Failed when an event is missing


@dataclasses.dataclass
class Plan:
    """How long and how wide. The same for every contender of a road."""

    rounds: int
    warm_up_seconds: float
    seconds: float
    connections: int
    backlog: int
    quick: bool = False
    full: bool = False


class Workplace:
    """A folder for the run on the disk that is measured; removed at the end."""

    def __init__(self, root):
        self.root = root
        self._number = 0

    def folder(self, name):
        self._number += 1
        path = os.path.join(self.root, f"{self._number:03d}-{name}")
        os.makedirs(path)
        # PostgreSQL and nginx's workers run as other users and must pass through.
        os.chmod(path, 0o755)
        return path


class Meter:
    """CPU and memory of a contender's processes between two moments."""

    def __init__(self, processes):
        self._processes = processes
        for process in processes:
            process.forget_peak()
        self._cpu = sum(process.cpu_seconds() for process in processes)

    def sample(self, rate, events, **extra):
        cpu = sum(process.cpu_seconds() for process in self._processes) - self._cpu
        return Sample(rate, cpu / max(events, 1) * 1000,
                      sum(process.peak_mb() for process in self._processes), extra)


def rounds(road, contenders, plan, workplace):
    """Samples by contender's name, None for a round that failed. A contender that fails is named, and
    the others go on."""
    samples = {contender.name: [] for contender in contenders}
    problems = {}
    for number in range(plan.rounds):
        for contender in contenders:
            say(f"  {road}: round {number + 1} of {plan.rounds}, {contender.title}")
            folder = workplace.folder(contender.name)
            sample = None
            try:
                sample = contender.run(folder, plan)
            except PROBLEMS as failure:
                problems[contender.name] = f"{type(failure).__name__}: {failure}"
                say(f"    {contender.title}: {problems[contender.name]}")
            finally:
                kill_all()
                shutil.rmtree(folder, ignore_errors=True)
            samples[contender.name].append(sample)
    return samples, problems


def summary(samples):
    """The figures of one contender as they stand in the JSON."""
    in_order = [sample and rounded(sample.rate) for sample in samples]
    samples = [sample for sample in samples if sample]
    rates = [sample.rate for sample in samples]
    result = {"median": statistics.median(rates), "min": min(rates), "max": max(rates)}
    for name in ("cpu_s_per_1k", "rss_mb"):
        values = [getattr(sample, name) for sample in samples if getattr(sample, name) is not None]
        if values:
            result[name] = statistics.median(values)
    for name in samples[0].extra:
        values = [sample.extra[name] for sample in samples if name in sample.extra]
        if values and isinstance(values[0], (int, float)):
            result[name] = statistics.median(values)
    result = {name: rounded(value) for name, value in result.items()}
    result["rates"] = in_order  # by round; null where it failed
    return result


def ratio(ours, theirs):
    """Median over the rounds in which both have a sample; None if there is none."""
    each = [a.rate / b.rate for a, b in zip(ours, theirs) if a and b and b.rate]
    return rounded(statistics.median(each)) if each else None


def compare(road, unit, contenders, plan, workplace):
    """One road of the JSON: Tidings, its peers, the limit, ratios of Tidings to each."""
    samples, problems = rounds(road, contenders, plan, workplace)
    result = {"unit": unit}
    peers = {}
    for contender in contenders:
        if not any(samples[contender.name]):
            continue
        figures = summary(samples[contender.name])
        if contender.name in ("tidings", "limit"):
            result[contender.name] = figures
        else:
            peers[contender.name] = figures
        if contender.name != "tidings":
            tidings_ratio = ratio(samples.get("tidings", []), samples[contender.name])
            if tidings_ratio is not None:
                figures["tidings_ratio"] = tidings_ratio
    result["peers"] = peers
    if problems:
        result["problems"] = problems
    return result


def rounded(value):
    """Four significant digits: more would be noise."""
    if value == 0:
        return 0.0
    magnitude = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return round(float(value), max(0, 4 - magnitude))


_started = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


def expect(condition, text):
    if not condition:
        raise Failed(text)

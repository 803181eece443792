"""Goal: a scenario of many faults meets each of them, however few requests serve's breaker leaves.
Method: the proxy's draws alone, without connections."""

import collections
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fault_proxy import FaultProxy  # noqa: E402

SEED = os.environ.get("TIDINGS_SEED", "1")


class Draws(unittest.TestCase):
    def setUp(self):
        print(f"TIDINGS_SEED={SEED}", flush=True)
        self.proxy = FaultProxy("http://127.0.0.1:1", SEED)
        self.addCleanup(self.proxy.close)

    def draws(self, count, **faults):
        self.proxy.break_with(**faults)
        drawn = []
        self.proxy.call_and_wait(lambda: drawn.extend(self.proxy.draw() for _ in range(count)))
        return drawn

    def test_each_fault_comes_once_before_chance_decides(self):
        faults = {f"fault_{number}": 0.01 for number in range(10)}
        for _ in range(3):  # each time that faults are set, not only the first
            self.assertEqual(sorted(self.draws(10, **faults)), sorted(faults))
        self.assertEqual(self.proxy.counts["fault_0"], 3)

    def test_then_each_has_its_share(self):
        counts = collections.Counter(self.draws(20_000, often=0.5, seldom=0.1))
        self.assertAlmostEqual(counts["often"] / 20_000, 0.5, delta=0.03)
        self.assertAlmostEqual(counts["seldom"] / 20_000, 0.1, delta=0.03)
        self.assertGreater(counts[None], 0)

    def test_nothing_comes_once_healed(self):
        self.draws(1, often=0.5, seldom=0.1)
        self.proxy.heal()
        drawn = []
        self.proxy.call_and_wait(lambda: drawn.extend(self.proxy.draw() for _ in range(100)))
        self.assertEqual(set(drawn), {None})


if __name__ == "__main__":
    unittest.main(verbosity=2)

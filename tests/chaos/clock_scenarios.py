"""Clocks that jump by an hour while everything runs, at one end (shifted_clock.cc, preloaded).

Sign and RequestTime are only valid for a minute, so while the clocks differ the receiver refuses
what arrives; nothing of it may be lost, and nothing may wait an hour after the clocks agree again.
"""

import os
import struct

from world import Skip

HOUR = 3600


class Clock:
    def __init__(self, world, name):
        library = os.environ.get("TIDINGS_SHIFTED_CLOCK_LIBRARY", "")
        if not os.path.exists(library):
            raise Skip("TIDINGS_SHIFTED_CLOCK_LIBRARY names no library; ctest sets it")
        self.path = f"{world.folder}/{name}.clock"
        self.set(0, "wb")
        world.environments[name] = {"LD_PRELOAD": library, "SHIFTED_CLOCK_FILE": self.path}

    def set(self, seconds, mode="r+b"):
        with open(self.path, mode) as file:
            file.write(struct.pack("q", seconds))


def _jump(name, by):
    def scenario(world):
        clock = Clock(world, name)
        world.start()
        world.under_load(1)
        clock.set(by)
        world.wait_for(lambda: world.refusals("signature") > 5, "receive refuses the wrong time")
        world.under_load(3)
        refused = world.refusals("signature")
        clock.set(0)
        return f"{refused} callbacks refused for their time; {world.healed()}"

    scenario.__name__ = f"clock_{name}_{'forward' if by > 0 else 'back'}"
    scenario.__doc__ = f"{name}'s clock jumps by {'+' if by > 0 else '-'}1 h, and back later"
    return scenario


def clock_both(world):
    """both clocks are an hour ahead from the start, then set right: time goes backwards for both"""
    clocks = [Clock(world, name) for name in ("serve", "receive")]
    for clock in clocks:
        clock.set(HOUR)
    world.start()
    world.under_load(1)
    for clock in clocks:
        clock.set(0)
    world.under_load(2)
    return world.healed()


def clock_restart(world):
    """serve runs an hour ahead while the receiver is away, is killed, and comes back on time"""
    clock = Clock(world, "serve")
    clock.set(HOUR)
    world.start()
    world.receive.kill()
    world.under_load(3)
    world.backend.serve.kill()
    clock.set(0)
    world.backend.serve = world.start_serve(world.serve_more)
    world.restart_receive()
    return world.healed()


SCENARIOS = [_jump("serve", HOUR), _jump("serve", -HOUR), _jump("receive", HOUR),
             _jump("receive", -HOUR), clock_both, clock_restart]

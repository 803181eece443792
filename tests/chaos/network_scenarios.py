"""Faults of the network between serve and receive, under load; plain HTTP, so that the proxy can
break a request at a chosen place. Each comes once, then for 4 s with the share given here."""

import os
import time

OUTAGE_S = 4

# name -> (faults and their shares, what serve's attempt log must show, what it means)
NETWORK = {
    "delay": ({"delay": 0.7}, (), "answers are slow, but in time"),
    "late": ({"late": 0.2}, ("timeout",), "requests arrive after serve gave them up"),
    "drip_request": ({"drip_request": 0.3}, ("timeout",), "requests trickle, a byte every 20 ms"),
    "drip_answer": ({"drip_answer": 0.3}, ("timeout",), "answers trickle, a byte every 100 ms"),
    "cut_request_head": ({"cut_request_head": 0.5}, ("closed",), "cut in a request's head"),
    "cut_request_body": ({"cut_request_body": 0.5}, ("closed",), "cut in a request's body"),
    "cut_answer_head": ({"cut_answer_head": 0.5}, ("cut",), "cut in an answer's head"),
    "cut_answer_body": ({"cut_answer_body": 0.5}, ("cut",), "cut in an answer's body"),
    "lose_answer": ({"lose_answer": 0.5}, ("closed",), "committed, but the answer is lost"),
    "reset": ({"reset": 0.5}, ("closed",), "RST to both sides"),
    "blackhole": ({"blackhole": 1.0}, ("timeout",), "nothing arrives, nothing closes"),
    "duplicate": ({"duplicate": 1.0}, (), "each request arrives three times, two side by side"),
    "storm": ({name: 0.09 for name in (
        "delay", "late", "drip_answer", "cut_request_head", "cut_request_body", "cut_answer_head",
        "cut_answer_body", "lose_answer", "reset", "duplicate")}, ("closed", "cut"),
              "all of these at once"),
}


def network(name):
    faults, outcomes, meaning = NETWORK[name]

    def scenario(world):
        world.start()
        world.proxy.break_with(**faults)
        world.under_load(OUTAGE_S)
        world.wait_for(lambda: all(world.proxy.counts[fault] for fault in faults),
                       "each fault is drawn")
        if outcomes:
            world.wait_for(lambda: any(outcome in world.outcomes() for outcome in outcomes),
                           f"serve notes one of {outcomes}")
        world.proxy.heal()
        figures = world.healed()
        return f"{sum(world.proxy.counts[fault] for fault in faults)} faults; {figures}"

    scenario.__name__ = name
    scenario.__doc__ = meaning
    return scenario


def half_open(world):
    """behind every kept connection there is nobody any more; neither end is told"""
    world.start()
    world.under_load(1)
    world.proxy.deafen()
    world.wait_for(lambda: world.proxy.counts["hung"] > 0, "a request goes to nobody")
    world.under_load(3)
    return f"{world.proxy.counts['hung']} requests swallowed; {world.healed()}"


def half_open_receiver(world):
    """callers vanish in the middle of a request: receive lets their connections go"""
    import socket
    import urllib.parse
    world.start(receive_more='idle_timeout = "1s"\nmax_connections = 40\n', proxy=False)
    address = urllib.parse.urlsplit(world.receive.listen)
    lost = []
    for count in range(30):  # of 40 that it takes
        peer = socket.create_connection((address.hostname, address.port), 5)
        if count % 2:
            peer.sendall(b"POST /im HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n")
        lost.append(peer)
    began = time.monotonic()
    closed = 0
    for peer in lost:
        peer.settimeout(15)
        while peer.recv(4096):
            pass
        peer.close()
        closed += 1
    took = time.monotonic() - began
    world.assertLess(took, 14)
    return f"{closed} connections ended by receive within {took:.1f} s; {world.healed()}"


def receiver_down(world):
    """receive is killed under load and stays away; TIDINGS_CHAOS_DOWN_S says how long"""
    seconds = int(os.environ.get("TIDINGS_CHAOS_DOWN_S", "8"))
    world.start(pause=0.01, groups=max(60, 2 * seconds))
    before = world.callers.count()
    world.receive.kill()
    world.under_load(seconds)
    told = world.callers.count() - before
    world.assertGreater(told, 50, "callers are served while the receiver is away")
    backlog = world.ledger()["pending"]
    world.assertGreater(backlog, 50)
    tried = sum(world.outcomes().values())
    # What was in flight when it ended, and the probes 1, 2, 4, ... 60 s apart. Of the thousands that
    # wait no other is tried.
    world.assertLess(tried, 60, "an open breaker burns no attempts")
    world.restart_receive()
    return (f"{seconds} s away, {told} topics accepted meanwhile, {backlog} pending, {tried} "
            f"attempts spent; {world.healed(150)}")


def receiver_flaps(world):
    """receive is killed and comes back five times in a row"""
    world.start()
    for _ in range(5):
        world.receive.kill()
        world.under_load(world.random.uniform(0.2, 0.8))
        world.restart_receive()
        world.under_load(world.random.uniform(0.2, 0.8))
    return world.healed()


def gone(world):
    """the endpoint answers 410: its events are held until an operator enables it again"""
    from harness import APP, Recorder
    world.start()
    recorder = Recorder(world, status=410)
    world.backend.admin("callback", str(APP), "--callback-url", recorder.url + "/im")
    world.wait_for(lambda: recorder.requests, "the endpoint is asked")
    world.under_load(1)
    asked = len(recorder.requests)
    world.under_load(1.5)
    world.assertEqual(len(recorder.requests), asked, "nothing is sent to an endpoint that is gone")
    pending = world.ledger()["pending"]
    world.assertGreater(pending, 0)
    world.backend.admin("callback", str(APP), "--callback-url", world.proxy.url + "/im",
                        "--endpoint", "on")
    return f"{pending} events held; {world.healed()}"


SCENARIOS = [network(name) for name in NETWORK] + [
    half_open, half_open_receiver, receiver_down, receiver_flaps, gone]

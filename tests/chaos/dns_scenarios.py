"""Name resolution that fails, and a name that moves. serve runs in a mount namespace of its own
where /etc/hosts is a file of the scenario's; the machine's is not touched."""

import os
import subprocess

from world import Skip

NAME = "receiver.chaos.test"
SYSTEM = "127.0.0.1 localhost\n"


class Hosts:
    def __init__(self, world):
        if os.geteuid() != 0:
            raise Skip("an /etc/hosts of one's own needs root")
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
            raise Skip("no mount namespace may be made here")
        self.path = f"{world.folder}/hosts"
        self.set()
        world.wrappers["serve"] = [
            "unshare", "-m", "/bin/sh", "-c",
            f'mount --bind "{self.path}" /etc/hosts && exec "$0" "$@"']

    def set(self, address=None):
        """Written in place: what is mounted is the file, not its name."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(SYSTEM + (f"{address} {NAME}\n" if address else ""))


def dns_fails(world):
    """the callback host's name cannot be resolved for a while"""
    hosts = Hosts(world)
    hosts.set("127.0.0.1")
    world.start(host=NAME)
    hosts.set()
    world.proxy.cut_all()
    # An answer is kept for 10 s, and a pooled connection for as long as it lives.
    world.wait_for(lambda: world.proxy.cut_all() or world.outcomes().get("dns", 0) > 0,
                   "serve names the reason: dns", 30)
    world.under_load(3)
    failed = world.outcomes()["dns"]
    hosts.set("127.0.0.1")
    return f"{failed} attempts named dns; {world.healed()}"


def dns_changes(world):
    """the name moves to another address, and nobody is left at the old one"""
    from fault_proxy import FaultProxy
    hosts = Hosts(world)
    hosts.set("127.0.0.2")
    world.start(host=NAME, proxy=False)  # the URL's port has to be the proxies'
    first = FaultProxy(world.receive.listen, world.seed, host="127.0.0.2")
    world.addCleanup(first.close)
    from harness import APP
    world.backend.admin("callback", str(APP), "--callback-url", f"http://{NAME}:{first.port}/im")
    world.wait_for(lambda: first.counts["requests"] > 5, "callbacks go to the old address")
    second = FaultProxy(world.receive.listen, world.seed, host="127.0.0.3", port=first.port)
    world.addCleanup(second.close)
    hosts.set("127.0.0.3")
    first.close()
    world.wait_for(lambda: second.counts["requests"] > 5, "callbacks follow the name", 40)
    return world.healed()


SCENARIOS = [dns_fails, dns_changes]

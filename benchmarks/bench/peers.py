"""Starts the peers of benchmarks/peers/: Node scripts and adnanh/webhook."""

import glob
import json
import os

from process import Process, free_port, is_listening, wait_until

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers")


def node_binary():
    """The Node of the lock file, so that every machine measures the same one."""
    return glob.glob(os.path.join(FOLDER, "node_modules", "node-linux-*", "bin", "node"))[0]


def node(script, folder, **settings):
    """A script with its settings; `read_line()` gives what it says first: that it is ready."""
    environment = {**os.environ, "NODE_ENV": "production"}  # fastify's and BullMQ's advice
    return Process(script, [node_binary(), os.path.join(FOLDER, f"{script}.mjs"),
                            json.dumps(settings)],
                   folder, environment=environment, reads_lines=True)


class Webhook:
    """adnanh/webhook: runs a command per request, which appends the callback durably."""

    PATH = "/callback"

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.file = os.path.join(folder, "inbox.txt")
        open(self.file, "w", encoding="utf-8").close()
        hooks = os.path.join(folder, "hooks.json")
        with open(hooks, "w", encoding="utf-8") as file:
            json.dump([{
                "id": "callback",
                "execute-command": os.path.join(FOLDER, "append-callback"),
                "pass-arguments-to-command": [
                    {"source": "string", "name": self.file},
                    {"source": "url", "name": "RequestID"},
                    {"source": "entire-payload"}],
                # The answer waits for the command: without it nothing is known to be stored.
                "include-command-output-in-response": True}], file)
        self.port = free_port()
        self.process = Process("webhook", [
            "webhook", "-ip", "127.0.0.1", "-port", str(self.port), "-hooks", hooks,
            "-urlprefix", ""], folder)  # no -verbose: it would log each request
        self.processes = [self.process]
        wait_until(lambda: self.process.check_alive() and is_listening(self.port), "webhook listens")

    def stored(self):
        """RequestIDs that stand in the file."""
        with open(self.file, encoding="utf-8") as file:
            return [line.split(" ", 1)[0] for line in file]

    def stop(self):
        self.process.kill()

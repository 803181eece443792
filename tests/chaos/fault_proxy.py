"""The proxy between serve and receive: it passes requests on, or breaks them in a chosen way.

Two ways of working. Plain (HTTP): each request is read whole, and a fault is drawn for it. Sealed
(TLS, which it cannot read): bytes are passed on, and a fault is drawn for each connection.

Everything runs on one asyncio loop in a thread of its own; `break_with`, `heal` and `cut_all` may be
called from any thread. Faults: faults.py.
"""

import asyncio
import collections
import contextlib
import random
import socket
import struct
import threading
import urllib.parse

from faults import PLAIN, sealed

MAX_MESSAGE = 1 << 20


async def read_message(reader):
    """(head, body) of one HTTP message with Content-Length; None where the peer ended."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return head, await reader.readexactly(length)


class Link:
    """One connection of serve's, and the one to receive that belongs to it."""

    def __init__(self, proxy, reader, writer):
        self.proxy = proxy
        self.reader, self.writer = reader, writer
        self.upstream = None
        self.deaf = False  # half-open: nobody is behind it any more

    async def connect(self):
        if self.upstream is None:
            self.upstream = await self.proxy.connect()
        return self.upstream

    async def to_receiver(self, data):
        _, writer = await self.connect()
        writer.write(data)
        await writer.drain()

    async def answer(self):
        reader, _ = await self.connect()
        message = await read_message(reader)
        if message is None:
            raise ConnectionError("the receiver closed")
        return message

    async def to_sender(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def pass_on(self, message):
        """Without a fault. A kept connection to the receiver may have ended: once more, fresh."""
        kept = self.upstream is not None
        try:
            await self.to_receiver(message)
            return await self.answer()
        except (OSError, asyncio.IncompleteReadError):
            if not kept:
                raise
        self.close_upstream()
        await self.to_receiver(message)
        return await self.answer()

    def close_upstream(self):
        if self.upstream is not None:
            self.upstream[1].close()
            self.upstream = None

    def reset(self):
        """RST to both sides instead of FIN."""
        writers = [self.writer] + ([self.upstream[1]] if self.upstream else [])
        for writer in writers:
            with contextlib.suppress(OSError):  # it may be closing already
                handle = writer.get_extra_info("socket")
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def close(self):
        self.writer.close()
        self.close_upstream()


class FaultProxy:
    def __init__(self, target, seed, sealed=False, hang_path=None, host="127.0.0.1",
                 port=0, faults=None):
        address = urllib.parse.urlsplit(target)
        self.target = (address.hostname, address.port)
        self.sealed = sealed
        self.hang_path = hang_path  # requests whose path begins so are never answered
        self.random = random.Random(seed)
        self.known = faults or PLAIN
        self.faults = {}  # fault -> share of requests
        self.first = []   # faults that have not come yet
        self.links = set()
        self.counts = collections.Counter()
        self.loop = asyncio.new_event_loop()
        self.stopped = self.loop.create_future()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(host, port, started), daemon=True)
        self.thread.start()
        started.wait(10)
        self.url = f"{address.scheme}://{host}:{self.port}"

    def _run(self, host, port, started):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve(host, port, started))

    async def _serve(self, host, port, started):
        server = await asyncio.start_server(self._connected, host, port, limit=MAX_MESSAGE,
                                            backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self.stopped
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def call(self, function, *arguments):
        self.loop.call_soon_threadsafe(function, *arguments)

    def break_with(self, **faults):
        """Each fault with its share of requests: break_with(reset=0.5, drip=0.5). Each comes once
        before chance decides: serve's breaker may leave only a few requests to decide on."""
        self.call(self._set, faults)

    def _set(self, faults):
        self.faults = faults
        self.first = self.random.sample(list(faults), len(faults))

    def heal(self):
        self.call(self._set, {})

    def call_and_wait(self, function):
        done = threading.Event()
        self.call(lambda: (function(), done.set()))
        done.wait(10)

    def cut_all(self):
        self.call(lambda: [link.reset() for link in list(self.links)])

    def deafen(self):
        """Half-open: behind every connection there is nobody any more, and serve is not told."""
        def deafen():
            for link in self.links:
                link.deaf = True
                link.close_upstream()
        self.call(deafen)

    def close(self):
        self.call(lambda: self.stopped.done() or self.stopped.set_result(None))
        self.thread.join(10)

    async def connect(self):
        self.counts["connections to the receiver"] += 1
        return await asyncio.open_connection(*self.target, limit=MAX_MESSAGE)

    def draw(self):
        if self.first:
            self.counts[self.first[-1]] += 1
            return self.first.pop()
        chance = self.random.random()
        for fault, share in self.faults.items():
            if chance < share:
                self.counts[fault] += 1
                return fault
            chance -= share
        return None

    async def _connected(self, reader, writer):
        link = Link(self, reader, writer)
        self.links.add(link)
        self.counts["connections"] += 1
        try:
            if self.sealed:
                await sealed(link, self.draw())
            else:
                await self._requests(link)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side ended, as it may at any moment here
        finally:
            self.links.discard(link)
            link.close()

    async def _requests(self, link):
        while (message := await read_message(link.reader)) is not None:
            self.counts["requests"] += 1
            path = message[0].split(b" ", 2)[1].decode()
            if link.deaf or (self.hang_path and path.startswith(self.hang_path)):
                self.counts["hung"] += 1
                await link.reader.read()  # until serve gives up
                return
            fault = self.draw()
            if fault is None:
                answer = await link.pass_on(b"".join(message))
                await link.to_sender(b"".join(answer))
            elif not await self.known[fault](link, *message):
                return

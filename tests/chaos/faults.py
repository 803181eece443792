"""What can happen to a request on its way, one function each; see fault_proxy.py.

A plain fault gets the link and the request; true: the connection goes on.
"""

import asyncio

LATE_S = 2.6  # longer than the 2 s that serve waits


async def delay(link, head, body):
    """Slow, but in time."""
    await asyncio.sleep(link.proxy.random.uniform(0.1, 1.2))
    await link.to_sender(b"".join(await link.pass_on(head + body)))
    return True


async def late(link, head, body):
    """The request reaches the receiver when serve has given it up already."""
    await asyncio.sleep(LATE_S)
    await link.pass_on(head + body)
    return False


async def _drip(send, data, seconds):
    for byte in range(len(data)):
        await send(data[byte:byte + 1])
        await asyncio.sleep(seconds)


async def drip_request(link, head, body):
    await _drip(link.to_receiver, head + body, 0.02)
    await link.to_sender(b"".join(await link.answer()))
    return True


async def drip_answer(link, head, body):
    answer = await link.pass_on(head + body)
    await _drip(link.to_sender, b"".join(answer), 0.1)
    return True


def _part(link, data):
    return data[:link.proxy.random.randrange(1, len(data))]


async def cut_request_head(link, head, body):
    await link.to_receiver(_part(link, head))
    return False


async def cut_request_body(link, head, body):
    await link.to_receiver(head + _part(link, body))
    return False


async def cut_answer_head(link, head, body):
    answer = await link.pass_on(head + body)
    await link.to_sender(_part(link, answer[0]))
    return False


async def cut_answer_body(link, head, body):
    answer = await link.pass_on(head + body)
    await link.to_sender(answer[0] + _part(link, answer[1]))
    return False


async def lose_answer(link, head, body):
    """The receiver has committed and answered; serve sees the connection end."""
    await link.pass_on(head + body)
    return False


async def reset(link, head, body):
    if link.proxy.random.random() < 0.5:
        await link.to_receiver(head + body)
    link.reset()
    return False


async def blackhole(link, head, body):
    """Nothing is passed on, nothing comes back, nothing closes."""
    await link.reader.read()
    return False


async def duplicate(link, head, body):
    """The same request three times: twice side by side on connections of their own."""
    async def copy():
        reader, writer = await link.proxy.connect()
        try:
            writer.write(head + body)
            await writer.drain()
            await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()

    _, _, answer = await asyncio.gather(copy(), copy(), link.pass_on(head + body))
    await link.to_sender(b"".join(answer))
    return True


PLAIN = {each.__name__: each for each in (
    delay, late, drip_request, drip_answer, cut_request_head, cut_request_body, cut_answer_head,
    cut_answer_body, lose_answer, reset, blackhole, duplicate)}


async def _pump(reader, writer, limit=None):
    """Bytes until the end, or `limit` of them; true when the limit was reached."""
    passed = 0
    while data := await reader.read(65536):
        if limit is not None and passed + len(data) >= limit:
            writer.write(data[:limit - passed])
            await writer.drain()
            return True
        passed += len(data)
        writer.write(data)
        await writer.drain()
    return False


async def sealed(link, fault):
    """A connection whose bytes are passed on unread.

    tls_cut_handshake: ends within the first 1200 bytes of the server, which is its first flight.
    tls_cut_stream: ends after some requests, in the middle of a record of either side.
    """
    reader, writer = await link.connect()
    limits = [None, None]  # of what serve sends, of what the receiver sends
    if fault == "tls_cut_handshake":
        limits[1] = link.proxy.random.randrange(1, 1200)
    elif fault == "tls_cut_stream":
        limits[link.proxy.random.randrange(2)] = link.proxy.random.randrange(2500, 6000)
    tasks = [asyncio.ensure_future(_pump(link.reader, writer, limits[0])),
             asyncio.ensure_future(_pump(reader, link.writer, limits[1]))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

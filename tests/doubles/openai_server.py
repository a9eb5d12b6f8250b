"""A real HTTP server that speaks OpenAI's and Azure OpenAI's wire, well by default and badly when told to.

    with openai_server() as server:
        server.latency = 0.6                              # seconds before each answer
        server.next(throttled(retry_after="1"))           # the next request (moods: tests.doubles.openai_replies)
        server.when(lambda asked: "Wool" in asked.text, refusal())   # every request that this holds for
        ... OPENAI_BASE_URL=server.url, OPENAI_API_KEY=server.key (Azure: server.azure_url) ...
        assert b"anna@" not in server.wire                # every byte that was received

Without a script a chat completion is a valid message whose sentences stand word for word in the passages of the prompt,
an embedding is made of the hash of its text, and a batch is complete as soon as it was asked about `batch_polls` times.
`python -m tests.doubles.openai_server --latency 0.6` serves alone and prints its address.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import threading
from collections.abc import Iterator

from tests.doubles.openai_replies import Asked, Reply
from tests.doubles.openai_vendor import KEY, OpenAIVendor

__all__ = ["KEY", "OpenAIServer", "openai_server"]


class OpenAIServer(OpenAIVendor):
    """The vendor behind a socket: how slow it is, and all that it received."""

    def __init__(self) -> None:
        super().__init__()
        self.latency = 0.0
        self.received: list[Asked] = []
        self.at_once = self.most_at_once = 0
        self.port = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.listening: asyncio.Server | None = None
        self._bytes = bytearray()

    @property
    def azure_url(self) -> str:
        """For AZURE_OPENAI_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"{self.azure_url}/v1"

    @property
    def wire(self) -> bytes:
        """Every byte received so far, head and body."""
        return bytes(self._bytes)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its address for as long as the block lasts, and whoever is connected is cut off."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._leave(), self.loop).result(5)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(_listen(self, self.port), self.loop).result(5)

    async def _leave(self) -> None:
        assert self.listening is not None
        self.listening.close()
        await _end()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                asked = await self._read(reader)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await asyncio.sleep(self.latency)
                    reply = self.reply(asked)
                    await _send(reply, writer)
                finally:
                    self.at_once -= 1
                if reply.broken:
                    break
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while (size := int((await reader.readuntil(b"\r\n")).strip(), 16)) > 0:
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        self._bytes += head + body
        method, path, _ = first.split(" ")
        asked = Asked(method, path, headers, body)
        self.received.append(asked)
        return asked


async def _send(reply: Reply, writer: asyncio.StreamWriter) -> None:
    if reply.broken == "stall":
        await asyncio.sleep(3600)
    if reply.broken == "gone":
        return
    head = [f"HTTP/1.1 {reply.status} X", f"content-type: {reply.content_type}"]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    head.append(f"content-length: {1000 if reply.broken == 'drip' else len(reply.body)}")
    writer.write("\r\n".join((*head, "", "")).encode())
    while reply.broken == "drip":
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)
    writer.write(reply.body[: len(reply.body) // 2] if reply.broken == "half" else reply.body)
    await writer.drain()


@contextlib.contextmanager
def openai_server(latency: float = 0.0) -> Iterator[OpenAIServer]:
    """The server, in a thread of its own, for as long as the block lasts."""
    server = OpenAIServer()
    server.latency = latency
    loop = asyncio.new_event_loop()
    server.loop = loop
    loop.run_until_complete(_listen(server))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server._leave(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _listen(server: OpenAIServer, port: int = 0) -> None:
    server.listening = await asyncio.start_server(server.serve, "127.0.0.1", port, limit=2**22, backlog=512)
    server.port = server.listening.sockets[0].getsockname()[1]


async def _end() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _alone(latency: float, port: int) -> None:
    server = OpenAIServer()
    server.latency = latency
    await _listen(server, port)
    assert server.listening is not None
    print(server.url, flush=True)
    await server.listening.serve_forever()


if __name__ == "__main__":
    asked_for = argparse.ArgumentParser(description=__doc__)
    asked_for.add_argument("--latency", type=float, default=0.6)
    asked_for.add_argument("--port", type=int, default=0)
    given = asked_for.parse_args()
    asyncio.run(_alone(given.latency, given.port))

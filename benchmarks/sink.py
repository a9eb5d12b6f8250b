"""A sink that takes what SendGrid takes and counts the messages; `python -m benchmarks.sink` prints its port.

`GET /` answers how many messages came since it was last asked.
"""

from __future__ import annotations

import asyncio
import sys

MESSAGE = b'"liftline_message"'
TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink\r\nContent-Length: 0\r\n\r\n"
CLOSED = TAKEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
counted = 0


class Sink(asyncio.Protocol):
    """One connection, as many requests as come over it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._have, self._need = 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Gather a request, count it, answer it."""
        global counted
        self._parts.append(data)
        self._have += len(data)
        if self._need and self._have < self._need:
            return
        whole = b"".join(self._parts)
        head, found, _ = whole.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        if lower.startswith(b"get"):
            body = str(counted).encode()
            counted = 0
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            self._parts, self._have, self._need = [], 0, 0
            return
        self._need = len(head) + 4 + int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if self._have < self._need:
            self._parts = [whole]
            return
        counted += whole.count(MESSAGE)
        self._parts, self._have, self._need = [], 0, 0
        if b"connection: close" in lower:
            self._transport.write(CLOSED)
            self._transport.close()
        else:
            self._transport.write(TAKEN)


async def main() -> None:
    """Serve until the caller closes our standard input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())

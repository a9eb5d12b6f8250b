"""Webhooks over HTTP, to public hosts only.

What happens: a refused connection, a time-out, a broken TLS, a 4xx or 5xx are not delivered, and the post office tries
again later. A redirect is not followed, for it could lead anywhere. Only the status counts: the body of an answer is
never read, so a slow or endless one holds nobody up. A name is looked up once for a letter, and the address that was
checked is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import httpx

from pipelines.webhooks.addresses import refused_address
from pipelines.webhooks.ports import Answered, Letter

TIMEOUT_SECONDS, AT_ONCE = 10.0, 10


class HttpCourier:
    """A `Courier` with one deadline for each letter, from the look-up of the name to the status."""

    def __init__(self, *, to_private_hosts: bool = False, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._to_private_hosts, self._timeout = to_private_hosts, timeout_seconds

    def carry(self, letters: Sequence[Letter]) -> list[Answered]:
        """All letters, some at a time."""
        return asyncio.run(self._carried(letters))

    async def _carried(self, letters: Sequence[Letter]) -> list[Answered]:
        free = asyncio.Semaphore(AT_ONCE)
        # Never over a proxy that the environment names: the address that was checked is the one that is asked.
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:

            async def one(letter: Letter) -> Answered:
                async with free:
                    return await self._one(client, letter)

            return list(await asyncio.gather(*map(one, letters)))

    async def _one(self, client: httpx.AsyncClient, letter: Letter) -> Answered:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._posted(client, letter)
        except TimeoutError:
            return Answered(None, f"There was no answer within {self._timeout:g} s.")
        # A name that no look-up takes is a ValueError; it must not take the letters beside it along.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answered(None, f"The host cannot be reached ({type(error).__name__}).")

    async def _posted(self, client: httpx.AsyncClient, letter: Letter) -> Answered:
        url = httpx.URL(letter.url)
        # As it is written: decoded from punycode, it would be looked up by older rules, which name another host.
        name = url.raw_host.decode("ascii")
        addresses = await _looked_up(name, url.port or (443 if url.scheme == "https" else 80))
        if not self._to_private_hosts and any(map(refused_address, addresses)):
            return Answered(None, f"{name} stands for an address that is not public; nothing was sent there.")
        bare = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        host = url.netloc.decode("ascii")
        request = client.build_request(
            "POST", url.copy_with(host=bare), content=letter.body, headers={**letter.headers, "Host": host},
            timeout=self._timeout, extensions={"sni_hostname": name},
        )  # fmt: skip
        answer = await client.send(request, stream=True)
        await answer.aclose()
        return Answered(answer.status_code, _said(answer.status_code))


async def _looked_up(name: str, port: int) -> list[str]:
    found: list[Any] = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def _said(status: int) -> str:
    if 200 <= status < 300:
        return f"Taken ({status})."
    if 300 <= status < 400:
        return f"The host answered {status}; redirects are not followed, subscribe to the address itself."
    return f"The host answered {status}."

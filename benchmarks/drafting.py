"""Drafting with a model of 600 ms latency: beside what concurrency and latency allow, and beside the usual client."""

from __future__ import annotations

import asyncio
import atexit
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Comparison, Contender
from pipelines.adapters.language_model.openai import OpenAIModel
from pipelines.adapters.language_model.openai_requests import Manner, request_of
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.generation.message import Message
from pipelines.generation.ports import Ask
from pipelines.services import Services
from tests.doubles.asks import asks
from tests.doubles.openai_server import KEY

LATENCY = 0.6
CONCURRENCY = 50
ASKS = 500
SHARE = 0.02
MODEL = "gpt-4.1-mini"
PROJECT = Path(__file__).parent.parent


def drafting(services: Services, rows: int) -> Comparison:
    """The comparison, with its server in a process of its own; the number of asks does not depend on the rows."""
    url = _server()
    wanted = asks(ASKS)
    openai = OpenAIModel(Message, Endpoint(MODEL, base_url=url, api_key=KEY, concurrency=CONCURRENCY))
    # The SDK takes half a second to be imported, once a process.
    list(openai.write(wanted[:1]))

    def ours(_: int) -> None:
        outcomes = [answer.outcome for _, answer in openai.write(wanted)]
        assert outcomes == ["written"] * ASKS

    return Comparison(
        f"Drafting {ASKS} variants with a model of {LATENCY:.1f} s latency, {CONCURRENCY} at once",
        [
            Contender("nothing but the waiting", lambda _: asyncio.run(_waiting())),
            Contender("OpenAIModel", ours),
            Contender("AsyncOpenAI with a semaphore", lambda _: asyncio.run(_bare(url, wanted))),
            Contender(
                "OpenAI, one after the other",
                lambda _: _one_by_one(url, wanted[: int(ASKS * SHARE)]),
                share=SHARE,
                rounds=1,
            ),
        ],
        "at least 0.9 of concurrency / latency: at most 1.11 times the waiting",
    )


def _server() -> str:
    command = [sys.executable, "-m", "tests.doubles.openai_server", "--latency", str(LATENCY)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    atexit.register(server.kill)
    assert server.stdout is not None
    return server.stdout.readline().strip()


async def _waiting() -> None:
    todo = iter(range(ASKS))

    async def worker() -> None:
        for _ in todo:
            await asyncio.sleep(LATENCY)

    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))


async def _bare(url: str, wanted: Sequence[Ask]) -> None:
    from openai import AsyncOpenAI

    free = asyncio.Semaphore(CONCURRENCY)
    async with AsyncOpenAI(base_url=url, api_key=KEY) as client:

        async def one(ask: Ask) -> None:
            body = request_of(ask, MODEL, Manner(), Message)
            body["response_format"] = Message
            async with free:
                done = await client.chat.completions.parse(**body)
            assert done.choices[0].message.parsed

        await asyncio.gather(*map(one, wanted))


def _one_by_one(url: str, wanted: Sequence[Ask]) -> None:
    from openai import OpenAI

    with OpenAI(base_url=url, api_key=KEY) as client:
        for ask in wanted:
            body = request_of(ask, MODEL, Manner(), Message)
            body["response_format"] = Message
            assert client.chat.completions.parse(**body).choices[0].message.parsed

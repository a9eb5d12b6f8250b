"""Asking OpenAI, Azure OpenAI or any compatible server: many asks at once, each with an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic

import structlog

from pipelines.adapters.language_model.openai_answers import Spent, read_text, unanswered
from pipelines.adapters.language_model.openai_requests import Manner, request_of
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.faults import Fault, request_id, sentence
from pipelines.adapters.openai_api.retrying import PATIENT, AsyncPatience, GaveUp, Got, patiently
from pipelines.adapters.openai_api.running import as_they_come
from pipelines.generation.ports import Another, M, Outcome, Prompt, Reply, freely

if TYPE_CHECKING:
    from httpx2 import Response
    from openai import AsyncOpenAI

log = structlog.get_logger(__name__)
Deliver = Callable[[tuple[int, Reply[M]]], None]


@dataclass(slots=True)
class Run(Generic[M]):
    """One call of `write`: what is still to be asked, and the fault after which asking on is pointless."""

    another: Another
    todo: Iterator[tuple[int, Prompt[M]]]
    hopeless: Fault | None = None


class OpenAIModel(Generic[M]):
    """A `Model` behind a chat completions API, whose answers have one form.

    What the server does not take is learned once and remembered.
    """

    provider = "openai"
    # Raised when the same ask would be sent otherwise.
    version = "1"

    def __init__(self, form: type[M], endpoint: Endpoint, patience: AsyncPatience | None = None) -> None:
        self.model = endpoint.model
        self._form = form
        self._endpoint = endpoint
        self._patience = patience or PATIENT
        self._manner = Manner()

    def write(self, asks: Sequence[Prompt[M]], another: Another = freely) -> Iterator[tuple[int, Reply[M]]]:
        """One answer an ask, with the ask's index, as they come; a caller who stops early cancels the rest."""
        return as_they_come(lambda deliver: self._write(asks, another, deliver))

    async def _write(self, asks: Sequence[Prompt[M]], another: Another, deliver: Deliver[M]) -> None:
        run = Run(another, iter(enumerate(asks)))
        workers = min(self._endpoint.concurrency, len(asks))
        await asyncio.gather(*(self._work(run, deliver) for _ in range(workers)))

    async def _work(self, run: Run[M], deliver: Deliver[M]) -> None:
        # A connection of its own: a pool of many looks through all of them whenever one is wanted or given back.
        async with self._endpoint.connect(at_once=1) as client:
            for index, ask in run.todo:
                deliver((index, await self._answer(client, run, index, ask)))

    async def _answer(self, client: AsyncOpenAI, run: Run[M], index: int, ask: Prompt[M]) -> Reply[M]:
        tries = unheard = learned = 0
        # In a thread of its own: it asks the database, and the other asks go on.
        barred = partial(asyncio.to_thread, run.another, index)
        while True:
            if run.hopeless:
                return self._failed(run.hopeless, Spent(tries=tries, unheard=unheard))
            manner = self._manner
            sent = manner.sent(ask)
            try:
                got = await self._ask(client, ask, manner, tries - learned, barred)
            except GaveUp as gave_up:
                tries, unheard = tries + gave_up.tries, unheard + gave_up.unheard
                fault = gave_up.fault
                if self._learned(manner, fault):
                    learned += 1
                    continue
                if fault.hopeless:
                    run.hopeless = fault
                spent = Spent(fault.request_id, gave_up.latency_ms, tries, sent, unheard)
                return self._failed(fault, spent, gave_up.barred)
            tries, unheard = tries + got.tries, unheard + got.unheard
            spent = Spent(request_id(got.value.headers), got.latency_ms, tries, sent, unheard)
            url = self._endpoint.url_variable
            return read_text(got.value.text, ask, self._form, self._endpoint.served_as, url, spent, manner.described())

    async def _ask(
        self, client: AsyncOpenAI, ask: Prompt[M], manner: Manner, failed: int, barred: Callable[[], Awaitable[str]]
    ) -> Got[Response]:
        from httpx2 import Response

        body = request_of(ask, self._endpoint.served_as, manner, self._form)

        async def once() -> Response:
            # Not chat.completions.create: it walks through the whole schema for every request.
            return await client.post("/chat/completions", body=body, cast_to=Response)

        return await patiently(once, self._patience, self._endpoint.timeout_seconds, failed=failed, barred=barred)

    def _learned(self, used: Manner, fault: Fault) -> bool:
        """Whether to ask again otherwise; another ask may have learned the same in the meantime."""
        wanted = used.after(fault)
        if wanted is None:
            return False
        if self._manner == used:
            self._manner = wanted
            log.warning("the server does not take what was sent", server=self._endpoint.host, now=wanted.described())
        return True

    def _failed(self, fault: Fault, spent: Spent, barred: str = "") -> Reply[M]:
        outcome: Outcome = "filtered" if fault.kind == "filtered" else "unavailable"
        detail = sentence(fault, self._endpoint, spent.tries)
        if barred:
            why = barred[0].lower() + barred[1:]
            detail = f"{self._endpoint.host} may charge for an answer that never arrived and is not asked again: {why}"
        return unanswered(outcome, detail, self._endpoint.served_as, spent)

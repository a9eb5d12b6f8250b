"""Large runs at half the price and at leisure: one file of asks up, a file of answers down within a day."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.adapters.language_model.openai_answers import Spent, read_completion, unanswered
from pipelines.adapters.language_model.openai_requests import Manner, request_of
from pipelines.adapters.openai_api.endpoint import Endpoint
from pipelines.adapters.openai_api.faults import fault_in, sentence
from pipelines.adapters.openai_api.retrying import PATIENT, AsyncPatience, GaveUp, patiently
from pipelines.adapters.openai_api.running import run_apart
from pipelines.contracts import Json, Refusal
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Ask, Outcome, PerhapsSubmitted, StillRunning

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Batch

T = TypeVar("T")

MOST_ASKS = 50_000
MOST_BYTES = 200_000_000
UNDER_WAY = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
ENDED = {
    "failed": "The vendor could not use the batch ({why}); mend it and submit again.",
    "expired": "The batch was not finished within its day; submit what is missing again.",
    "cancelled": "The batch was cancelled before this was answered; submit it again.",
    "completed": "The finished batch has no answer to this; submit it again.",
}


class OpenAIBatch:
    """Submits asks as one batch and collects the answers later, also in another process.

    What the answers say that the server does not take is left out of the batches that are submitted next; how a batch
    was asked stands with it at the vendor's.
    """

    def __init__(self, endpoint: Endpoint, patience: AsyncPatience | None = None) -> None:
        self._endpoint = endpoint
        self._patience = patience or PATIENT
        self._manner = Manner()

    def submit(self, asks: Sequence[Ask]) -> str:
        """The id of the new batch; a batch that cannot be made is refused."""
        if not 0 < len(asks) <= MOST_ASKS:
            raise Refusal(f"A batch holds 1 to {MOST_ASKS:,} asks, not {len(asks):,}; submit them in several.")
        lines = "".join(map(self._line, range(len(asks)), asks)).encode()
        if len(lines) > MOST_BYTES:
            raise Refusal(f"The asks are {len(lines):,} bytes, a batch holds {MOST_BYTES:,}; submit them in several.")
        return run_apart(lambda: self._submit(lines))

    def collect(self, batch_id: str, asks: Sequence[Ask]) -> StillRunning | Iterator[tuple[int, Answer]]:
        """An answer to each of the asks that were submitted, in the order of the files; or how far the batch is."""
        batch, files = run_apart(lambda: self._collect(batch_id))
        if batch.status in UNDER_WAY:
            counts = batch.request_counts
            return StillRunning(batch.status, counts.completed + counts.failed if counts else 0, len(asks))
        return self._answers(batch, files, asks)

    def _line(self, index: int, ask: Ask) -> str:
        body = request_of(ask, self._endpoint.served_as, self._manner, Message)
        line = {"custom_id": str(index), "method": "POST", "url": self._path, "body": body}
        return json.dumps(line, ensure_ascii=False) + "\n"

    @property
    def _path(self) -> str:
        return "/chat/completions" if self._endpoint.azure_api_version else "/v1/chat/completions"

    async def _submit(self, lines: bytes) -> str:
        async with self._endpoint.connect() as client:
            file = await self._call(lambda: client.files.create(file=("asks.jsonl", lines), purpose="batch"))
            return await self._create(client, file.id)

    async def _create(self, client: AsyncOpenAI, file_id: str) -> str:
        from openai import omit

        def call() -> Awaitable[Batch]:
            path: Any = self._path
            metadata = self._manner.told() or omit
            return client.batches.create(
                input_file_id=file_id, endpoint=path, completion_window="24h", metadata=metadata
            )

        try:
            # A second batch would be paid for as well.
            return (await patiently(call, self._patience, self._endpoint.timeout_seconds, twice=False)).value.id
        except GaveUp as gave_up:
            told = sentence(gave_up.fault, self._endpoint, gave_up.tries)
            if gave_up.fault.passing and not gave_up.fault.surely_undone:
                raise PerhapsSubmitted(
                    f"{told} The batch of the file {file_id} may run all the same: look there before submitting again."
                ) from gave_up
            raise Refusal(told) from gave_up

    async def _collect(self, batch_id: str) -> tuple[Batch, list[str]]:
        async with self._endpoint.connect() as client:
            batch = await self._call(lambda: client.batches.retrieve(batch_id), missing=self._unknown(batch_id))
            if batch.status in UNDER_WAY:
                return batch, []
            return batch, [
                await self._download(client, file_id)
                for file_id in (batch.output_file_id, batch.error_file_id)
                if file_id
            ]

    def _unknown(self, batch_id: str) -> str:
        return (
            f"{self._endpoint.host} knows no batch {batch_id}: set {self._endpoint.key_variable} to the key of the "
            "account that submitted it, or wait for it no longer by `liftline generation give-up-batch`."
        )

    async def _download(self, client: AsyncOpenAI, file_id: str) -> str:
        async def once() -> str:
            return (await client.files.content(file_id)).text

        return await self._call(once)

    async def _call(self, call: Callable[[], Awaitable[T]], *, missing: str | None = None) -> T:
        try:
            return (await patiently(call, self._patience, self._endpoint.timeout_seconds)).value
        except GaveUp as gave_up:
            if missing and gave_up.fault.kind == "missing":
                raise Refusal(missing) from gave_up
            raise Refusal(sentence(gave_up.fault, self._endpoint, gave_up.tries)) from gave_up

    def _answers(self, batch: Batch, files: list[str], asks: Sequence[Ask]) -> Iterator[tuple[int, Answer]]:
        missing = set(range(len(asks)))
        used = Manner.of(batch.metadata or {})
        self._manner = self._manner.and_of(used)
        for line in (line for file in files for line in file.split("\n")):
            index, told = _parsed(line)
            if index in missing:
                missing.remove(index)
                yield index, self._answer(told, asks[index], used)
        found = batch.errors.data if batch.errors else None
        why = ", ".join(sorted({one.code for one in found or () if one.code})) or "no reason given"
        detail = ENDED.get(batch.status, f"The batch ended as {batch.status}; submit it again.").format(why=why)
        for index in sorted(missing):
            yield index, unanswered("unavailable", detail, self._endpoint.served_as, Spent(tries=0))

    def _answer(self, told: Json, ask: Ask, used: Manner) -> Answer:
        response = told.get("response")
        response = response if isinstance(response, dict) else {}
        spent = Spent(request_id=response.get("request_id"), sent=used.sent(ask))
        if response.get("status_code") == 200:
            note = used.described()
            return read_completion(response.get("body"), ask, Message, self._endpoint.served_as, spent, note)
        fault = fault_in(response.get("status_code"), response.get("body"), told.get("error"))
        outcome: Outcome = "filtered" if fault.kind == "filtered" else "unavailable"
        if fault.code == "batch_expired":
            return unanswered(outcome, ENDED["expired"], self._endpoint.served_as, spent)
        if used.after(fault):
            self._manner = self._manner.after(fault) or self._manner
            detail = f"{self._endpoint.host} refuses a part of what was sent; submit it again, and it is left out."
            return unanswered(outcome, detail, self._endpoint.served_as, spent)
        return unanswered(outcome, sentence(fault, self._endpoint), self._endpoint.served_as, spent)


def _parsed(line: str) -> tuple[int, Json]:
    """The index that a line answers to and what it says; -1 where it says nothing that can be used."""
    try:
        told = json.loads(line)
        return int(told["custom_id"]), told
    except (ValueError, KeyError, TypeError, RecursionError):
        return -1, {}

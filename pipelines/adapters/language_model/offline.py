"""The offline composer: the writer that needs no model, no key and no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pipelines.adapters.language_model.composer.beginning import TooLittle
from pipelines.adapters.language_model.composer.channels import compose
from pipelines.generation.message import Message
from pipelines.generation.ports import Another, Answer, Ask, Outcome, Sent, freely

COMPOSER = Path(__file__).with_name("composer")


@cache
def edition_of(folder: Path) -> str:
    """A short hash of all that decides the wording: each rule and each table of phrases in the folder."""
    read = hashlib.sha256()
    for file in sorted(one for one in folder.rglob("*") if one.suffix in {".py", ".yaml"}):
        read.update(f"{file.relative_to(folder).as_posix()}\n".encode())
        read.update(hashlib.sha256(file.read_bytes()).digest())
    return read.hexdigest()[:12]


class OfflineComposer:
    """Writes messages out of the passages it is given; the same ask gets the same message, byte by byte."""

    provider = "offline"
    model = "offline-composer"

    def __init__(self) -> None:
        # A message kept from before a phrase changed must not be served as one of today's.
        self.version = f"3-{edition_of(COMPOSER)}"

    def write(self, asks: Sequence[Ask], another: Another = freely) -> Iterator[tuple[int, Answer]]:
        """One answer an ask, in order."""
        for index, ask in enumerate(asks):
            try:
                message = compose(ask)
            except TooLittle as little:
                yield index, self._answer(ask, "refused", None, str(little))
            else:
                yield index, self._answer(ask, "written", message, "")

    def _answer(self, ask: Ask, outcome: Outcome, message: Message | None, detail: str) -> Answer:
        return Answer(
            outcome=outcome,
            message=message,
            detail=detail,
            raw=message.model_dump_json() if message else "",
            model=self.model,
            request_id=None,
            input_tokens=0,
            output_tokens=0,
            cached_tokens=0,
            latency_ms=0,
            tries=1,
            # It draws by the seed, and knows no temperature.
            sent=Sent(ask.seed, None, structured=True),
        )

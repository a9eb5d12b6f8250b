"""How an upload fares, written where its owner can read it while the import runs and after it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from pipelines.contracts import Json, Refusal
from pipelines.customers.inspection import Order, Progress
from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("reception.sql"))
EVERY_SECONDS = 0.5
FAILED = "The import failed and stored nothing; the log of the run says why. It is safe to start it again."


def by_its_name(order: Order, refusal: Refusal) -> str:
    """A refusal that speaks of the file by the name that its owner gave it, not by where it is kept."""
    return str(refusal).replace(str(order.file), order.shown_name)


class Followed:
    """Tells the database of one upload; a file that was not uploaded is followed by nobody."""

    def __init__(self, database: Database, clock: Callable[[], datetime], order: Order) -> None:
        self._database, self._clock, self._order = database, clock, order
        self._told = 0.0

    def say(self, state: str, *, sentence: str | None = None, summary: Json | None = None) -> None:
        """In which state it is from now on."""
        kept = Jsonb(summary) if summary is not None else None
        self._write("say", state=state, sentence=sentence, summary=kept)

    def watching(self, also: Progress | None) -> Progress:
        """A progress that is told here as well, twice a second at most."""

        def progress(done: int, total: int) -> None:
            if also:
                also(done, total)
            if time.monotonic() - self._told > EVERY_SECONDS:
                self._told = time.monotonic()
                self._write("progress", done=done)

        return progress

    def _write(self, name: str, **told: Any) -> None:
        if self._order.upload_id is None:
            return
        with self._database.transaction(self._order.tenant) as connection:
            connection.execute(QUERIES[name], {**told, "upload_id": self._order.upload_id, "now": self._clock()})


@contextmanager
def followed(database: Database, clock: Callable[[], datetime], order: Order, state: str) -> Iterator[Followed]:
    """Say that this began, and how it went wrong if it does."""
    follower = Followed(database, clock, order)
    follower.say(state)
    try:
        yield follower
    except Refusal as refusal:
        summary = getattr(refusal, "summary", None)
        told = summary.to_json() if summary else None
        follower.say("held" if told else "refused", sentence=by_its_name(order, refusal), summary=told)
        raise
    except Exception:
        follower.say("failed", sentence=FAILED)
        raise

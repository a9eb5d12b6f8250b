"""Calls to a model: answered from memory where possible, held to the budget, logged before they are made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import BaseModel

from pipelines.contracts import Refusal
from pipelines.database import Connection, Session
from pipelines.generation import store
from pipelines.generation.budget import Purse
from pipelines.generation.ports import Call, Key, Model, PerhapsSubmitted, Reply, Studio
from pipelines.generation.store import Asked

A = TypeVar("A", bound=Call)
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Purpose(Generic[A, M]):
    """What calls are made for, with which prompt, whom they ask, and the form of the answer."""

    name: str
    prompt: str
    model: Model[A, M]
    form: type[M]

    def inputs_hash(self, ask: A) -> str:
        """Everything that decides the answer: the same hash may be answered from memory."""
        model = self.model
        parts = [
            self.prompt, model.provider, model.model, model.version, list(ask.messages), ask.seed, ask.temperature,
            ask.most_output_tokens, *ask.besides,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class Calls(Generic[A, M]):
    """All calls of one piece of work; what was not affordable is left in `unaffordable`."""

    studio: Studio
    session: Session
    # Without a campaign, only the budget of the tenant counts.
    campaign_id: str | None
    budget: Decimal | None
    purpose: Purpose[A, M]
    made: int = 0
    from_memory: int = 0
    cost: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    unaffordable: dict[Key, str] = field(default_factory=dict)
    in_batch: dict[Key, str] = field(default_factory=dict)

    def answers(self, asks: Sequence[A], *, turn: int) -> Iterator[tuple[Asked[A], Reply[M]]]:
        """The asks that were answered, as the answers come; each is logged when it is yielded."""
        fresh, known = self._begun(asks, turn)
        yield from self._recalled(known)
        for index, reply in self.purpose.model.write([one.ask for one in fresh], lambda at: self._another(fresh[at])):
            yield fresh[index], self.answered(fresh[index], reply)

    def submitted(self, asks: Sequence[A], submit: Callable[[Sequence[A]], str]) -> Iterator[tuple[Asked[A], Reply[M]]]:
        """The asks that memory answers; the others go out as one batch, and are left in `in_batch`."""
        fresh, known = self._begun(asks, turn=1)
        yield from self._recalled(known)
        # A batch is answered by the place of each ask, and the log knows them by their ids.
        fresh = sorted(fresh, key=lambda one: one.generation_id)
        if fresh:
            try:
                batch_id = submit([one.ask for one in fresh])
            except PerhapsSubmitted:
                raise
            except Refusal as refusal:
                for one in fresh:
                    self.answered(one, Reply("unavailable", None, str(refusal), "", "", None, 0, 0, 0, 0, 0))
                raise
            with self.session.transaction() as connection:
                store.put_in_batch(connection, batch_id, fresh)
            self.in_batch |= {one.ask.key: f"Submitted as {batch_id}; run it again to collect." for one in fresh}

    def _begun(self, asks: Sequence[A], turn: int) -> tuple[list[Asked[A]], list[tuple[Asked[A], store.Row]]]:
        """What is to be asked, as far as it can be paid, and what is remembered; all of it is logged."""
        with self.session.transaction() as connection:
            store.one_purse_at_a_time(connection, self.session.tenant)
            planned = self._planned(connection, asks, turn)
            known = store.remembered(connection, [one.inputs_hash for one in planned])
            fresh = [one for one in planned if one.inputs_hash not in known]
            fresh = fresh[: self._affordable(connection, fresh)]
            again = [(one, known[one.inputs_hash]) for one in planned if one.inputs_hash in known]
            self._log(connection, [*fresh, *(one for one, _ in again)])
        return fresh, again

    def _planned(self, connection: Connection, asks: Sequence[A], turn: int) -> list[Asked[A]]:
        attempts = store.attempts(connection, self.campaign_id, [ask.key for ask in asks], turn)
        prices, model = self.studio.prices, self.purpose.model.model
        planned = []
        for ask in asks:
            attempt = attempts.get(ask.key, 0) + 1
            name = "|".join((self.campaign_id or "", *ask.key, str(turn), str(attempt)))
            planned.append(
                Asked(
                    generation_id="g-" + hashlib.sha256(name.encode()).hexdigest()[:24],
                    ask=ask,
                    round=turn,
                    attempt=attempt,
                    inputs_hash=self.purpose.inputs_hash(ask),
                    try_usd=prices.most_it_can_cost(model, ask.messages, ask.most_output_tokens),
                )
            )
        return planned

    def _affordable(self, connection: Connection, fresh: Sequence[Asked[A]]) -> int:
        purse = self._purse(connection)
        count = purse.affords([one.try_usd for one in fresh])
        self.unaffordable |= {one.ask.key: purse.why_empty() for one in fresh[count:]}
        return count

    def _another(self, one: Asked[A]) -> str:
        """Reserve one more try of a call under way, or say why it cannot be paid."""
        tenant = self.session.tenant
        # On a connection of its own: the model asks from its own thread, while the session goes on here.
        with self.studio.database.transaction(tenant) as connection:
            store.one_purse_at_a_time(connection, tenant)
            purse = self._purse(connection)
            if not purse.affords([one.try_usd]):
                return purse.why_empty()
            store.reserve_another(connection, one)
        return ""

    def _purse(self, connection: Connection) -> Purse:
        campaign, month = store.spent(connection, self.campaign_id, self._now())
        return Purse(None if self.budget is None else self.budget - campaign, self.studio.monthly_budget - month)

    def _log(self, connection: Connection, asked: Sequence[Asked[A]]) -> None:
        model = self.purpose.model
        about = {
            "purpose": self.purpose.name, "prompt": self.purpose.prompt, "provider": model.provider,
            "model": model.model, "writer_version": model.version,
        }  # fmt: skip
        store.ask(connection, self.campaign_id, asked, about, self._now())

    def _recalled(self, known: Sequence[tuple[Asked[A], store.Row]]) -> Iterator[tuple[Asked[A], Reply[M]]]:
        for one, row in known:
            reply = Reply(
                "written", self.purpose.form.model_validate_json(row["output"]),
                "Written before from the same inputs.", row["output"], row["answered_by"], row["request_id"],
                0, 0, 0, 0, 0,
            )  # fmt: skip
            with self.session.transaction() as connection:
                store.answer(connection, one.generation_id, reply, Decimal(0), row["generation_id"], self._now())
            self.from_memory += 1
            yield one, reply

    def answered(self, one: Asked[A], reply: Reply[M], *, in_batch: bool = False) -> Reply[M]:
        """Log how a call ended, and what it cost; a try that nobody heard of costs the most that it can."""
        cost = self.studio.prices.cost(self.purpose.model.model, reply, in_batch=in_batch)
        cost += reply.unheard * one.try_usd
        with self.session.transaction() as connection:
            store.answer(connection, one.generation_id, reply, cost, None, self._now())
        self.made += 1
        self.cost += cost
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        return reply

    def _now(self) -> datetime:
        return self.studio.clock()

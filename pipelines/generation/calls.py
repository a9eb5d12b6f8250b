"""Calls to the writer: answered from memory where possible, held to the budget, logged before they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from pipelines.database import Session
from pipelines.generation import store
from pipelines.generation.budget import Purse
from pipelines.generation.drafting import inputs_hash
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Ask, Studio
from pipelines.generation.prompting import prompt_version
from pipelines.generation.store import Asked, Key


@dataclass(slots=True)
class Calls:
    """All calls of one drafting; what was not affordable is left in `unaffordable`."""

    studio: Studio
    session: Session
    campaign_id: str
    budget: Decimal
    made: int = 0
    from_memory: int = 0
    cost: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    unaffordable: dict[Key, str] = field(default_factory=dict)

    def answers(self, asks: Sequence[Ask], *, turn: int) -> Iterator[tuple[Asked, Answer]]:
        """The asks that were answered, as the answers come; each is logged when it is yielded."""
        planned = self._planned(asks, turn)
        with self.session.transaction() as connection:
            known = store.remembered(connection, [one.inputs_hash for one in planned])
        fresh = [one for one in planned if one.inputs_hash not in known]
        fresh = fresh[: self._affordable(fresh)]
        again = [one for one in planned if one.inputs_hash in known]
        self._log([*fresh, *again])
        for one in again:
            yield self._recalled(one, known[one.inputs_hash])
        for index, answer in self.studio.writer.write([one.ask for one in fresh]):
            yield fresh[index], self._answered(fresh[index], answer)

    def _planned(self, asks: Sequence[Ask], turn: int) -> list[Asked]:
        with self.session.transaction() as connection:
            attempts = store.attempts(connection, self.campaign_id)
        prices, writer = self.studio.prices, self.studio.writer
        planned = []
        for ask in asks:
            key = (ask.unit.kind, ask.unit.unit_id, ask.strategy)
            attempt = attempts.get((key, turn), 0) + 1
            name = "|".join((self.campaign_id, *key, str(turn), str(attempt)))
            planned.append(
                Asked(
                    generation_id="g-" + hashlib.sha256(name.encode()).hexdigest()[:24],
                    ask=ask,
                    round=turn,
                    attempt=attempt,
                    inputs_hash=inputs_hash(ask, writer),
                    prompt=prompt_version(),
                    reserved_usd=prices.most_it_can_cost(writer.model, ask.messages, ask.most_output_tokens),
                )
            )
        return planned

    def _affordable(self, fresh: Sequence[Asked]) -> int:
        with self.session.transaction() as connection:
            campaign, month = store.spent(connection, self.campaign_id, self._now())
        purse = Purse(self.budget - campaign, self.studio.monthly_budget - month)
        count = purse.affords([one.reserved_usd for one in fresh])
        self.unaffordable |= {one.key: purse.why_empty() for one in fresh[count:]}
        return count

    def _log(self, asked: Sequence[Asked]) -> None:
        writer = self.studio.writer
        about = {"provider": writer.provider, "model": writer.model, "writer_version": writer.version}
        with self.session.transaction() as connection:
            store.ask(connection, self.campaign_id, asked, about, self._now())

    def _recalled(self, one: Asked, row: store.Row) -> tuple[Asked, Answer]:
        message = Message.model_validate_json(row["output"])
        answer = Answer(
            "written", message, "Written before from the same inputs.", row["output"], row["answered_by"],
            row["request_id"], 0, 0, 0, 0, 0,
        )  # fmt: skip
        with self.session.transaction() as connection:
            store.answer(connection, one.generation_id, answer, Decimal(0), row["generation_id"], self._now())
        self.from_memory += 1
        return one, answer

    def _answered(self, one: Asked, answer: Answer) -> Answer:
        cost = self.studio.prices.cost(self.studio.writer.model, answer)
        with self.session.transaction() as connection:
            store.answer(connection, one.generation_id, answer, cost, None, self._now())
        self.made += 1
        self.cost += cost
        self.input_tokens += answer.input_tokens
        self.output_tokens += answer.output_tokens
        return answer

    def _now(self) -> datetime:
        return self.studio.clock()

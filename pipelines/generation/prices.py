"""What a call costs and what it can cost at most, by the price table in the policies; nothing is free by accident."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.contracts import Refusal
from pipelines.generation.message import Message
from pipelines.policy_files import read_policy

if TYPE_CHECKING:
    from pipelines.generation.ports import Reply

MILLION = Decimal(1_000_000)
# Role, separators and the like; no API counts more.
TOKENS_AROUND_A_MESSAGE = 16
OFFLINE = re.compile(r"offline\b")
# What follows a model's name in the name of one of its versions: -2025-04-14, -20250414, -0613, -latest.
VERSION = re.compile(r"-(\d{4}(-?\d{2}){0,2}|latest)")

Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """US dollars for a million tokens, as known on a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Dollars
    cached_input: Dollars | None = None
    output: Dollars
    as_of: date


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    models: dict[str, Price]
    batch_share: Annotated[Decimal, Field(gt=0, le=1)] = Decimal(1)


FREE = Price(input=Decimal(0), output=Decimal(0), as_of=date.min)


@dataclass(frozen=True, slots=True)
class Prices:
    """The price table and the file that it comes from."""

    models: Mapping[str, Price]
    path: Path
    batch_share: Decimal = Decimal(1)

    def of(self, model: str) -> Price:
        """The price of a model or of a dated version of it, or a refusal that names the file."""
        if OFFLINE.match(model):
            return FREE
        known = [name for name in self.models if model == name or _is_version(model, name)]
        if not known:
            raise Refusal(
                f"What {model} costs is not known; add it to {self.path} (0 for a server of your own), or set "
                "OPENAI_MODEL to a model that stands there."
            )
        return self.models[max(known, key=len)]

    def cost(self, model: str, answer: Reply[Any], *, in_batch: bool = False) -> Decimal:
        """What the answer cost, in US dollars."""
        price = self.of(model)
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = answer.input_tokens - answer.cached_tokens
        tokens = fresh * price.input + answer.cached_tokens * cached + answer.output_tokens * price.output
        return tokens * (self.batch_share if in_batch else 1) / MILLION

    def most_it_can_cost(self, model: str, messages: Sequence[Mapping[str, str]], most_output_tokens: int) -> Decimal:
        """The most that one answer to these messages can cost: no token is shorter than a byte."""
        price = self.of(model)
        tokens = _schema_bytes() + sum(
            TOKENS_AROUND_A_MESSAGE + len(one["content"].encode("utf-8", "replace")) for one in messages
        )
        return (tokens * price.input + most_output_tokens * price.output) / MILLION


def read_prices(policies: Path) -> Prices:
    """The table of `prices.yaml`, or a refusal that names every mistake in it."""
    path = policies / "prices.yaml"
    table = read_policy(path, _Table, "price table")
    return Prices(table.models, path, table.batch_share)


def _is_version(model: str, name: str) -> bool:
    # Not any longer name: gpt-4.1-mini is no version of gpt-4.1.
    return model.startswith(name) and VERSION.fullmatch(model[len(name) :]) is not None


@cache
def _schema_bytes() -> int:
    # The schema of the answer is read by the model too, once for the strict mode and at most once more in words.
    return 2 * len(str(Message.model_json_schema()))

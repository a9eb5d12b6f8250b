"""What a call costs: by the table, exactly, never too little in advance, and never nothing by accident."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.adapters.language_model.openai_requests import Manner, request_of
from pipelines.contracts import Refusal
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer
from pipelines.generation.prices import Prices, read_prices
from pipelines.settings import PROJECT
from tests.doubles.asks import ask

ANSWER = Answer("written", None, "", "", "m", None, 10_000, 2_000, 4_000, 600, 1)


@pytest.fixture
def prices() -> Prices:
    return read_prices(PROJECT / "data" / "policies")


def test_cached_tokens_are_cheaper_than_fresh_ones(prices: Prices) -> None:
    assert prices.cost("gpt-4.1-mini", ANSWER) == Decimal("0.0060")
    assert prices.cost("gpt-4.1-mini", replace(ANSWER, cached_tokens=0)) == Decimal("0.0072")


def test_a_price_without_a_cached_one_takes_no_discount(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("models: {own: {input: 1, output: 2, as_of: 2026-01-01}}")
    assert read_prices(tmp_path).cost("own", ANSWER) == Decimal("0.014")


@pytest.mark.parametrize(
    ("model", "priced_as"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("gpt-4.1-latest", "gpt-4.1"),
    ],
)
def test_a_dated_version_costs_what_the_model_costs(prices: Prices, model: str, priced_as: str) -> None:
    assert prices.of(model) == prices.models[priced_as]


@pytest.mark.parametrize(
    "model", ["gpt-4.1-pro", "gpt-5-turbo", "gpt-4.1-mini-2025-04-14-tuned", "llama3.1", "", "offliner"]
)
def test_an_unknown_model_is_refused_before_it_costs(prices: Prices, model: str) -> None:
    with pytest.raises(Refusal, match="prices.yaml"):
        prices.most_it_can_cost(model, ask().messages, 100)
    with pytest.raises(Refusal, match="prices.yaml"):
        prices.cost(model, ANSWER)


def test_offline_costs_nothing(prices: Prices) -> None:
    assert prices.cost("offline-composer", ANSWER) == 0
    assert prices.most_it_can_cost("offline-composer", ask().messages, 2000) == 0


@pytest.mark.parametrize(
    "text", ["ordinary words", "0x9f3a-77e1" * 50, "日本語のテキスト" * 30, "🧣" * 40, "\n\t" * 99]
)
def test_what_is_reserved_covers_the_worst_tokens(prices: Prices, text: str) -> None:
    asked = replace(ask(), messages=({"role": "user", "content": text},))
    for manner in (Manner(), Manner(structured=False)):
        sent = request_of(asked, "gpt-4.1", manner, Message)
        worst = sum(len(one["content"].encode()) for one in sent["messages"])
        worst += len(str(sent["response_format"])) if manner.structured else 0
        answer = replace(ANSWER, input_tokens=worst, cached_tokens=0, output_tokens=900)
        reserved = prices.most_it_can_cost("gpt-4.1", asked.messages, 900)
        assert reserved >= prices.cost("gpt-4.1", answer) > 0


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("models: {a: {input: -1, output: 2, as_of: 2026-01-01}}", "models.a.input"),
        (
            "models: {a: {input: 1, as_of: 2026-01-01}, b: {input: x, output: 1, as_of: 2026-01-01}}",
            "a.output.*b.input",
        ),
        ("models: {a: {input: .nan, output: 2, as_of: 2026-01-01}}", "models.a.input"),
        ("models: {a: {input: 1, output: 2, price: 3, as_of: 2026-01-01}}", "models.a.price"),
        ("models: [", "is not the YAML it should be"),
        ("", "is empty"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "prices.yaml").write_text(content)
    with pytest.raises(Refusal, match=named):
        read_prices(tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="LIFTLINE_POLICIES"):
        read_prices(tmp_path)

"""What every content screen owes: ours and Azure's (its real SDK over HTTP) pass the same tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.adapters.content_safety import content_safety
from pipelines.adapters.content_safety.azure import AzureContentSafety, Place
from pipelines.adapters.patience import Patience
from pipelines.safety.ports import CATEGORIES, Category, ContentSafety, Severities
from tests.doubles.content_safety_server import KEY, content_safety_server

SCREENS = ["offline", "azure"]
REVIEW = 2
HARMFUL: dict[Category, list[str]] = {
    "Hate": ["All refugees are vermin.", "We must exterminate the Jews, every one of them."],
    "SelfHarm": ["Go kill yourself tonight, nobody will miss you."],
    "Sexual": ["Send me your nudes, I want to fuck you all night long."],
    "Violence": ["I will stab you to death and burn down your house tonight."],
}
BUSINESS = [
    "Hi {{first_name}}, the wool throw is back in our warehouse. Have a look before winter comes.",
    "Your order has left our warehouse and should reach you on Thursday.",
    "The desk lamp costs 119.00 EUR and comes with three years of warranty.",
    "Could you spare fifteen minutes next week to talk about the chairs for your clinic?",
]
ODD = [
    "",
    " ",
    "\n\n",
    "a",
    "🧶" * 50,
    "Ünïcödé tëxt äbout läments",
    "\u200b",
    "\x00",
    "e\u0301" * 30,
    "\ud800",
    "𝕎𝕠𝕠𝕝",
]


@pytest.fixture(scope="module", params=SCREENS)
def screen(request: pytest.FixtureRequest) -> Iterator[ContentSafety]:
    if request.param == "offline":
        yield content_safety("offline")
        return
    with content_safety_server() as server:
        yield AzureContentSafety(Place(server.url, KEY, patience=Patience(lambda _: None, tries=2)))


def levels(verdict: Severities) -> list[int | None]:
    return [verdict.of(category).severity for category in CATEGORIES]


def test_it_has_a_name_and_a_version(screen: ContentSafety) -> None:
    assert screen.name in SCREENS
    assert screen.version
    assert screen.version == screen.version


def test_there_is_one_answer_a_text_in_their_order(screen: ContentSafety) -> None:
    texts = [text for pair in zip([HARMFUL["Violence"][0]] * 4, BUSINESS, strict=True) for text in pair]
    verdicts = screen.screen(texts)
    assert len(verdicts) == len(texts)
    assert [(one.of("Violence").severity or 0) >= REVIEW for one in verdicts] == [True, False] * 4
    assert screen.screen([]) == []
    assert len(screen.screen(texts * 100)) == 800


@pytest.mark.parametrize(("category", "text"), [(name, text) for name, texts in HARMFUL.items() for text in texts])
def test_what_is_plainly_harmful_is_at_least_reviewed(screen: ContentSafety, category: Category, text: str) -> None:
    [verdict] = screen.screen([text])
    severity = verdict.of(category).severity
    assert severity is not None
    assert severity >= REVIEW
    assert verdict.of(category).codes


def test_business_mail_is_not_harmful(screen: ContentSafety) -> None:
    assert [levels(one) for one in screen.screen(BUSINESS)] == [[0, 0, 0, 0]] * len(BUSINESS)


def test_nothing_said_is_nothing_harmful(screen: ContentSafety) -> None:
    assert [levels(one) for one in screen.screen(["", "  \n"])] == [[0, 0, 0, 0]] * 2


def test_every_text_has_an_answer_however_odd(screen: ContentSafety) -> None:
    verdicts = screen.screen(ODD)
    assert len(verdicts) == len(ODD)
    for verdict in verdicts:
        assert set(levels(verdict)) <= {None, 0, 2, 4, 6}
        assert all(verdict.of(name).codes for name in CATEGORIES if verdict.of(name).severity is None)


def test_harm_in_the_depth_of_a_long_text_is_seen(screen: ContentSafety) -> None:
    plain = " ".join(BUSINESS[1:])
    long = " ".join([plain] * 80)
    hidden = " ".join([*[plain] * 79, HARMFUL["Violence"][0], plain])
    assert len(long) > 10_000
    harmless, harmful = screen.screen([long, hidden])
    assert levels(harmless) == [0, 0, 0, 0]
    assert (harmful.of("Violence").severity or 0) >= REVIEW


def test_a_verdict_is_the_same_alone_and_among_others(screen: ContentSafety) -> None:
    texts = [*BUSINESS, *ODD, *(text for texts in HARMFUL.values() for text in texts)]
    together = screen.screen(texts)
    assert [screen.screen([text])[0] for text in texts] == together
    assert screen.screen(texts[::-1])[::-1] == together

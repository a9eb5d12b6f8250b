"""What the verifier says of single sentences, drafts and messages."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts import Passage
from pipelines.generation.grounding import SentenceVerdict, check_sentence, check_text, verify_message
from pipelines.generation.grounding.quantities import quantities_in
from pipelines.generation.grounding.splitting import sentences_of
from pipelines.generation.message import Block, Message, Sentence

TODAY = date(2026, 11, 20)


def _passage(passage_id: str, text: str, **more: object) -> Passage:
    papers = {"title": "Facts", "approved_by": "Ana Ruiz", "approved_at": date(2026, 1, 1), **more}
    return Passage(passage_id, passage_id.split("-")[0], text=text, **papers)  # type: ignore[arg-type]


THROW = _passage(
    "throw-1", "The wool throw costs 79.00 EUR. It weighs 900 g and measures 130 x 170 cm.", title="Wool throw",
    product="Wool throw",
)  # fmt: skip
TEAPOT = _passage("teapot-1", "The teapot holds 1.2 litres and weighs 980 g.", title="Teapot", product="Teapot")
RETURNS = _passage("returns-1", "You can return unused goods within 30 days. Returns from Germany are free.")
SALE = _passage("sale-1", "The wool throw costs 59.00 EUR in summer.", expires_at=date(2026, 8, 31))
DRAFT = _passage("draft-1", "The wool throw is made in Portugal.", approved_by=None, approved_at=None)
VOICE = _passage("voice-1", '"It kept me warm all winter." — Ida Berg, Café Nord', kind="quote")
OTHER_VOICE = _passage("voice-2", '"The cat has moved in for good." — Tom Reiter, Graz', kind="quote")
PASSAGES = (THROW, TEAPOT, RETURNS, SALE, DRAFT, VOICE, OTHER_VOICE)


def _one(text: str, passages: tuple[Passage, ...] = PASSAGES) -> SentenceVerdict:
    verdicts = check_text(text, passages, TODAY)
    assert len(verdicts) == 1
    return verdicts[0]


@pytest.mark.parametrize(
    "same",
    [
        ("79 EUR", "€79", "79.00 euros", "EUR 79.00", "79,00 EUR"),
        ("1,200 people", "1200 people", "1.2 thousand people", "twelve hundred people"),
        ("two years", "24 months", "a 2-year"),
        ("900 g", "0.9 kg", "900 grams", "900-gram"),
        ("130 x 170 cm", "130x170 cm", "1.3 m x 1.7 m", "1300 × 1700 mm", "130 by 170 cm"),
        ("1.2 l", "1,200 ml", "120 cl", "1.2 litres"),
        ("14 days", "two weeks", "a fortnight".replace("a ", "1 ")),
        ("90 %", "90 percent", "90 per cent", "nine out of ten", "9 in 10", "9 of the 10"),
        ("50 %", "half of our customers"),
        ("31 December 2026", "2026-12-31", "December 31, 2026", "31st of December 2026", "31/12/2026", "31.12.2026"),
        ("9 a.m. to 5 p.m.", "9:00–17:00", "between 9:00 and 17:00"),
        ("Monday to Friday", "Mon–Fri"),
        ("2 to 3 working days", "2–3 business days", "between two and three working days"),
        ("up to 20 %", "at most 20 percent", "no more than 20 %"),
        ("at least 8 years", "8 years or more", "a minimum of 8 years".replace("a m", "m")),
    ],
    ids=lambda same: same[0],
)
def test_one_quantity_in_many_writings(same: tuple[str, ...]) -> None:
    read = [quantities_in(f"It is {written} here.") for written in same]
    assert [len(found) for found in read] == [1] * len(same), read
    assert len({found[0].key for found in read}) == 1
    assert len({found[0].qualifier for found in read}) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Feld of Acme Inc. paid EUR 79.00 for approx. 1.2 l, i.e. No. 5, at 10 a.m. yesterday.", 1),
        ("It costs 79.50 EUR. It is warm.", 2),
        ('She said: "It is warm. I love it." Then she left.', 2),
        ("“It is warm. I love it.” — Ida Berg, Café Nord", 1),
        ("# A heading\nA line that goes on\nin the next one.\n\n- first bullet\n- second bullet", 4),
        ("Hello {{contact.first_name|there}},\n\nsee https://www.acme.example/a.b?c=d. It is new! 🎉 Really?", 4),
        ("**Bold claim.** And [a link](https://acme.example) here.", 2),
        ("| Product | Price |\n|---|---|\n| Wool throw | 79.00 EUR |", 2),
        ("", 0),
    ],
)
def test_sentences_are_cut_where_people_end_them(text: str, count: int) -> None:
    assert len(sentences_of(text)) == count, [sentence.text for sentence in sentences_of(text)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("The wool throw costs 89 EUR.", "number", ("89 EUR", "79.00 EUR", "throw-1")),
        ("The wool throw weighs 900 kg.", "number", ("900 kg", "900 g")),
        ("The wool throw costs 79 USD.", "unit", ("79 USD", "79.00 EUR", "unit")),
        ("The wool throw is waterproof.", "word", ("waterproof",)),
        ("The wool throw is the warmest.", "superlative", ("warmest",)),
        ("Returns from Germany are not free.", "negation", ("free",)),
        ("You can return unused goods within 30 days with Klarna.", "name", ("Klarna",)),
        ("You can return goods within 30 days.", "qualifier", ("unused",)),
        ("The teapot weighs 900 g.", "number", ("900 g", "980 g")),
        ('"It was far too warm for me," says Ida Berg.', "quotation", ("far too warm",)),
        ('"It kept me warm all winter," says Tom Reiter.', "speaker", ("Tom",)),
        ("The wool throw costs 59 EUR in summer.", "expired", ("expired on 2026-08-31",)),
        ("The wool throw is made in Portugal.", "not_approved", ("not approved",)),
        ("Quantum chromodynamics explains gluons.", "nothing", ("No approved passage",)),
    ],
)
def test_the_reason_names_the_culprit(text: str, code: str, words: tuple[str, ...]) -> None:
    verdict = _one(text)
    assert (verdict.verdict, verdict.code) == ("unsupported", code), verdict
    assert all(word in verdict.reason for word in words), verdict.reason
    assert verdict.reason.endswith(".")


def test_a_supported_sentence_names_its_passage() -> None:
    verdict = _one("The wool throw is yours for €79.")
    assert (verdict.verdict, verdict.passage_id, verdict.document_id) == ("supported", "throw-1", "throw")


def test_the_end_of_a_span_begins_no_other() -> None:
    known = "Orders placed between 1 November and 24 December 2026 can be returned until 15 January 2027."
    papers = (_passage("orders-1", known),)
    said = "You can return orders placed between 1 November and {} December 2026 until 15 January {}."
    for day, year, verdict in ((24, 2027, "supported"), (20, 2027, "unsupported"), (24, 2028, "unsupported")):
        assert _one(said.format(day, year), papers).verdict == verdict
    everybody = _one("You can return orders until 15 January 2027.", papers)
    assert (everybody.verdict, everybody.code) == ("unsupported", "condition")


def test_it_is_the_subject_before() -> None:
    right = check_text("Meet the wool throw. It weighs 900 g.", PASSAGES, TODAY)
    wrong = check_text("Meet the teapot. It weighs 900 g.", PASSAGES, TODAY)
    assert right[1].verdict == "supported"
    assert wrong[1].verdict == "unsupported"
    assert (
        check_sentence("It weighs 900 g.", ["throw-1"], PASSAGES, TODAY, before="The teapot.").verdict == "unsupported"
    )
    assert check_sentence("It weighs 900 g.", ["throw-1"], PASSAGES, TODAY).verdict == "supported"


def test_a_draft_rests_on_what_it_cites() -> None:
    claim = "The wool throw weighs 900 g."
    assert check_sentence(claim, ["throw-1"], PASSAGES, TODAY).verdict == "supported"
    assert check_sentence(claim, ["teapot-1", "throw-1"], PASSAGES, TODAY).passage_id == "throw-1"
    assert check_sentence(claim, [], PASSAGES, TODAY).code == "no_citation"
    assert check_sentence(claim, ["throw-9"], PASSAGES, TODAY).code == "unknown_citation"
    assert check_sentence(claim, ["throw-1"], [TEAPOT], TODAY).code == "unknown_citation"
    elsewhere = check_sentence(claim, ["returns-1"], PASSAGES, TODAY)
    assert elsewhere.verdict == "unsupported"
    assert check_sentence("The wool throw costs 59 EUR in summer.", ["sale-1"], PASSAGES, TODAY).code == "expired"
    assert check_sentence("The throw is from Portugal.", ["draft-1"], PASSAGES, TODAY).code == "not_approved"
    assert check_sentence("Hello there,", [], PASSAGES, TODAY).verdict == "not_factual"


def test_several_claims_may_rest_on_several_passages() -> None:
    both = "The wool throw weighs 900 g, and returns from Germany are free."
    assert check_sentence(both, ["throw-1", "returns-1"], PASSAGES, TODAY).verdict == "supported"
    assert check_sentence(both, ["throw-1"], PASSAGES, TODAY).verdict == "unsupported"
    two = "The wool throw weighs 900 g. Returns from Germany cost 5 EUR."
    assert check_sentence(two, ["throw-1", "returns-1"], PASSAGES, TODAY).verdict == "unsupported"


def test_approval_and_expiry_count_by_the_day() -> None:
    claim = "The wool throw costs 59 EUR in summer."
    assert check_text(claim, [SALE], date(2026, 8, 31))[0].verdict == "supported"
    assert check_text(claim, [SALE], date(2026, 9, 1))[0].verdict == "unsupported"
    assert check_text(claim, [replace(SALE, approved_at=date(2026, 9, 1))], date(2026, 8, 31))[0].code == "not_approved"


def test_what_a_customer_says_is_no_fact() -> None:
    assert _one("The throw kept people warm all winter.").verdict == "unsupported"
    assert _one('"It kept me warm all winter," says Ida Berg of Café Nord.').verdict == "supported"


def _message(*blocks: Block) -> Message:
    nothing = Sentence(text="Hello", passage_ids=())
    return Message(subject=nothing, preheader=nothing, blocks=blocks, call_to_action=nothing)


def _block(kind: str, *sentences: tuple[str, str]) -> Block:
    said = tuple(Sentence(text=text, passage_ids=tuple(ids.split())) for text, ids in sentences)
    return Block(kind=kind, sentences=said)  # type: ignore[arg-type]


def test_a_message_is_verified_place_by_place() -> None:
    message = _message(
        _block("heading", ("The wool throw", "")),
        _block("bullet", ("Weighs 900 g", "throw-1"), ("Weighs 980 g", "teapot-1")),
        _block("paragraph", ("You can return unused goods within 30 days.", "returns-1")),
    )
    found = {place: verdict.verdict for place, verdict in verify_message(message, PASSAGES, TODAY)}
    assert found == {
        "subject": "not_factual",
        "preheader": "not_factual",
        "block 1.1": "not_factual",
        "block 2.1": "supported",
        "block 2.2": "unsupported",
        "block 3.1": "supported",
        "call to action": "not_factual",
    }


@pytest.mark.parametrize(
    ("quote", "speaker", "verdicts"),
    [
        ("It kept me warm all winter.", "— Ida Berg, Café Nord", ["supported", "supported"]),
        ("It kept me warm all winter.", "— Tom Reiter, Graz", ["supported", "unsupported"]),
        ("It kept me warm all winter.", "Tom Reiter, Graz", ["supported", "unsupported"]),
        ("It kept me cold all winter.", "— Ida Berg, Café Nord", ["unsupported", "supported"]),
    ],
)
def test_a_quotation_keeps_its_words_and_its_speaker(quote: str, speaker: str, verdicts: list[str]) -> None:
    both = "voice-1 voice-2"
    found = verify_message(_message(_block("quote", (quote, both), (speaker, both))), PASSAGES, TODAY)
    assert [verdict.verdict for place, verdict in found if place.startswith("block")] == verdicts


FIGURES = (
    "The wool throw costs {} EUR.",
    "The wool throw weighs {} g.",
    "You can return unused goods within {} days.",
    "The teapot weighs {} g.",
    "In 2025 we sent {} parcels from Hamburg.",
    "Tea stays hot for {} minutes in the teapot.",
    "Up to {} throws fit into one box.",
    "{} percent of our customers order again.",
)


@given(
    template=st.sampled_from(FIGURES),
    true=st.integers(2, 5000),
    said=st.one_of(st.integers(2, 5000), st.decimals(2, 5000, places=2)),
)
@settings(max_examples=200, deadline=None)
def test_another_number_is_never_borne_out(template: str, true: int, said: object) -> None:
    known = (_passage("facts-1", template.format(f"{true:,}")),)
    assert _one(template.format(true), known).verdict == "supported"
    # 2025 is the year of one template, which would then stand twice.
    if said not in (true, 2025):
        assert _one(template.format(said), known).verdict == "unsupported"


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read(text: str) -> None:
    verdicts = check_text(text, PASSAGES, TODAY)
    assert all(verdict.verdict in ("supported", "unsupported", "not_factual") for verdict in verdicts)
    check_sentence(text, ["throw-1"], PASSAGES, TODAY)
    check_text("The wool throw weighs 900 g.", [_passage("odd-1", text, title=text[:20])], TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "The wool throw costs 79 EUR and weighs 900 g. " * 4400,
        "wool " * 40_000,
        '"1 a 2-3 x 4% ' * 15_000,
        "9" * 200_000,
    ],
    ids=["sentences", "no end", "marks", "digits"],
)
def test_a_long_text_takes_seconds_at_most(text: str) -> None:
    started = time.process_time()
    assert check_text(text, PASSAGES, TODAY)
    assert time.process_time() - started < 10


def test_slots_and_links_say_nothing() -> None:
    assert _one("Hello {{contact.first_name|Hannah of 1887}},").verdict == "not_factual"
    assert _one("The throw of {{account.name|your 12 companies}} weighs 900 g.").verdict == "supported"
    assert _one("Have a look: https://www.acme.example/best-throw-2027").verdict == "not_factual"


def test_nothing_is_borne_out_by_no_passages() -> None:
    verdict = check_text("The wool throw weighs 900 g.", [], TODAY)[0]
    assert (verdict.verdict, verdict.passage_id, verdict.code) == ("unsupported", None, "nothing")
    assert re.match(r"No approved passage", verdict.reason)


@pytest.mark.parametrize(
    ("button", "verdict"),
    [
        ("Ask for a quote", "not_factual"),
        ("See Workspaces for yourself", "not_factual"),
        ("Get 50 % off", "unsupported"),
        ("Get two for one", "unsupported"),
        ("Try the best chair", "unsupported"),
        ("Order risk-free", "unsupported"),
        ("Pay no fees", "unsupported"),
        ("See the waterproof boots", "unsupported"),
        ("Workspaces", "not_factual"),
        ("Win a car today", "unsupported"),
        ("Doctors say yes", "unsupported"),
        ("See why NASA chose Workspaces", "unsupported"),
    ],
)
def test_a_button_may_ask_and_not_claim(button, verdict):
    message = Message(
        subject=Sentence(text="Hello", passage_ids=()),
        preheader=Sentence(text="Hello", passage_ids=()),
        blocks=(),
        call_to_action=Sentence(text=button, passage_ids=()),
    )
    found = dict(verify_message(message, (), date(2026, 11, 20), "Workspaces"))
    assert found["call to action"].verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Enjoy the evening.\n*** 50% off everything today ***\nRelax.", "unsupported"),
        ("Enjoy it. See the [throw](guaranteed-for-life-and-half-price). Relax.", "unsupported"),
        ("``` guaranteed for life", "unsupported"),
        ("{{contact.first_name|free car winner}}, enjoy the evening.", "unsupported"),
        ("{{contact.first_name|dear friend}}, enjoy the evening.", "not_factual"),
        ("A <strong>lovely</strong> evening.", "not_factual"),
        ('Enjoy <a href="{{campaign.link}}">the moment</a>.', "not_factual"),
    ],
)
def test_a_message_is_verified_as_it_is_sent(text, verdict):
    found = verify_message(_message(_block("paragraph", (text, ""))), PASSAGES, TODAY)
    assert [(one.text, one.verdict) for place, one in found if place == "block 1.1"] == [(text, verdict)]


@pytest.mark.parametrize("line", ["*** 50% off everything ***", "--- guaranteed for life", "=== half price", "~~~ 50%"])
def test_a_line_of_signs_with_words_in_it_is_no_rule(line):
    verdicts = check_text(f"Enjoy the evening.\n\n---\n\n{line}\n\n* * *\n\n```python\n", PASSAGES, TODAY)
    assert [one.verdict for one in verdicts] == ["not_factual", "unsupported"]


FURNITURE = _passage("delivery-1", "Furniture delivery to Austria costs 59.00 EUR and takes 15 to 20 working days.")


@pytest.mark.parametrize(
    "bullet", ["Costs 59.00 EUR and weighs 900 g", "Costs 59.00 EUR", "Yours for only 59.00 EUR", "Price: 59.00 EUR"]
)
def test_a_bare_price_below_a_product_is_that_products(bullet):
    passages = (THROW, FURNITURE)
    heading, said = check_text(f"## What you get with the wool throw\n\n- {bullet}\n", passages, TODAY)
    assert (heading.verdict, said.verdict) == ("not_factual", "unsupported")
    assert check_text(f"- {bullet.replace('59', '79')}\n", passages, TODAY)[0].verdict == "supported"

"""Slots: only those that code fills, and nothing else that waits to be filled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.generation import slots as generation
from tests.safety.checks.mails import HONEST, LINK, RULES, TEXT, blocked, codes, held, mail, page

OF_GENERATION = generation.SLOTS


def test_the_list_of_slots_is_that_of_generation() -> None:
    told = RULES.told.slots
    assert {name: (slot.typical, slot.always_given) for name, slot in OF_GENERATION.items()} == {
        name: (slot.letters, slot.always_given) for name, slot in told.items()
    }
    for name, slot in told.items():
        for spelling in slot.also:
            assert generation.slots_in(f"{{{{{spelling}}}}}") == (name,)


names = st.sampled_from(
    [
        "contact.first_name",
        "FirstName",
        "Contact_Name",
        "contact.salary",
        "x",
        "",
        "campaign.link",
        "a.b.c.d",
        "account . name",
    ]
)
fallbacks = st.sampled_from(["", "|there", "|", "|{x", "|upper()", "| you all ", "|" + "x" * 61])


@given(names, fallbacks)
def test_whatever_generation_cannot_fill_is_held_and_what_it_fills_is_not_blocked(name: str, fallback: str) -> None:
    written = f"{{{{{name}{fallback}}}}}"
    assert bool(blocked(mail(text=f"{TEXT} {written}"), "slots")) >= bool(generation.unknown_slots(written))
    if not generation.unknown_slots(written) and fallback != "|upper()":
        assert blocked(mail(text=f"{TEXT} {written}"), "slots") == set()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{{contact.salary|much}}", "unknown_slot"), ("{{ }}", "unknown_slot"),
        ("{{contact.first_name | }}", "unusable_fallback"), ("{{contact.first_name|at prize.tk}}", "unusable_fallback"),
        ("{{campaign.link|here}}", "unusable_fallback"), ("{first_name}", "template_brace"),
        ("{{{contact.first_name|x}}}", "template_brace"),
        ("{{contact.first_name", "template_brace"), ("｛｛contact.first_name｝｝", "template_brace"),
        ("{% if x %}", "template_command"),
        ("{# x #}", "template_command"), ("<%= x %>", "template_command"), ("${name}", "template_command"),
        ("#{name}", "template_command"),
        ("*|FNAME|*", "template_foreign"), ("%FIRSTNAME%", "template_foreign"), ("%%EMAIL%%", "template_foreign"),
        ("[First Name]", "template_foreign"),
        ("[[your company]]", "template_foreign"), ("[Insert link here]", "template_foreign"),
        ("__NAME__", "template_foreign"),
        ("<First Name>", "template_foreign"), ("[object Object]", "template_foreign"),
        ("Lorem ipsum dolor", "template_filler"),
        ("TODO: write this", "template_filler"), ("XXXX", "template_filler"),
        ("Hello nan, welcome", "template_nothing"),
        ("Dear None,", "template_nothing"), ("Hello ,", "template_nothing"), ("Hi !", "template_nothing"),
    ],
)  # fmt: skip
def test_what_waits_to_be_filled_is_blocked_by_name(written: str, code: str) -> None:
    assert code in blocked(mail(text=f"{TEXT}\n{written}"), "slots")
    if "<" not in written:
        assert code in blocked(mail(html=page(f"<p>{written}</p>")), "slots")
        assert code in blocked(mail(subject=written), "slots")


@pytest.mark.parametrize(
    "where",
    [
        '<img src="https://www.lindhaven.example/a.png" alt="{{contact.salary}}">',
        '<a href="{{contact.salary}}">x</a>',
        "<p hidden>{{contact.salary}}</p>",
    ],
)
def test_unknown_slots_are_found_in_attributes_links_and_hidden_words(where: str) -> None:
    assert "unknown_slot" in blocked(mail(html=page(where)), "slots")


def test_a_slot_without_a_fallback_is_reviewed_and_one_for_the_body_does_not_stand_in_a_subject() -> None:
    assert [(one.code, one.severity) for one in held(mail(subject="{{contact.first_name}}, a note"), "slots")] == [
        ("slot_without_fallback", "review")
    ]
    assert blocked(mail(subject="{{campaign.link}}"), "slots") == {"misplaced_slot"}


def test_honest_texts_pass() -> None:
    assert codes(HONEST, "slots") == set()
    said = "Hello there, 20% off [see note 1], 50% EUR and 100% wool; null problems. Dear all,"
    assert codes(mail(text=said, link=f"{LINK}?a=%7Bx%7D"), "slots") == set()

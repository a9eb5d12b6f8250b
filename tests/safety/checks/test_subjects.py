"""Subjects: no false answers and alarms, not too long, not too loud."""

from __future__ import annotations

import pytest

from tests.safety.checks.mails import HONEST, blocked, codes, held, mail, page


@pytest.mark.parametrize(
    "subject",
    [
        "Re: your order", "RE : your order", "re:your order", "Fwd: a note", "FW: a note", "AW: Ihre Bestellung",
        "WG: Angebot", "Antw.: x", "Antw: x",
        "Re[2]: your order", "Re(3): x", "[Lindhaven] Re: x", "  Re: x", "\u200bRe: x", "Ｒｅ：x", "Rе: x",
        "R\u00ade: x", "Re：x", "Re꞉ x", "🔥 Re: x",
        "{{contact.first_name|there}} Re: x",
        "回复：您好", "返信: x", "Re;: x", "RE: RE: x", "TR : x", "SV: x", "Odp: x",
        "«Re: x",
    ],
)  # fmt: skip
def test_a_false_answer_is_blocked_and_one_in_a_thread_is_not(subject: str) -> None:
    assert blocked(mail(subject=subject), "deceptive_subject") == {"false_reply"}
    assert codes(mail(subject=subject, thread_id="t-1"), "deceptive_subject") == set()


@pytest.mark.parametrize(
    "subject",
    [
        "Your account will be closed",
        "Action required",
        "Unusual activity noticed",
        "P\u200bayment failed",
        "Final  n0tice",
        "Letzte Mahnung",
        "Security-Alert!",
    ],
)
def test_a_false_notice_about_an_account_is_blocked_in_marketing(subject: str) -> None:
    assert blocked(mail(subject=subject), "deceptive_subject") == {"false_account_notice"}
    assert blocked(mail(preheader=subject), "deceptive_subject") == {"false_account_notice"}
    assert codes(mail(subject=subject, marketing=False), "deceptive_subject") == set()


@pytest.mark.parametrize(
    "subject",
    [
        "Reading lamps: new",
        "Returns: how they work",
        "Ready: your wool",
        "A fresh start",
        "Award: we won",
        "Trays: 3 new ones",
        "Review: warm",
    ],
)
def test_honest_subjects_pass(subject: str) -> None:
    assert codes(mail(subject=subject), "deceptive_subject", "subject_length", "shouting") == set()


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("x" * 59, set()), ("x" * 60, {"subject_too_long"}), ("{{contact.first_name|there}}" + "x" * 54, set()),
        ("{{contact.first_name|there}}" + "x" * 55, {"subject_too_long"}),
        ("{{contact.first_name}}" + "x" * 53, set()),
        ("", {"subject_empty"}), (" !? ", {"subject_empty"}), ("{{sender.company}}", set()),
    ],
)  # fmt: skip
def test_a_subject_is_counted_as_it_usually_gets(subject: str, expected: set[str]) -> None:
    assert codes(mail(subject=subject), "subject_length") == expected


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("WOOL THROWS ARE BACK", "capitals"), ("LAST WARM throws THIS WEEK", "capitals"),
        ("Warm!!", "exclamation_marks"),
        ("Warm throws?!?!", "exclamation_marks"), ("Warm ！！！", "exclamation_marks"),
        ("Save $$$ today", "money_signs"), ("€ € € for you", "money_signs"),
    ],
)  # fmt: skip
def test_loud_subjects_are_reviewed(subject: str, code: str) -> None:
    assert code in codes(mail(subject=subject), "shouting")


def test_loud_bodies_are_reviewed_and_codes_are_not_loud() -> None:
    assert codes(mail(html=page("<p>Warm! Wool! Throws! Now!</p>")), "shouting") == {"exclamation_marks"}
    assert codes(mail(html=page("<p>THIS IS OUR BIGGEST WOOL THROW EVER</p>")), "shouting") == {"capitals"}
    assert codes(mail(html=page("<p>Use WINTER10: 79.00 EUR, VAT included. Hygge!</p>")), "shouting") == set()
    assert held(HONEST, "shouting", "deceptive_subject") == ()

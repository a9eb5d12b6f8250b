"""Brand: what a message must hold, and a tone that is kept, by a measure that can be repeated by hand."""

from __future__ import annotations

import pytest

from pipelines.safety.brand import brand_score, tone_of
from tests.safety.checks.mails import ADDRESS, BUTTON, HONEST, RULES, SMS, codes, held, mail, page

RIVAL = '<a href="https://www.lindhaven.example/sale" style="background:#000;padding:9px">Shop the sale</a>'
PLAIN = "<p>Hello {{contact.first_name|there}}. We mend holes.</p>"


@pytest.mark.parametrize(
    ("html", "code"),
    [
        (page("<p>Our workshop mends holes.</p>"), "no_personalisation"), (page(button=""), "no_call_to_action"),
        (page(button='<a href="https://www.lindhaven.example/x">See</a>'), "no_call_to_action"),
        (page(button=f"<span style='display:none'>{BUTTON}</span>"), "no_call_to_action"),
        (page(button=BUTTON + RIVAL), "several_calls_to_action"),
        (page(button=BUTTON.replace("See the Wool throws", "Click here")), "unclear_call_to_action"),
        (page(button=BUTTON.replace("See the Wool throws", "")), "unclear_call_to_action"),
        (page(button=BUTTON + BUTTON.replace("See", "Buy") + BUTTON.replace("See", "Get")), "several_calls_to_action"),
        (page(address="<p>{{postal.address}}</p>").replace("Lindhaven", "us"), "no_sender"),
        (page(address=f"<div hidden>{ADDRESS}</div>").replace("Lindhaven", "us"), "no_sender"),
    ],
)  # fmt: skip
def test_what_is_missing_is_reviewed(html: str, code: str) -> None:
    found = held(mail(html=html), "brand_elements")
    assert [(one.code, one.severity) for one in found] == [(code, "review")]


def test_the_same_call_may_stand_twice_and_each_channel_has_its_own_needs() -> None:
    assert codes(mail(html=page(button=f"{BUTTON}<p>{BUTTON}</p>")), "brand_elements") == set()
    assert codes(HONEST, "brand_elements") == codes(SMS, "brand_elements") == set()
    assert codes(mail(channel="push", html="", text="Warm news"), "brand_elements") == set()
    nobody = mail(channel="sms", html="", text="Look: {{campaign.link}} and {{campaign.link}} STOP", sender_names=())
    assert codes(nobody, "brand_elements") == {"several_calls_to_action", "no_sender"}


def test_tone_is_the_share_of_words_in_sentences_that_keep_the_register() -> None:
    kept = "We mend small holes in Hamburg. " * 3
    broken = mail(
        html=page(f"<p>{kept}Kindly revert to us.</p>", button="", address="", way_out="", top=""), tone="plain"
    )
    tone = tone_of(broken, RULES)
    words = 6 * 3 + 4 + 10
    assert tone.consistency == pytest.approx((words - 4) / words)
    assert [why for _, why in tone.broken] == ["“kindly revert” in it"]


@pytest.mark.parametrize(
    ("tone", "said"),
    [
        ("warm and plain", "Pursuant to our terms you may utilize the throw as aforementioned in the catalogue."),
        ("businesslike and brief", "Yo dude, this lamp is awesome, wanna have one for the office?"),
        ("respectful", "Our lamps are here 🎉 and they light every desk in the whole office from morning to evening."),
        ("friendly, unhurried", "Hurry, why haven't you come, the throws are running out and you forgot our house."),
        ("warm", "A game-changing, mind-blowing, ins4ne throw for the next level of sofas and evenings in your house."),
        ("plain", "word " * 40),
    ],
)  # fmt: skip
def test_a_broken_register_is_reviewed(tone: str, said: str) -> None:
    assert codes(mail(html=page(f"{PLAIN}<p>{said}</p>"), tone=tone), "tone") == {"tone_inconsistent"}


def test_a_playful_brief_may_be_playful() -> None:
    said = "<p>Hey, folks, this throw is cool 🎉 and warm.</p>"
    assert codes(mail(html=page(said), tone="professional"), "tone") == {"tone_inconsistent"}
    assert codes(mail(html=page(said), tone="playful"), "tone") == set()
    assert codes(HONEST, "tone") == set()


def test_what_is_held_against_the_brand_tells_its_score() -> None:
    poor = mail(html=page("<p>Our workshop mends holes.</p>", button=""))
    [first, *_] = held(poor, "brand_elements")
    assert first.sentence.endswith(f"The brand score is {brand_score(poor, RULES).score:.2f} of 1.")


def test_the_brand_score_falls_with_every_missing_element() -> None:
    assert brand_score(HONEST, RULES).score == 1.0
    poor = brand_score(mail(html=page("<p>Our workshop mends holes.</p>", button="")), RULES)
    assert (poor.score, poor.tone, poor.missing) == (
        pytest.approx(0.6667, abs=1e-4),
        1.0,
        ("no_personalisation", "no_call_to_action"),
    )

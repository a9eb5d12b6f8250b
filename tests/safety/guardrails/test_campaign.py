"""The guardrails about a campaign as a whole, by facts alone."""

from dataclasses import replace

import pytest

from pipelines.safety.guardrails.campaign import judge
from pipelines.safety.guardrails.policy import read_guardrail_policies
from pipelines.safety.guardrails.rates import hours_for, room_left
from pipelines.safety.guardrails.reasons import GUARDRAILS
from pipelines.safety.guardrails.stopping import asks_to_stop
from pipelines.safety.guardrails.verdicts import CampaignFacts, Sent, Settled, Text

from .conftest import POLICIES

POLICY = read_guardrail_policies(POLICIES).general
GOOD = Text("v1", "h1", "pass", cleared=True)
ON_WHATSAPP = {"texts": (replace(GOOD, channel="whatsapp"),)}


def facts(**more) -> CampaignFacts:
    return CampaignFacts("c", **{"channel": "email", "texts": (GOOD,), "audience": 10, "included": 10, **more})


def sent(messages: int, bounces: int = 0, complaints: int = 0) -> dict:
    return {"own": Sent(messages, bounces, complaints)}


def waiting(check: str) -> dict:
    return {"texts": (GOOD, Text("v2", "h2", "review", checks=frozenset({check})))}


CASES = {
    "nothing": ({}, []),
    "bounces under 5 %": (sent(1000, bounces=49), []),
    "bounces at 5 %": (sent(1000, bounces=50), [("spam_control", "block", "bounces_too_high")]),
    "four bounces are no rate": (sent(5, bounces=4), []),
    "complaints under 0.1 %": (sent(10_000, complaints=9), []),
    "complaints at 0.1 %": (sent(10_000, complaints=10), [("spam_control", "review", "complaints_rising")]),
    "complaints under 0.3 %": (sent(10_000, complaints=29), [("spam_control", "review", "complaints_rising")]),
    "complaints at 0.3 %": (sent(10_000, complaints=30), [("spam_control", "block", "complaints_too_high")]),
    "one complaint warns": (sent(10, complaints=1), [("spam_control", "review", "complaints_rising")]),
    "the sender's reputation": (
        {"sender": Sent(1000, 50, 0)}, [("spam_control", "block", "bounces_too_high")]),
    "spam words": (waiting("spam_words"), [("spam_control", "review", "text_in_review")]),
    "no way out": (waiting("unsubscribe"), [("compliance", "review", "text_in_review")]),
    "tone": (waiting("tone"), [("tone_and_brand", "review", "text_in_review")]),
    "released by a reviewer": ({"texts": (Text("v", "h", "review", True, frozenset({"tone"})),)}, []),
    "one text blocked": ({"texts": (GOOD, Text("v2", "h2", "block"))}, []),
    "every text blocked": ({"texts": (Text("v", "h", "block"),)}, [("tone_and_brand", "block", "every_text_blocked")]),
    "no text": ({"texts": ()}, [("tone_and_brand", "block", "no_text")]),
    "not screened": ({"texts": (GOOD, Text("v2", "h2"))}, [("compliance", "block", "not_screened")]),
    "no template": (ON_WHATSAPP, [("compliance", "review", "template_not_approved")]),
    "ledger closed": ({"may_log": False}, [("audit_logger", "block", "ledger_closed")]),
    "nobody": ({"included": 0}, [("consent_and_preferences", "block", "nobody_included")]),
    "14 %": ({"offer": "14 % off"}, []),
    "15 %": ({"offer": "15% off all lamps"}, [("money", "review", "discount_needs_manager")]),
    "25 %": ({"offer": "10 % on lamps, 25 per cent on throws"}, [("money", "review", "discount_needs_manager")]),
    "26 %": ({"offer": "25,5 Prozent"}, [("money", "review", "discount_needs_director")]),
    "half price": ({"offer": "Lamps at half price"}, [("money", "review", "discount_needs_director")]),
    "very important people": ({"reasons": {"vip": 3}}, [("money", "review", "vip")]),
    "budget nearly spent": ({"spent": 949.99}, []),
    "budget at its cap": ({"spent": 950}, [("money", "block", "campaign_budget_spent")]),
    "channel at its cap": ({"spent_on_channel": 4750}, [("money", "block", "channel_budget_spent")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_guardrail_at_its_boundary(case):
    given, expected = CASES[case]
    verdicts = judge(facts(**given), POLICY)
    assert [(one.guardrail, one.decision, one.code) for one in verdicts if one.decision != "pass"] == expected
    assert list(dict.fromkeys(one.guardrail for one in verdicts)) == list(GUARDRAILS)
    assert all(one.sentence.endswith(".") for one in verdicts)


def test_a_whatsapp_template_that_is_listed_passes():
    policy = POLICY.model_copy(update={"whatsapp_templates": ("h1",)})
    assert {one.decision for one in judge(facts(**ON_WHATSAPP), policy)} == {"pass"}


@pytest.mark.parametrize(("settlement", "decision"), [("approved", "pass"), ("rejected", "block")])
def test_what_a_person_answered_is_not_asked_again(settlement, decision):
    answer = {("money", "discount_needs_manager"): Settled(settlement, "grace")}
    (verdict,) = [one for one in judge(facts(offer="20 % off", settled=answer), POLICY) if one.guardrail == "money"]
    assert (verdict.decision, verdict.asks) == (decision, None)
    assert f"grace {settlement} it" in verdict.sentence


def test_nobody_waves_through_what_stops_a_campaign():
    answer = {("reputation", "bounces_too_high"): Settled("approved", "grace")}
    verdicts = judge(facts(**sent(100, bounces=50), settled=answer), POLICY)
    assert [one.decision for one in verdicts if one.stops] == ["block"]


def test_more_than_an_hour_holds_is_spread_and_not_refused():
    verdicts = judge(facts(included=150_000, audience=150_000, this_hour=60_000), POLICY)
    (spread,) = [one for one in verdicts if one.code == "spread_over_hours"]
    assert (spread.decision, "3 hours" in spread.sentence) == ("pass", True)


def test_rooms_and_hours():
    assert [room_left(100, used) for used in (0, 99, 100, 101)] == [100, 1, 0, 0]
    assert [hours_for(n, 100) for n in (0, 1, 100, 101)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("answer", "stops"),
    [("STOP", True), ("Stop.", True), (" please opt-out ", True), ("Arrêt!", True), ("unsubscribe", True),
     ("stop by tomorrow?", False), ("I cannot stop laughing", False), ("", False), ("ok", False)],
)  # fmt: skip
def test_a_stop_word_by_itself_revokes(answer, stops):
    assert asks_to_stop(answer, POLICY.stop_words) is stops

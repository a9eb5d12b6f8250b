"""One decision out of many: never milder than the strictest, and open to another try only if nothing is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipelines.adapters.content_safety import content_safety
from pipelines.safety.finding import Finding
from pipelines.safety.judging import UNDECIDED, judged, texts_of
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.ports import CATEGORIES, Judged, Severities
from pipelines.safety.screening import DECISIONS, decide
from tests.safety.checks.mails import HONEST, page
from tests.safety.labelled_texts import POLICIES

POLICY = read_screening_policy(POLICIES)
SCREEN = content_safety("offline")
SEVERITIES = st.fixed_dictionaries(dict.fromkeys(CATEGORIES, st.sampled_from([0, 2, 4, 6, None])))
FOUND = st.builds(
    Finding,
    st.just("links"),
    st.sampled_from(["no_https", "check_failed"]),
    st.sampled_from(["review", "block"]),
    st.just("Why."),
)


def said(known) -> Severities:
    return Severities({category: Judged(level, ("seen",)) for category, level in known.items()})


@given(answers=st.lists(SEVERITIES.map(said), max_size=4), found=st.lists(FOUND, max_size=3))
def test_the_strictest_counts_whoever_said_it(answers, found):
    outcome = judged([f"place {n}" for n in range(len(answers))], answers, found, POLICY, SCREEN, "acme")
    asked = [decide(one, POLICY, SCREEN.name, "acme").decision for one in answers] or ["block"]
    strictest = max([*asked, *(one.severity for one in found)], key=DECISIONS.index)
    assert outcome.decision == strictest
    blocking = {one.code for one in outcome.findings if one.severity == "block"}
    assert outcome.undecided == bool(blocking and blocking <= UNDECIDED)
    assert outcome.reason
    assert bool(outcome.code) == (outcome.decision != "pass")
    for category in CATEGORIES:
        levels = [one.of(category).severity for one in answers] or [None]
        assert outcome.severities[category] == (None if None in levels else max(levels))


def test_nothing_is_left_unread():
    hidden = page(top='<div style="display:none">unseen words</div><!-- a comment -->')
    mail = replace(HONEST, html=hidden, subject="Hello {{contact.first_name|dear reader}}")
    read = dict(texts_of(mail))
    assert read["subject"] == "Hello dear reader"
    assert "unseen words" in read["hidden text"]
    assert "a comment" in read["comments"]
    assert {"preheader", "body", "text part"} <= read.keys()


def test_a_setting_of_the_page_is_no_text_but_words_in_its_place_are():
    settings = (
        '<meta http-equiv="X-UA-Compatible" content="IE=edge">'
        '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="format-detection" content="telephone=no, date=no">'
        '<meta name="color-scheme" content="light dark">'
    )
    read = dict(texts_of(replace(HONEST, html=page(head=settings))))["attributes"]
    assert not any(word in read for word in ("edge", "html", "width", "light", "telephone"))
    for hidden in (
        '<meta name="viewport" content="unseen words">', '<meta name="description" content="unseen=words">',
        '<img src="https://www.example.com/a.png" alt="unseen=words">',
    ):  # fmt: skip
        assert "unseen" in dict(texts_of(replace(HONEST, html=page(head=hidden))))["attributes"]

"""Events in every shape that a provider or a file may bring, as columns; what is no event is told by its line."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.engagement.reading import NO_EVENT, NO_VALUE, as_columns, read_post
from pipelines.engagement.vocabulary import SENDGRID, WORDS

BASE = {"email": "Ana@Example.com", "timestamp": 1795167600, "event": "click", "sg_event_id": "e1"}


def event(**more):
    return json.dumps({**BASE, **more})


@pytest.mark.parametrize(
    ("told", "word", "hard"),
    [
        ({"event": "processed"}, "sent", None),
        ({"event": "bounce", "type": "bounce"}, "bounced", True),
        ({"event": "bounce", "type": "blocked"}, "bounced", False),
        ({"event": "bounce", "bounce_classification": "Mailbox Unavailable"}, "bounced", False),
        ({"event": "bounce", "bounce_classification": "Invalid Address"}, "bounced", True),
        ({"event": "spamreport"}, "complained", None),
        ({"event": "group_unsubscribe"}, "unsubscribed", None),
        ({"event": "account_status_change"}, "other", None),
    ],
)
def test_a_provider_s_word_becomes_ours(told, word, hard):
    heard = as_columns([event(**told)]).events
    assert (heard["event"][0], heard["hard"][0]) == (word, hard)
    assert set(SENDGRID.values()) <= set(WORDS)


def test_nothing_is_dropped_but_addresses():
    line = event(unknown={"deep": [1, "x"]}, reason="550 <ana@example.com> unknown", category=["a", "b"])
    heard = as_columns([line]).events.row(0, named=True)
    assert json.loads(heard["raw"])["unknown"] == {"deep": [1, "x"]}
    assert json.loads(heard["raw"])["category"] == ["a", "b"]
    assert "example.com" not in heard["raw"] + heard["reason"]
    assert (heard["address"], heard["domain"]) == ("ana@example.com", "example.com")


def test_what_is_no_event_is_told_and_the_rest_is_read():
    lines = [
        event(), "[1]", '{"half', event(timestamp="soon"), event(event=""), event(x="a\x00b"), "",
        event(sg_event_id="e2", timestamp="1795167600"), event(sg_event_id="e3", value="a lot"),
    ]  # fmt: skip
    heard = as_columns(lines)
    assert [line for line, _ in heard.refused] == [2, 3, 4, 5, 6]
    assert heard.events["event_id"].to_list() == ["e1", "e2", "e3"]
    assert heard.events["occurred_at"].n_unique() == 1


@pytest.mark.parametrize("value", ["59,90", "NaN", "inf", "-Infinity", 1e13, "a lot", True])
def test_a_conversion_whose_value_is_no_amount_is_told_and_a_stop_is_heard_whatever_stands_in_it(value):
    heard = as_columns([event(event="conversion", value=value), event(event="unsubscribe", value=value)])
    assert heard.refused == ((1, NO_VALUE),)
    assert [tuple(row) for row in heard.events.select("event", "value").rows()] == [("unsubscribed", None)]


def test_a_conversion_may_be_worth_anything_that_can_be_counted():
    values = (59.9, " 59.90", -5, "1e3", "999999999999", "", None)
    heard = as_columns([event(event="conversion", sg_event_id=f"e{at}", value=one) for at, one in enumerate(values)])
    assert heard.refused == ()
    assert heard.events["value"].to_list() == [59.9, 59.9, -5, 1000, 999_999_999_999, None, None]


def test_an_event_without_an_id_is_the_same_when_it_comes_again():
    nameless = {name: value for name, value in BASE.items() if name != "sg_event_id"}
    first, second, other = (
        as_columns([json.dumps({**nameless, **m})]).events["event_id"][0] for m in ({}, {}, {"url": "/"})
    )
    assert first == second != other


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.lists(st.integers()))
                for name in ("email", "timestamp", "event", "sg_event_id", "url", "ip", "type", "value", "extra")
            },
        ),
        max_size=6,
    )
)
def test_any_array_of_objects_is_read_or_refused_line_by_line(listed):
    heard = read_post(json.dumps(listed).encode())
    assert len(heard.events) + len(heard.refused) == len(listed)
    # What was read can be kept: every raw event is JSON of UTF-8.
    assert all(json.loads(raw) for raw in heard.events["raw"].to_list())


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "sg_event_id": st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8),
                "timestamp": st.integers(1, 2 * 10**9), "event": st.sampled_from([*SENDGRID, "new"]),
            },
            optional={
                name: st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.lists(st.integers()))
                for name in ("email", "url", "ip", "type", "value", "extra")
            },
        ),
        min_size=1, max_size=6, unique_by=lambda one: one["sg_event_id"],
    )
)  # fmt: skip
def test_the_quick_way_and_the_way_line_by_line_say_the_same(listed):
    lines = [json.dumps(one) for one in listed]
    quick, slow = as_columns(lines), as_columns([*lines, "no JSON"])
    assert [line for line, _ in slow.refused] == [*(line for line, _ in quick.refused), len(lines) + 1]
    assert slow.events.equals(quick.events)
    # Nothing else that is wrong is drawn here.
    assert {why for _, why in quick.refused} <= {NO_VALUE, "it holds a NUL character"}
    assert len(quick.events) + len(quick.refused) == len(lines)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[NaN]", b'"text"', b"[" * 100_000])
def test_a_post_that_is_no_array_is_refused_in_a_sentence(body):
    with pytest.raises(Refusal, match="The post is no JSON"):
        read_post(body)


def test_half_a_surrogate_pair_spoils_nothing():
    heard = read_post(
        json.dumps([{**BASE, "reason": "\ud83d"}, {**BASE, "sg_event_id": "e2", "reason": "😀"}]).encode()
    )
    assert heard.events["reason"].to_list() == ["?", "😀"]
    heard = as_columns([json.dumps({**BASE, "reason": "\ud83d"})])
    assert pl.Series(heard.events["raw"]).str.contains("\\ud8", literal=True).sum() == 0


def test_a_list_is_no_text_and_a_text_in_brackets_is_one():
    lines = [
        json.dumps({**BASE, "event": "bounce", "reason": "[550] unknown mailbox"}),
        json.dumps({**BASE, "event": {"name": "open"}}),
        json.dumps({**BASE, "event": "open", "useragent": ["Mozilla"]}),
    ]
    heard = as_columns(lines, first=7)
    assert heard.refused == ((8, NO_EVENT),)
    assert heard.events["reason"].to_list() == ["[550] unknown mailbox", None]
    assert heard.events["user_agent"].to_list() == [None, None]

"""Filling by columns is the same as filling a text for each reader by itself."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.delivery.linking import linked, tracked
from pipelines.delivery.mailing import Copy, cleaned, mailing, messages_of
from pipelines.delivery.ports import Sender
from pipelines.generation.slots import clean_value, fill
from tests.delivery.sending.conftest import BRAND, LINK, TEXT, WORDING

NAMES = st.one_of(
    st.none(),
    st.text(max_size=90),
    st.text("abcÄéß'-. {}<>&\"@:/\u202e\t\n", max_size=50),
    st.sampled_from(
        [
            "Ann",
            "Zoë",
            "0800 123 4567",
            "0800-1234567",
            "Level 3",
            "\u3164",
            "a\u0301\u0301\u0301\u0301",
            "Ann  B",
            "O'Neil",
            "www.evil.example",
            "a.com",
            "Anne-Marie von Ü",
            " ",
            "x" * 41,
            "{{a}}",
        ]
    ),
)


@given(st.lists(NAMES, min_size=1, max_size=20), st.sampled_from(["contact.first_name", "account.name"]))
def test_cleaning_a_column_is_cleaning_each_value(values, slot):
    column = pl.Series(values, dtype=pl.String)
    assert cleaned(column, slot, WORDING).to_list() == [clean_value(slot, value) for value in values]


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=8))
def test_a_message_by_columns_is_the_message_by_itself(people):
    frame = pl.DataFrame(
        {
            "message_id": [f"m{at}" for at in range(len(people))], "address": "a@example.com",
            "first_name": [first for first, _ in people], "last_name": [last for _, last in people],
            **dict.fromkeys(("company", "job_title", "city", "country", "account_name")),
        },
        schema_overrides=dict.fromkeys(
            ("first_name", "last_name", "company", "job_title", "city", "country", "account_name"), pl.String
        ),
    )  # fmt: skip
    links = linked("c", "email", ("v", 1), action=LINK, html=TEXT["html"])
    copy = Copy("v", 1, "email", TEXT["subject"], TEXT["body"], TEXT["html"], "c", "offers")
    made, missing = mailing(
        copy, frame, wording=WORDING, constants=BRAND.values(), links=links, sender=Sender("G", "g@example.com"),
        public_url="https://x.example", tokens=frame["message_id"].to_list(),
    )  # fmt: skip
    assert missing.is_empty()
    action = next(link.tracked for link in links if link.kind == "action")
    for at, message in enumerate(messages_of(made)):
        first, last = people[at]
        values = {
            **BRAND.values(), "campaign.link": action, "unsubscribe.link": f"https://x.example/u/m{at}",
            "preferences.link": f"https://x.example/p/m{at}",
            "contact.first_name": first, "contact.name": " ".join(filter(None, (first, last))) or None,
        }  # fmt: skip
        assert message.subject == fill(TEXT["subject"], values)
        assert message.text == fill(TEXT["body"], values)
        assert message.html == fill(tracked(TEXT["html"], links), values, "html")


def test_no_provider_counts_the_way_out_as_a_click():
    out = '<a href="{{unsubscribe.link}}" style="color:#333">Stop</a> <a class="x" href="{{preferences.link}}">Less</a>'
    page = f'<p><a href="https://www.example.com/a">A</a> {out}</p>'
    told = tracked(page, linked("c", "email", ("v", 1), action=LINK, html=page))
    # Before the address, where SendGrid looks for it.
    assert '<a clicktracking=off href="{{unsubscribe.link}}"' in told
    assert 'class="x" clicktracking=off href="{{preferences.link}}"' in told
    assert told.count("clicktracking=off") == 2


def test_a_slot_that_stays_empty_is_named():
    frame = pl.DataFrame({"message_id": ["m0", "m1"], "address": "a@example.com", "first_name": ["Ann", None]})
    frame = frame.with_columns(
        pl.lit(None, pl.String).alias(name)
        for name in ("last_name", "company", "job_title", "city", "country", "account_name")
    )
    copy = Copy("v", 1, "email", "{{contact.first_name}}", "x", "", "c", "offers")
    links = linked("c", "email", ("v", 1), action=LINK, html="")
    made, missing = mailing(
        copy, frame, wording=WORDING, constants={}, links=links, sender=Sender("G", "g@example.com"),
        public_url="https://x.example", tokens=["a", "b"],
    )  # fmt: skip
    assert missing.rows() == [("m1", "contact.first_name")]
    assert [message.subject for message in messages_of(made)] == ["Ann"]

"""The way out and the postal address: there, seen, alive, in both parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.safety.checks.mails import ADDRESS, HONEST, SMS, TEXT, WAY_OUT, WORDS, blocked, codes, mail, page
from tests.safety.checks.tricks import HIDING, HIDING_HEADS


@pytest.mark.parametrize("style", HIDING)
def test_no_style_hides_the_way_out_or_the_address(style: str) -> None:
    way_out = f'<a href="{{{{unsubscribe.link}}}}" style="{style}">Unsubscribe</a>'
    html = page(way_out=way_out, address=f'<div style="{style}">{ADDRESS}</div>')
    found = blocked(mail(html=html), "unsubscribe", "postal_address")
    assert found == {"unsubscribe_hidden", "postal_address_hidden"}


@pytest.mark.parametrize("head", HIDING_HEADS)
def test_no_style_sheet_hides_them_on_any_screen(head: str) -> None:
    html = page(
        head=f"<style>{head}</style>", way_out=f'<span id="s" class="x y">{WAY_OUT}</span>',
        address=f'<div class="x"><div id="s">{ADDRESS}</div></div>',
    )  # fmt: skip
    assert blocked(mail(html=html), "unsubscribe", "postal_address") >= {"unsubscribe_hidden", "postal_address_hidden"}


@pytest.mark.parametrize(
    ("way_out", "code"),
    [
        ("", "unsubscribe_missing"),
        ("Unsubscribe", "unsubscribe_missing"),
        ("{{unsubscribe.link}}", "unsubscribe_missing"),
        (f"<!-- {WAY_OUT} -->", "unsubscribe_in_comment"),
        (f"<!--[if mso]>{WAY_OUT}<![endif]-->", "unsubscribe_in_comment"),
        ('<a href="{{unsubscribe.link}}"></a>', "unsubscribe_without_words"),
        ('<a href="{{unsubscribe.link}}">&nbsp;&zwnj;.</a>', "unsubscribe_without_words"),
        (
            '<a href="{{unsubscribe.link}}"><span style="display:none">Unsubscribe</span></a>',
            "unsubscribe_without_words",
        ),
        ('<a href="{{unsubscribe.link}}" hidden>Unsubscribe</a>', "unsubscribe_hidden"),
        ('<template><a href="{{unsubscribe.link}}">Unsubscribe</a></template>', "unsubscribe_hidden"),
        ('<details><a href="{{unsubscribe.link}}">Unsubscribe</a></details>', "unsubscribe_hidden"),
        ('<textarea><a href="{{unsubscribe.link}}">Unsubscribe</a></textarea>', "unsubscribe_missing"),
        ('<a href="https://www.lindhaven.example/unsubscribe">Unsubscribe</a>', "unsubscribe_dead"),
        ('<a href="mailto:x@lindhaven.example?subject=unsubscribe">Unsubscribe</a>', "unsubscribe_dead"),
        ('<a href="{{unsubscribe.link}}?stop=no">Unsubscribe</a>', "unsubscribe_dead"),
        ('<a href="https://{{unsubscribe.link}}">Unsubscribe</a>', "unsubscribe_dead"),
        ('<a href="{{unsubscribe.link|#}}">Unsubscribe</a>', "unsubscribe_dead"),
        ('<a data-href="{{unsubscribe.link}}">Unsubscribe</a>', "unsubscribe_missing"),
        ('<a href="#" title="{{unsubscribe.link}}">Unsubscribe</a>', "unsubscribe_missing"),
    ],
)
def test_a_missing_or_dead_way_out_is_blocked_by_name(way_out: str, code: str) -> None:
    assert code in blocked(mail(html=page(way_out=way_out)), "unsubscribe")


def test_a_way_out_that_does_not_say_so_is_reviewed() -> None:
    unclear = page(way_out='<a href="{{unsubscribe.link}}">Best wishes</a>')
    assert codes(mail(html=unclear), "unsubscribe") == {"unsubscribe_unclear"}
    assert blocked(mail(html=unclear), "unsubscribe") == set()


@given(st.sampled_from([style for style in HIDING if "color" not in style]), st.integers(0, 6))
def test_hiding_works_through_any_number_of_elements_and_one_open_way_is_enough(style: str, depth: int) -> None:
    wrapped = f'<div style="{style}">{"<div>" * depth}{WAY_OUT}{"</div>" * depth}</div>'
    assert "unsubscribe_hidden" in blocked(mail(html=page(way_out=wrapped)), "unsubscribe")
    assert codes(mail(html=page(way_out=wrapped + WAY_OUT)), "unsubscribe") == set()


def test_the_text_part_needs_both_too() -> None:
    bare = mail(text=WORDS)
    assert blocked(bare, "unsubscribe", "postal_address") == {"unsubscribe_missing_in_text", "postal_address_missing"}


def test_an_address_in_a_comment_or_written_by_hand_does_not_count() -> None:
    for address in (
        "<!-- {{postal.address}} -->",
        "<p>Kanalufer 14, Hamburg</p>",
        '<p title="{{postal.address}}"></p>',
    ):
        assert blocked(mail(html=page(address=address)), "postal_address")


def test_text_messages_name_the_word() -> None:
    assert codes(SMS, "unsubscribe") == set()
    silent = mail(channel="sms", html="", text="Lindhaven: look {{campaign.link}}")
    assert blocked(silent, "unsubscribe") == {"way_out_missing"}
    assert (
        codes(mail(channel="sms", html="", text="Lindhaven: {{campaign.link}} Abmelden mit STOP."), "unsubscribe")
        == set()
    )


def test_the_honest_mail_passes_and_what_is_no_marketing_needs_neither() -> None:
    assert codes(HONEST, "unsubscribe", "postal_address") == set()
    bare = mail(html=page(way_out="", address=""), text=WORDS, marketing=False)
    assert codes(bare, "unsubscribe", "postal_address") == set()
    assert "{{unsubscribe.link}}" in TEXT

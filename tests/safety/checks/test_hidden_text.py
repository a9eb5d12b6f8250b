"""Hidden words: found however they are hidden; the preheader may hide once, and honest styles hide nothing."""

from __future__ import annotations

import pytest

from tests.safety.checks.mails import HONEST, TOP, blocked, codes, held, mail, page
from tests.safety.checks.tricks import HIDING, HIDING_HEADS

SECRET = "Buy pills and win prizes"


@pytest.mark.parametrize("style", HIDING)
def test_words_hidden_by_a_style_are_found(style: str) -> None:
    found = codes(mail(html=page(f'<p style="{style}">{SECRET}</p>')), "hidden_text")
    # Only Outlook knows mso-hide, so only its readers miss the words.
    assert found == {"text_hidden_for_some" if "mso" in style else "hidden_text"}


@pytest.mark.parametrize("head", HIDING_HEADS)
def test_words_hidden_by_a_style_sheet_are_found(head: str) -> None:
    html = page(f'<div class="x y" id="s">{SECRET}</div>', head=f"<style>{head}</style>")
    assert codes(mail(html=html), "hidden_text") & {"hidden_text", "text_hidden_for_some"}


@pytest.mark.parametrize(
    "markup",
    [
        f"<p hidden>{SECRET}</p>", f"<font color='#f3efe7'>{SECRET}</font>", f"<font color=f3efe7>{SECRET}</font>",
        f"<table bgcolor=black><tr><td style='color:#000'>{SECRET}</td></tr></table>", f"<details>{SECRET}</details>",
        f"<template>{SECRET}</template>", f"<dialog>{SECRET}</dialog>",
        f"<div style='opacity:.3'><div style='opacity:.3'><p>{SECRET}</p></div></div>",
        f"<div style='font-size:10px'><p style='font-size:20%'>{SECRET}</p></div>",
        f"<div style='visibility:hidden'><p>{SECRET}</p></div>",
    ],
)  # fmt: skip
def test_words_hidden_by_mark_up_and_inheritance_are_found(markup: str) -> None:
    assert blocked(mail(html=page(markup)), "hidden_text") == {"hidden_text"}


@pytest.mark.parametrize(
    "style",
    [
        "font-size:13px;color:#5d6761", "opacity:.9", "display:inline-block;overflow:hidden;height:40px",
        "font-size:0.9em",
        "text-indent:2em", "position:relative;left:4px", "margin:0 0 0 -8px",
        "color:#333;background:rgba(255,255,255,.6)",
        "transform:rotate(2deg)", "max-width:0", "letter-spacing:-0.2px", "direction:rtl", "font:16px/26px Arial",
        "color:INVALID",
        "display:none;display:block", "color:#f3efe7;background:#20352f", "visibility:visible", "filter:none",
        "clip:auto",
        "background:url(https://www.lindhaven.example/b.png);color:#f3efe7", "height:0",
        "width:100%;max-width:600px;overflow:hidden",
    ],
)  # fmt: skip
def test_honest_styles_hide_nothing(style: str) -> None:
    assert codes(mail(html=page(f'<p style="{style}">Some words</p>')), "hidden_text") == set()


def test_a_frame_without_size_and_words_with_one_are_seen() -> None:
    frame = '<table style="font-size:0"><tr><td>&nbsp;<div style="font-size:16px">Words</div></td></tr></table>'
    inside = '<div style="visibility:hidden"><p style="visibility:visible">Words</p></div>'
    assert codes(mail(html=page(frame + inside)), "hidden_text") == set()


@pytest.mark.parametrize(
    "style", ["display:var(--x)", "font-size:calc(0px * 2)", "animation:fade 1s", "all:unset", "opacity:min(0,1)"]
)
def test_a_style_that_cannot_be_told_from_one_look_is_reviewed(style: str) -> None:
    assert codes(mail(html=page(f'<p style="{style}">Words</p>')), "hidden_text") == {"unreadable_style"}


def test_a_dark_theme_that_swallows_its_words_is_reviewed_and_a_good_one_passes() -> None:
    dark = "@media (prefers-color-scheme:dark){{body{{background:#111!important}} .x{{color:{}!important}}}}"
    for ink, expected in (("#121212", {"text_hidden_for_some"}), ("#eee", set())):
        html = page('<p class="x">Words</p>', head=f"<style>{dark.format(ink)} body div{{color:#111}}</style>")
        swallowed = held(mail(html=html), "hidden_text")
        assert {one.code for one in swallowed if one.evidence == "Words"} == expected


def test_the_preheader_hides_once_and_only_with_its_own_words() -> None:
    assert codes(HONEST, "hidden_text") == set()
    assert codes(mail(html=page(top=TOP + TOP)), "hidden_text") == {"hidden_text"}
    assert codes(mail(html=page(top=TOP.replace("us.", "us. Free pills"))), "hidden_text") == {"hidden_text"}
    assert codes(mail(preheader=""), "hidden_text") == {"hidden_text"}


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\U000e0041", "&#x202e;"])
def test_marks_that_turn_letters_around_are_blocked(mark: str) -> None:
    assert blocked(mail(html=page(f"<p>{mark}drawkcab</p>")), "hidden_text") == {"turned_text"}


def test_words_out_of_a_style_sheet_and_words_kept_from_listeners() -> None:
    said = page('<p class="x">A</p>', head='<style>.x::after{content:"free pills"}</style>')
    assert blocked(mail(html=said), "hidden_text") == {"text_in_style"}
    silent = page('<div aria-hidden="true"><p>Costs 5 EUR a month</p></div>')
    assert codes(mail(html=silent), "hidden_text") == {"text_kept_from_listeners"}
    assert codes(mail(html=page('<span aria-hidden="true">→</span>')), "hidden_text") == set()

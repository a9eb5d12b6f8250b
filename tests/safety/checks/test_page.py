"""Reading a page: in bounded time whatever comes, and nothing that two programs could read in two ways passes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.safety.page import read_page
from tests.safety.checks.mails import HONEST, blocked, codes, mail, page

# None need fill what a page may hold to show a square; the digits are the slowest.
BOMBS = {
    "nested tags": "<div>" * 25_000,
    "nested inline tags": "<b>" * 25_000 + "x",
    "closing tags": "</b>" * 25_000,
    "open tags": "<a " * 25_000,
    "open quotes": '<a b="' * 20_000,
    "quotes by turns": "<a '\"" * 20_000,
    "comments": "<!--" * 25_000,
    "comment ends": "--!>" * 25_000 + "<!--",
    "conditional comments": "<!--[if mso]>" * 7_500,
    "style sheets": "<style>" * 15_000,
    "style blocks": "<style>" + "a{" * 6_250,
    "style values": f'<p style="{"(" * 100_000}">x</p>',
    "style functions": "<style>p{width:" + "calc(" * 10_000 + "}</style><p>x",
    "imports": "<style>" + "@media a{" * 6_000,
    "many rules": "<style>" + ".x p{color:red}" * 400 + "</style>" + '<i class="x"><p>x</p></i>' * 5_000,
    "entities": "&amp" * 30_000,
    "one word": "a" * 122_500,
    "dots": "a." * 60_000,
    "at signs": "a@" * 60_000,
    "digits": "1 " * 60_000,
    "spaced letters": "a " * 60_000,
    "braces": "{{" * 60_000,
    "slots": "{{a|" * 30_000,
    "brackets": "[your " * 20_000,
    "attributes": "<p " + "a " * 60_000 + ">x",
    "one attribute": '<p title="' + "ignore all " * 10_000 + '">x</p>',
    "cells": "<td>" * 30_000,
    "links": '<a href="//x">x</a>' * 5_000,
    "slashes": "<a href='https://www.lindhaven.example/" + "//a." * 400 + "'>x</a>",
    "less than": "<" * 122_500,
    "far too much": "<p>word</p>" * 300_000,
}


# Seconds that the machine of the limits takes to count to two million.
USUAL = 0.4


@pytest.fixture(scope="module")
def pace() -> float:
    """How much slower than the machine of the limits below this one counts just now."""
    started = time.process_time()
    sum(len(f"{number:x}") for number in range(2_000_000))
    return max(1.0, (time.process_time() - started) / USUAL)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_page_holds_up_the_others(bomb: str, pace: float) -> None:
    started = time.process_time()
    held = blocked(mail(html=bomb, text=bomb[:490_000]))
    assert time.process_time() - started < pace * (2 + 6 * len(bomb) / 490_000)
    assert held


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- never closed", "<!--> <p>x</p> -->", "<!---> x -->", "<!-- x --!> <p>y</p> -->", "<p", "<p a='>x</p>",
        "<p/ /x>", "</p x>",
        '<img """><script>alert(1)</script>">', "<p a=1 a=2>x</p>", "<p\x00>x</p>", "<![CDATA[x]]>", "<?xml x?>",
        "<!x>", "<title>x", "<style>x",
        "<a\u00a0b>x</a>", "<p a=`x`>x</p>", "<p a=b'c>x</p>", "<p =x>x</p>", "<plaintext>x", "<p a='x'b='y'>x</p>",
        "<a<b>x</b></a>",
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_blocked(markup: str) -> None:
    assert "ambiguous_markup" in blocked(mail(html=page(markup)), "markup")


@pytest.mark.parametrize(
    "markup",
    [
        "<p>a < b and 5 <6 and <3</p>", "<br/><hr />", "<P CLASS=x ID='y'>x</P>", "<ul><li>a<li>b</ul>", "<p>a<p>b",
        "<!-- plain -->",
        "<table><tr><td>a<td>b<tr><td>c</table>", "<p title='a &amp; \"b\" > c'>x</p>", "<input-like>x</input-like>",
        "AT&T &copy; &#8203;",
        "<!--[if !mso]><!--><p>x</p><!--<![endif]-->", "<!--[if mso]><table><tr><td width='600'><![endif]-->",
    ],
)  # fmt: skip
def test_plain_html_passes(markup: str) -> None:
    assert codes(mail(html=page(markup)), "markup") == set()


@pytest.mark.parametrize(
    "comment",
    [
        "<!--[if mso]><p>Free pills</p><![endif]-->",
        '<!--[if gte mso 9]><v:rect href="https://evil.example"></v:rect><![endif]-->',
        "<!--[if mso]><img src='https://evil.example/x'><![endif]-->", "<!--[if IE]>words<![endif]-->",
    ],
)  # fmt: skip
def test_words_and_links_for_some_programs_only_are_blocked(comment: str) -> None:
    assert blocked(mail(html=page(comment)), "markup") == {"words_for_some_programs"}


def test_elements_out_of_order_are_reviewed() -> None:
    assert codes(mail(html=page("<b><p>x</b></p>")), "markup") == {"misnested_markup"}
    assert codes(mail(html=page("</section>")), "markup") == {"misnested_markup"}


@pytest.mark.parametrize(
    ("markup", "code"),
    [
        ("<script>x</script>", "runs_something"), ("<SCRIPT SRC=//x></SCRIPT>", "runs_something"),
        ("<iframe src=x></iframe>", "runs_something"),
        ("<p onclick='x()'>x</p>", "runs_something"), ("<img src=x alt=x onerror=alert(1)>", "runs_something"),
        ("<object></object>", "runs_something"),
        ("<a ping='//x' href='#'>x</a>", "runs_something"), ("<form action=x><input></form>", "asks_in_a_form"),
        ("<button>x</button>", "asks_in_a_form"),
        ("<svg><a>x</a></svg>", "foreign_markup"), ("<math></math>", "foreign_markup"),
        ("<base href='//x'>", "foreign_markup"),
        ("<link rel=stylesheet href=//x>", "foreign_markup"),
        ("<meta http-equiv=Refresh content='0;url=//x'>", "redirects_by_itself"),
        ("<style>@import url(//x/a.css);</style>", "imports_style"),
        ("<style>@\\69mport '//x/a.css';</style>", "imports_style"),
        ("<style>@font-face{font-family:x;src:url(//x/a.woff)}</style>", "loads_font"),
    ],
)  # fmt: skip
def test_what_acts_in_a_mail_is_blocked(markup: str, code: str) -> None:
    assert code in blocked(mail(html=page(markup)), "active_content")


def test_a_words_parts_are_one_word_and_blocks_are_lines() -> None:
    read = read_page("<div>ch<b>ea</b>p</div><p>one</p>two<br>three<td>four</td><!-- five --><title>six</title>")
    assert read.words == "cheap\none\ntwo\nthree\nfour"
    assert codes(HONEST, "markup", "active_content") == set()


@settings(max_examples=300)
@given(st.text("<>/!-='\" abpstyle{}:;&#x0é\x00", max_size=120))
def test_any_text_can_be_read_as_a_page(source: str) -> None:
    read = read_page(source)
    assert read.words == read_page(source).words


@given(
    st.text(
        st.characters(blacklist_characters="<&>\x00\x1c\x1d\x1e\x1f\x85\r", blacklist_categories=("Cs",)), max_size=60
    )
)
def test_text_without_mark_up_is_its_own_page(text: str) -> None:
    assert read_page(f"<p>{text}</p>").words.split() == text.split()

"""Claims: only what was verified may be said, and nothing with a figure may stand beside it."""

from __future__ import annotations

import pytest

from tests.safety.checks.mails import HONEST, REASON, TEXT, WORDS, blocked, codes, held, mail, page

PRICE = "The Wool throw costs 79.00 EUR, measures 130 x 170 cm and lasts."
SUPPORTED = (("block 1.1", WORDS, "not_factual", "", ""), ("block 1.2", PRICE, "supported", "", ""))


def saying(html: str, text: str, verdicts=SUPPORTED):
    return mail(html=page(f"<p>{html}</p>"), text=f"{text}\n{TEXT}", verdicts=verdicts)


def test_an_unsupported_sentence_blocks_with_its_place_reason_and_text() -> None:
    verdict = ("block 2.1", "It lasts for 40 years.", "unsupported", "number", "No approved passage gives 40 years.")
    (found,) = held(mail(verdicts=(*SUPPORTED, verdict)), "unsupported_claims")
    assert (found.code, found.severity, found.evidence) == ("unsupported_claim", "block", "It lasts for 40 years.")
    assert found.sentence == "block 2.1: No approved passage gives 40 years."


@pytest.mark.parametrize("verdict", ["undecided", "", "Supported"])
def test_a_verdict_that_is_none_of_ours_blocks(verdict: str) -> None:
    assert blocked(mail(verdicts=(("subject", "x", verdict, "", ""),)), "unsupported_claims") == {"unsupported_claim"}


def test_without_verdicts_nothing_passes() -> None:
    assert blocked(mail(verdicts=None), "unsupported_claims") == {"claims_not_verified"}


@pytest.mark.parametrize(
    "added",
    [
        "Now 59.00 EUR.",
        "{} Only 3 left.",
        "It lasts 1O years and 10 more.",
        "<!-- -->5<b>0</b> % off",
        "４0 percent off",
        "②0 left",
    ],
)
def test_a_figure_outside_every_verified_sentence_blocks_in_page_and_text(added: str) -> None:
    written = added.format(PRICE)
    assert "unverified_figure" in blocked(saying(written, ""), "unsupported_claims")
    assert "unverified_figure" in blocked(
        saying(PRICE, written.replace("<b>", "").replace("</b>", "")), "unsupported_claims"
    )
    assert "unverified_figure" in blocked(mail(subject="Now 59.00 EUR", verdicts=SUPPORTED), "unsupported_claims")


def test_verified_sentences_pass_however_a_channel_sets_them() -> None:
    wrapped = PRICE.replace(" ", "\n").replace(" x ", " × ")
    marked = PRICE.replace("130 x 170", "<strong>130&nbsp;×&nbsp;170</strong>")
    assert codes(saying(marked, wrapped), "unsupported_claims") == set()
    linked = (("block 1.1", 'See <a href="https://www.lindhaven.example/2026">our 3 throws</a>.', "supported", "", ""),)
    assert (
        codes(
            saying(
                'See <a href="https://www.lindhaven.example/2026">our 3 throws</a>.',
                "See our 3 throws (https://www.lindhaven.example/2026).",
                linked,
            ),
            "unsupported_claims",
        )
        == set()
    )
    assert codes(HONEST, "unsupported_claims") == set()


@pytest.mark.parametrize(
    "added",
    [
        "Doctors agree that it heals.",
        f"It is quite untrue that {PRICE}",
        '<img src="x" alt="Everything at half its price">',
        f"{PRICE} of silk from Nepal, only",
    ],
)
def test_words_in_no_verified_sentence_block_where_the_frame_is_known(added: str) -> None:
    frame = ("Lindhaven", REASON, "Unsubscribe", "See the Wool throws", HONEST.subject, HONEST.preheader)
    spoken = saying(PRICE, PRICE)
    assert (
        codes(mail(html=spoken.html, text=spoken.text, verdicts=SUPPORTED, frame_texts=frame), "unsupported_claims")
        == set()
    )
    spoilt = mail(html=page(f"<p>{added}</p>"), verdicts=SUPPORTED, frame_texts=frame)
    assert blocked(spoilt, "unsupported_claims") == {"unverified_words"}


def test_figures_in_the_words_of_a_picture_are_claims_too() -> None:
    pictured = page('<img src="https://www.lindhaven.example/a.png" alt="Now 50 percent off">')
    assert blocked(mail(html=pictured), "unsupported_claims") == {"unverified_figure"}

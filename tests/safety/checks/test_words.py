"""Word lists: found through every disguise, and not in words that only look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.safety.wording.folding import folded
from tests.safety.checks.mails import RULES, TEXT, WORDS, blocked, codes, examine_words, held, mail, page

WATCHED = ("forbidden_words", "spam_words")
LOOK_ALIKES = {
    "a": "аαàáâåāăąａᴀⓐ𝐚𝒂@4", "c": "сçćｃᴄⓒ𝐜", "e": "еèéêëēęｅᴇⓔ𝐞3€", "h": "һｈʜⓗ𝐡", "p": "рｐᴘⓟ𝐩ρ",
}  # fmt: skip
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u115f\u3164\U000e0061\u202e"


def mail_saying(words: str):
    return mail(html=page(f"<p>{words}</p><p>{WORDS}</p>"), text=f"{words}\n\n{TEXT}")


@pytest.mark.parametrize(
    "said",
    [
        "cheap", "CHEAP", "Ch\u200bea\u00adp", "сhеар", "ｃｈｅａｐ", "𝐜𝐡𝐞𝐚𝐩", "🅲🅷🅴🅰🅿", "ch3ap", "che@p", "c.h.e.a.p",
        "c h e a p",
        "C-H-E-A-P", "ch-eap", "cheeeap", "ch*ap", "che ap", "c\u0336h\u0336e\u0336a\u0336p\u0336", "che&shy;ap",
        "che&#8203;ap",
        "ch<b></b>eap", "ch<span style='display:none'>rist</span>eap", "&#99;heap", "act n0w", "ACTNOW",
        "a c t  n o w",
        "act\u00a0now", "Act, now!", "too good to be\ntrue", "Too-good-to-be-true", "desper ate",
        "click&nbsp;here&nbsp;now",
        "risk-free", "100% guaranteed", "you won\u2019t believe", "billig", "spottbillig",
        "zu scho\u0308n um wahr zu sein",
    ],
)  # fmt: skip
def test_a_forbidden_word_blocks_through_its_disguise(said: str) -> None:
    assert blocked(mail_saying(f"These throws are {said} indeed."), "forbidden_words") == {"forbidden_word"}


@pytest.mark.parametrize(
    "said",
    [
        "Cheapside is a street and heaps of wool lie there.", "It is not cheap and it lasts.",
        "Approach a peach, each ache.",
        "A factory. Now open.", "Now act as you like.", "Our workshop e-mails you on day 3.",
        "Model 4A-100 weighs 9 kg.",
        "www and aaa batteries", "The Act of 2019 nowhere says so.", "Take a break; ask us anything.",
    ],
)  # fmt: skip
def test_words_that_only_look_alike_pass(said: str) -> None:
    assert codes(mail_saying(said), *WATCHED) == set()


@given(st.data())
def test_no_look_alike_and_nothing_invisible_hides_a_word(data: st.DataObject) -> None:
    letters = [data.draw(st.sampled_from(letter + letter.upper() + LOOK_ALIKES[letter])) for letter in "cheap"]
    gaps = [data.draw(st.text(INVISIBLE, max_size=2)) for _ in letters]
    written = "".join(gap + letter for gap, letter in zip(gaps, letters, strict=True))
    assert {one.code for one in examine_words(f"It is {written}, they say.", RULES)} == {"forbidden_word"}


@given(st.sampled_from(sorted(RULES.forbidden.squeezed.values(), key=lambda one: one[0])), st.sampled_from(" .-_·*~"))
def test_every_forbidden_phrase_is_found_plain_spaced_and_in_capitals(listed, sign: str) -> None:
    phrase, _ = listed
    assert RULES.forbidden.find(phrase)
    assert RULES.forbidden.find(folded(f"So {phrase.upper()}!"))
    if len(phrase.replace(" ", "")) >= 5:
        assert RULES.forbidden.find(sign.join(phrase.replace(" ", "")))


@given(st.text(max_size=200))
def test_any_text_can_be_looked_through(text: str) -> None:
    RULES.forbidden.find(folded(text))
    assert folded(folded(text)) == folded(folded(folded(text)))


@pytest.mark.parametrize("place", ["subject", "preheader"])
def test_the_lines_around_the_body_are_read_too(place: str) -> None:
    assert blocked(mail(**{place: "Too good to be true"}), "forbidden_words") == {"forbidden_word"}


def test_a_text_part_alone_can_spoil_a_mail() -> None:
    assert blocked(mail(text=f"{TEXT} Act now!"), "forbidden_words") == {"forbidden_word"}


def test_spam_words_add_up_and_count_more_in_a_subject_and_in_disguise() -> None:
    once = held(mail_saying("Satisfaction is guaranteed."), "spam_words")
    assert [(one.severity, "3 (review from 3" in one.sentence) for one in once] == [("review", True)]
    assert blocked(mail(subject="Guaranteed"), "spam_words") == {"spam_words"}
    assert blocked(mail_saying("Satisfaction is gu@ranteed."), "spam_words") == {"spam_words"}
    assert blocked(mail_saying("Hurry, a free gift! Order now, last chance."), "spam_words") == {"spam_words"}
    assert codes(mail_saying("It makes a nice prize."), "spam_words") == set()


def test_a_word_is_excused_exactly_where_a_passage_bears_it_out() -> None:
    sentence = "Every seam is guaranteed and cheap to mend."
    supported = (("block 1.1", sentence, "supported", "", ""), ("block 1.2", WORDS, "not_factual", "", ""))
    spoken = mail_saying(sentence)
    assert blocked(spoken, *WATCHED) == {"forbidden_word"}
    assert codes(mail_saying(sentence), "spam_words") == {"spam_words"}
    assert codes(mail(html=spoken.html, text=spoken.text, verdicts=supported), *WATCHED) == set()
    twice = mail_saying(f"{sentence} It is cheap.")
    assert blocked(mail(html=twice.html, text=twice.text, verdicts=supported), *WATCHED) == {"forbidden_word"}
    begging = "We are begging you."
    assert blocked(
        mail(html=page(begging), verdicts=(("block 1.1", begging, "supported", "", ""),)), "forbidden_words"
    ) == {"forbidden_word"}


def test_a_guarantee_of_years_is_no_trigger() -> None:
    assert codes(mail_saying("Its seams are guaranteed for 3 years."), "spam_words") == set()

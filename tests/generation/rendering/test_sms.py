import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.generation.rendering import personalised, render
from pipelines.generation.rendering.sms import normalised, segments
from tests.generation.rendering.letters import BRAND, VALUES, block, brief, letter


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # an escaped sign is not split, so a unit is lost
        ("[]{}~^|\\", "GSM-7", 16, 1),
        ("ÄÖÜäöüßÉéàñ", "GSM-7", 11, 1),
        ("ç", "UCS-2", 1, 1),
        ("я" * 70, "UCS-2", 70, 1),
        ("я" * 71, "UCS-2", 71, 2),
        ("я" * 134, "UCS-2", 134, 2),
        ("я" * 135, "UCS-2", 135, 3),
        ("🧣" * 35, "UCS-2", 70, 1),
        ("🧣" * 36, "UCS-2", 72, 2),
        ("я" * 66 + "🧣" + "я" * 66, "UCS-2", 134, 3),  # nor is a pair of surrogates
    ],
)
def test_segments_as_carriers_count_them(text: str, alphabet: str, units: int, parts: int) -> None:
    found = segments(text)
    assert (found.alphabet, found.units, found.parts) == (alphabet, units, parts)


def test_typography_does_not_double_the_price() -> None:
    written = "“It’s warm” – 130×170\u00a0cm… ½ price • now"
    assert normalised(written) == '"It\'s warm" - 130x170 cm... 1/2 price - now'
    assert segments(normalised(written)).alphabet == "GSM-7"
    assert normalised("Gru\u0308ße") == "Grüße"


def test_a_text_message_names_the_sender_and_the_way_out() -> None:
    sms = render(
        letter(block("heading", "Gifts"), "A Gift card arrives in 15 minutes – promised."), brief("sms"), BRAND
    )
    assert sms.text == (
        "Lindhaven: A Gift card arrives in 15 minutes - promised. See it: {{campaign.link}} Reply STOP to opt out."
    )
    assert (sms.segments, sms.html, sms.warnings) == (1, "", ())


def test_too_many_segments_are_refused_with_their_number() -> None:
    with pytest.raises(Refusal, match=r"takes 4 segments \(\d+ GSM-7 units\); 3 is the most"):
        render(letter("a" * 400), brief("sms"), BRAND)
    with pytest.raises(Refusal, match=r"takes 4 segments \(\d+ UCS-2 units\)"):
        render(letter("я" * 120), brief("sms"), BRAND)


def test_one_name_can_change_the_alphabet_and_then_it_is_counted_again() -> None:
    sms = render(letter("Hello {{contact.first_name|there}}, it is winter."), brief("sms"), BRAND)
    assert sms.segments == 1
    other = personalised(sms, {**VALUES, "contact.first_name": "Łukasz"})
    assert other.segments == 2
    assert other.warnings == ("Ł make it UCS-2, with 70 instead of 160 units a segment",)
    long = render(letter("Hello {{contact.first_name|there}}, " + "a" * 200), brief("sms"), BRAND)
    with pytest.raises(Refusal, match="For this reader the text takes 5 segments"):
        personalised(long, {**VALUES, "contact.first_name": "Łukasz"})


@given(st.text(max_size=400))
def test_segments_hold_what_they_are_said_to_hold(text: str) -> None:
    found = segments(text)
    alone, joined, lost = (160, 153, 1) if found.alphabet == "GSM-7" else (70, 67, 1)
    if found.units <= alone:
        assert found.parts == (1 if text else 0)
    else:
        assert joined * found.parts >= found.units > (joined - lost) * (found.parts - 1)


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)

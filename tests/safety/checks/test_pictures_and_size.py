"""Pictures have words and do not stand alone; nothing is so long that a channel cuts it off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.generation.rendering import sms
from pipelines.safety.wording.segments import segments
from tests.safety.checks.mails import HONEST, SMS, TEXT, WORDS, blocked, codes, mail, page

SRC = "https://www.lindhaven.example/throw.png"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f'<img src="{SRC}" width="80" height="40">', {"image_without_alt"}),
        (f'<a href="{{{{campaign.link}}}}"><img src="{SRC}" alt=""></a>', {"image_without_alt"}),
        (f'<img src="{SRC}" alt="">', set()), (f'<img src="{SRC}" alt="A moss green throw">', set()),
        (f'<img src="{SRC}" width="1" height="1">', set()),
    ],
)  # fmt: skip
def test_a_picture_that_is_seen_has_words(image: str, expected: set[str]) -> None:
    assert codes(mail(html=page(f"<p>{WORDS}</p>{image}")), "images") == expected


def test_a_mail_of_pictures_is_held() -> None:
    image = f'<img src="{SRC}" alt="A throw" width="600" height="800">'
    bare = f'<html><body><img src="{SRC}" alt="x"><p>{{{{postal.address}}}}</p></body></html>'
    assert blocked(mail(html=bare), "image_share") == {"only_images"}
    assert codes(mail(html=page(f"<p>{WORDS}</p>{image}{image}")), "image_share") == {"mostly_images"}
    assert codes(mail(html=page(f"<p>{WORDS * 6}</p>" + image.replace("800", "200"))), "image_share") == set()
    assert codes(HONEST, "images", "image_share") == set()


def test_gmail_shows_no_more_than_102_kb() -> None:
    def of(size: int) -> str:
        frame = len(page("").encode()) - len("{{campaign.link}}") + len(HONEST.link)
        usual = sum((60 - len("{{unsubscribe.link}}"), 12 - len("{{sender.company}}"), 60 - len("{{postal.address}}")))
        return page("<!--" + "ä" * ((size - frame - usual - 7) // 2) + "-->")

    assert codes(mail(html=of(80 * 1024)), "size") == set()
    assert (codes(mail(html=of(90 * 1024)), "size"), blocked(mail(html=of(90 * 1024)), "size")) == (
        {"near_the_limit"},
        set(),
    )
    assert codes(mail(html=of(102 * 1024 - 2)), "size") == {"near_the_limit"}
    assert blocked(mail(html=of(102 * 1024 + 4)), "size") == {"too_many_bytes"}


@pytest.mark.parametrize(
    ("channel", "text", "expected"),
    [
        ("sms", "x" * 459, set()), ("sms", "x" * 460, {"too_many_segments"}),
        ("sms", "ж" * 202, {"too_many_segments"}), ("sms", "€" * 228, set()),
        ("sms", "x" * 425 + "{{campaign.link}}", {"too_many_segments"}), ("linkedin", "x" * 300, set()),
        ("linkedin", "x" * 301, {"too_many_characters"}),
        ("linkedin", "🎉" * 151, {"too_many_characters"}), ("whatsapp", "x" * 1025, {"too_many_characters"}),
        ("push", "x" * 151, {"too_many_characters"}),
        ("web", "x" * 51_201, {"too_many_bytes", "too_many_characters"}),
        ("email", "x" * 30_001, {"too_many_characters"}),
    ],
)  # fmt: skip
def test_other_channels_have_their_own_limits(channel: str, text: str, expected: set[str]) -> None:
    html = page() if channel == "email" else ""
    assert codes(mail(channel=channel, html=html, text=text), "size") <= expected
    assert bool(codes(mail(channel=channel, html=html, text=text), "size")) == bool(expected)


@given(st.text("abcé€{[^ж🎉\n", max_size=500))
def test_segments_are_counted_as_rendering_counts_them(text: str) -> None:
    assert segments(text) == sms.segments(text).parts


def test_the_two_parts_of_a_mail_say_the_same() -> None:
    assert codes(HONEST, "text_part", "size") == codes(SMS, "text_part", "size") == set()
    assert blocked(mail(text=""), "text_part") == {"part_missing"}
    assert blocked(mail(html="<html><body></body></html>"), "text_part") == {"part_missing"}
    other = "Casino winners and lovely pills wait behind this message, come along with all of your friends today."
    assert codes(mail(text=f"{other}\n{TEXT}"), "text_part") == {"parts_differ"}

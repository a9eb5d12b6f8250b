"""Languages: a text is told by its small words, and held where nobody who gets it reads that."""

from __future__ import annotations

import pytest

from tests.safety.checks.mails import HONEST, codes, mail, page

SAYING = {
    "en": "Our workshop in Hamburg mends small holes in wool, so that you can keep a throw for many years.",
    "de": "Unsere Werkstatt in Hamburg stopft kleine Löcher in der Wolle, damit Sie das Plaid lange haben können.",
    "fr": "Notre atelier répare les petits trous dans la laine, pour que vous gardiez le plaid pendant des années.",
    "es": "Nuestro taller repara los agujeros pequeños de la lana para que usted tenga la manta muchos años.",
    "it": "Il nostro laboratorio ripara i piccoli buchi della lana, così la coperta resta con voi per molti anni.",
    "nl": "Ons atelier herstelt kleine gaten in de wol, zodat u de plaid nog vele jaren kunt gebruiken in uw huis.",
    "sv": "Vår verkstad i Hamburg lagar små hål i ullen så att du kan ha kvar filten i många år.",
    "ja": "ハンブルクの工房では、ウールの小さな穴を直しています。長くお使いいただけます。どうぞご覧ください。",
}


@pytest.mark.parametrize("spoken", SAYING)
@pytest.mark.parametrize("declared", [*SAYING, "de-AT"])
def test_a_text_in_another_language_than_declared_is_reviewed(spoken: str, declared: str) -> None:
    html = page(f"<p>{SAYING[spoken]}</p>").replace("You receive this because you asked for news from Lindhaven.", "")
    expected = set() if declared.startswith(spoken) else {"wrong_language"}
    assert codes(mail(html=html, locale=declared, recipient_locales=()), "language") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Наша мастерская чинит маленькие дырки в шерсти.",
        "우리 공방에서는 양모의 작은 구멍을 수선합니다.",
        "نصلح الثقوب الصغيرة في الصوف",
    ],
)
def test_another_script_is_seen(text: str) -> None:
    assert codes(mail(html=f"<p>{text}</p>"), "language") == {"wrong_language"}


@pytest.mark.parametrize(
    ("readers", "expected"),
    [((), set()), (("en-US",), set()), (("de", "en_GB"), set()), (("de", "fr"), {"locale_mismatch"}), (("",), set())],
)
def test_somebody_among_the_readers_speaks_the_language(readers: tuple[str, ...], expected: set[str]) -> None:
    assert codes(mail(recipient_locales=readers), "language") == expected


def test_too_few_words_and_names_decide_nothing() -> None:
    short = mail(
        channel="sms", html="", text="Lindhaven: Bücherregal Eiche 89.00 EUR {{campaign.link}} STOP", locale="en"
    )
    assert codes(short, "language") == codes(HONEST, "language") == set()

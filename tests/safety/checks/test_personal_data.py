"""Personal data: nobody's address, number or account but the brand's own, and never repeated in the evidence."""

from __future__ import annotations

import pytest

from tests.safety.checks.mails import LINK, TEXT, blocked, codes, held, mail, page


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("jane.doe@mail.example", "personal_address"), ("JANE@MAIL.EXAMPLE", "personal_address"),
        ("jane＠mail.example", "personal_address"),
        ("jane\u200b@mail.example", "personal_address"), ("jane (at) mail (dot) example", "personal_address"),
        ("jane[at]mail[dot]example", "personal_address"),
        ("jane at mail dot example", "personal_address"), ("+49 170 1234567", "personal_number"),
        ("0049 (170) 123-45-67", "personal_number"),
        ("+1 (555) 010-9999", "personal_number"), ("0170/1234567", "personal_number"),
        ("040 / 123 45 67", "personal_number"), ("555-010-9999", "personal_number"),
        ("＋４９ １７０ １２３４５６７", "personal_number"), ("DE89 3704 0044 0532 0130 00", "personal_number"),
        ("GB82WEST12345698765432", "personal_number"),
        ("4111 1111 1111 1111", "personal_number"), ("078-05-1120", "personal_number"),
    ],
)  # fmt: skip
def test_personal_data_is_blocked_wherever_it_stands_and_masked(said: str, code: str) -> None:
    places = (
        mail(text=f"{TEXT} Ask {said}."), mail(html=page(f"<p>Ask {said}, please.</p>")),
        mail(html=page(f"<!-- {said} -->")),
        mail(html=page(f'<p title="{said}">x</p>')), mail(html=page(f"<p hidden>{said}</p>")), mail(subject=said),
    )  # fmt: skip
    for one in places:
        found = held(one, "personal_data")
        assert code in {each.code for each in found}
        assert all(said not in each.evidence + each.sentence for each in found)


def test_personal_data_in_a_link_is_blocked() -> None:
    assert blocked(mail(link=f"{LINK}?e=jane@mail.example"), "personal_data") == {"personal_address"}
    assert "personal_address" in blocked(mail(html=page('<a href="mailto:jane@mail.example">x</a>')), "personal_data")


@pytest.mark.parametrize(
    "said",
    [
        "care@lindhaven.example", "+49 40 66969 120", "0049 40 66969-140", "It costs 1,234,567.00 EUR.",
        "130 x 170 cm, 900 g, 22 percent",
        "between 8:00 and 18:00, 20457 Hamburg, in 1948 and 2026", "from 01.12.2026 until 06.12.2026",
        "Order 1042, item 4711-0815, code WINTER10",
        "2026-11-20 12:30", "looking at warm dots at home", "DE12 is a size",
        "Look at 20 or 30 of them, 5000000 stitches",
    ],
)  # fmt: skip
def test_the_brands_own_and_ordinary_figures_pass(said: str) -> None:
    assert codes(mail(text=f"{TEXT} {said}", html=page(f"<p>{said}</p>")), "personal_data") == set()


def test_own_contacts_come_with_the_tenant_too() -> None:
    spoken = mail(text=f"{TEXT} Call +44 20 7946 0000 or write to us@shop.example.")
    assert blocked(spoken, "personal_data") == {"personal_number", "personal_address"}
    own = mail(text=spoken.text, own_contacts=("+44 20 7946 0000", "us@shop.example"))
    assert codes(own, "personal_data") == set()

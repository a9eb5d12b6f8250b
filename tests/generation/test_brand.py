from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.brand import contrast, read_brand

LINDHAVEN = Path("data/brand/default.yaml")


def test_every_mistake_of_a_brand_is_named_at_once(tmp_path: Path) -> None:
    spoilt = LINDHAVEN.read_text(encoding="utf-8")
    for right, wrong in (
        ('text: "#33403b"', 'text: "#c0c0c0"'),
        ('line: "#e2dbcd"', "line: beige"),
        ('accent: "#eba27f"', 'accent: "#23160f"'),
        ("https://www.lindhaven.example/", "https://shop.lindhaven.example/"),
        ("  - go.lindhaven.example", "  - https://go.lindhaven.example/\n  - 127.0.0.1"),
        ("heading_fonts: [Georgia", "heading_fonts: ['x; } body { display: none'"),
        ("name: Lindhaven\n", "name: '<b>{{account.name}}</b>'\n"),
        ("  - locale: de", "  - locale: en"),
        ("  - Lindhaven GmbH\n  - Kanalufer 14\n  - 20457 Hamburg\n", ""),
        ("tagline:", "tagLine:"),
    ):
        assert right in spoilt, right
        spoilt = spoilt.replace(right, wrong, 1)
    (tmp_path / "brand.yaml").write_text(spoilt, encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_brand(tmp_path / "brand.yaml")
    told = str(refusal.value)
    for mistake in (
        "colours.text (line 9): #c0c0c0 on surface #fffdf9 is too faint for the body: 1.",
        "'beige' should be a colour",
        "dark_colours.accent",
        "shop.lindhaven.example is not among allowed_hosts",
        "'https://go.lindhaven.example/' should be a host",
        "'127.0.0.1' should be a host",
        "should be the name of a font",
        "name (line 2): should be plain words",
        "en stands twice",
        "postal_address",
        "did you mean tagline?",
    ):
        assert mistake in told, f"{mistake} is missing in: {told}"


def test_contrast_as_wcag_reckons_it() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0a0a0a", "#000000") == pytest.approx(1.061, abs=0.001)
    assert contrast("#123456", "#123456") == 1


def test_the_sample_brand_signs_and_speaks_two_languages() -> None:
    brand = read_brand(LINDHAVEN)
    assert brand.values()["postal.address"] == "Lindhaven GmbH, Kanalufer 14, 20457 Hamburg, Germany"
    assert brand.language("de-AT").unsubscribe == "Abmelden"
    with pytest.raises(Refusal, match="no words in fr"):
        brand.language("fr")

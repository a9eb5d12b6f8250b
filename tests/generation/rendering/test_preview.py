import socket
from pathlib import Path

import pytest
from PIL import Image

from pipelines.generation.brand import Logo
from pipelines.generation.rendering import render
from pipelines.generation.rendering.preview import SHARPNESS, WIDTH, preview
from tests.generation.rendering.letters import BRAND, FULL, VALUES, brief, letter


def test_a_mail_becomes_a_page_and_a_picture_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[object] = []

    def asked(*address: object) -> None:
        wanted.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr(socket.socket, "connect", asked)
    logo = Logo(link="https://www.lindhaven.example/logo.png", alt="Lindhaven", width=140)
    page, picture = preview(render(FULL, brief(), BRAND.model_copy(update={"logo": logo})), VALUES, tmp_path / "new")
    assert wanted == [], "weasyprint asked the network and swallowed the answer"
    assert "Hello Zoë," in page.read_text(encoding="utf-8")
    with Image.open(picture) as seen:
        assert seen.width == WIDTH * SHARPNESS
        assert 1200 < seen.height < 2400, "one page, cut below the footer"
        colours = {colour for _, colour in seen.convert("RGB").getcolors(1_000_000) or ()}
    for name in ("background", "surface", "accent", "heading"):
        assert tuple(bytes.fromhex(getattr(BRAND.colours, name)[1:])) in colours, f"{name} is not to be seen"


def test_a_text_message_can_be_looked_at_too(tmp_path: Path) -> None:
    page, picture = preview(render(letter("Tea & <b>more</b>."), brief("sms"), BRAND), VALUES, tmp_path)
    assert "Tea &amp; more." in page.read_text(encoding="utf-8")
    assert picture.name == "sms.png"
    assert picture.stat().st_size > 1000

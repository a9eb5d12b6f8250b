import re
from html.parser import HTMLParser

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.brand import Logo
from pipelines.generation.rendering import personalised, render
from pipelines.generation.rendering.plain import WIDTH, wrapped
from pipelines.generation.slots import slots_in
from tests.generation.rendering.letters import BRAND, FULL, LINK, VALUES, block, brief, letter

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """What is open, what stands where, and which links there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.tables: list[dict[str, str | None]] = []
        self.images: list[dict[str, str | None]] = []
        self.styles: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [found["href"] or ""] if tag == "a" else []
        self.tables += [found] if tag == "table" else []
        self.images += [found] if tag == "img" else []
        self.styles += [found.get("style") or ""] if tag in ("h1", "h2", "a", "td", "li") else []

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_a_mail_holds_everything_once_in_a_well_formed_page() -> None:
    mail = render(FULL, brief(), BRAND)
    page = Page(mail.html)
    assert page.wrong == []
    assert page.open == []
    assert page.links == [
        BRAND.website, "https://www.lindhaven.example/wool", "{{campaign.link}}", "{{preferences.link}}",
        "{{unsubscribe.link}}",
    ]  # fmt: skip
    assert {table.get("role") for table in page.tables} == {"presentation"}
    assert all(page.styles), "every visible element carries its own style"
    assert slots_in(mail.html) == (
        "contact.first_name", "campaign.link", "sender.company", "postal.address", "preferences.link",
        "unsubscribe.link",
    )  # fmt: skip
    for part in (
        '<html lang="en"', "<h1 ", "<h2 ", "<ul ", "<blockquote ", "prefers-color-scheme: dark", 'content="light dark"',
        "<strong>Wool throw</strong>", "71.10 EUR &amp; lasts", "heavy.”<br>– Tomas Reiter", BRAND.languages[0].reason,
    ):  # fmt: skip
        assert part in mail.html, part
    assert mail.html.index('<meta charset="utf-8">') < 512
    assert mail.html.count("<li") == 2
    assert "§" not in mail.html
    assert "cut:" not in mail.html


def test_a_mail_stays_under_50_kb_and_fifty_kilobytes_of_words_are_refused() -> None:
    mail = render(FULL, brief(), BRAND)
    assert mail.bytes == len((mail.subject + mail.preheader + mail.html + mail.text).encode())
    assert mail.bytes < 20_000
    with pytest.raises(Refusal, match=r"the mail has [\d,]+ bytes; 50,000 is the most"):
        render(letter(*["ü" * 900] * 25), brief(), BRAND)


def test_the_preheader_is_there_and_not_seen() -> None:
    mail = render(letter("Hello.", preheader='Only <today> & "now"'), brief(), BRAND)
    hidden = re.search(r'<div style="display:none[^"]*">(.*?)</div>', mail.html)
    assert hidden
    assert hidden[1].startswith("Only &amp; &quot;now&quot;")


def test_what_looks_like_a_mark_of_the_layout_is_only_words() -> None:
    tricky = "§text§ §subject§ <!-- cut:button --> $accent"
    mail = render(letter(tricky, subject="§preheader§ $name"), brief(), BRAND)
    assert "§text§ §subject§  $accent</div>" in mail.html
    assert "<title>§preheader§ $name</title>" in mail.html


def test_an_apostrophe_in_a_fallback_survives_the_page() -> None:
    mail = render(letter("Hello.", subject="{{contact.first_name|l'ami}}, hello"), brief(), BRAND)
    assert "<title>l&#x27;ami, hello</title>" in personalised(mail, {**VALUES, "contact.first_name": None}).html


def test_a_logo_has_words_for_those_who_do_not_see_it() -> None:
    logo = Logo(link="https://www.lindhaven.example/logo.png", alt="Lindhaven & Co", width=140)
    page = Page(render(FULL, brief(), BRAND.model_copy(update={"logo": logo})).html)
    assert [image["alt"] for image in page.images] == ["Lindhaven & Co"]
    assert Page(render(FULL, brief(), BRAND).html).images == []


def test_the_plain_part_says_the_same_in_72_columns() -> None:
    text = personalised(render(FULL, brief(), BRAND), VALUES).text
    assert max(map(len, text.splitlines())) <= WIDTH
    for part in (
        "Evenings in, done properly\n----", "Hello Zoë, the evenings", "* Teapot, 34.00 EUR.\n* Enamel mug",
        "See it\n(https://www.lindhaven.example/wool)", "  “It is warm", f"See it:\n{LINK}", "Kanalufer 14",
        "Unsubscribe: https://go.lindhaven.example/stop/abc",
    ):  # fmt: skip
        assert part in re.sub(r" (?=\()", "\n", text) or part in text, part
    assert "<" not in text


def test_a_slot_is_wrapped_as_one_word_of_its_usual_length() -> None:
    assert wrapped("a " * 30 + "{{contact.first_name|my dear friend}} b").splitlines()[1] == (
        "{{contact.first_name|my dear friend}} b"
    )
    assert "\n" not in wrapped("x " * 30 + "{{contact.first_name|you}}")


def test_only_a_heading_above_everything_is_the_title() -> None:
    assert "<h1" in render(letter(block("heading", "Tea"), "For two."), brief(), BRAND).html
    assert "<h1" not in render(letter("Hello.", block("heading", "Tea"), "For two."), brief(), BRAND).html


def test_bullets_belong_together_only_where_they_follow_each_other() -> None:
    mail = render(letter(block("bullet", "A."), block("bullet", "B."), "Then.", block("bullet", "C.")), brief(), BRAND)
    assert mail.html.count("<ul") == 2
    assert "* A.\n* B.\n\nThen.\n\n* C." in mail.text

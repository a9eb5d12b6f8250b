import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from pipelines.generation.slots import (
    SLOTS,
    Use,
    at_usual_length,
    clean_value,
    fill,
    slots_in,
    substitutions,
    unknown_slots,
)

WORDS = [name for name, slot in SLOTS.items() if not slot.always_given]
EVERYTHING = {
    name: "https://go.lindhaven.example/x" if slot.kind == "link" else "Somebody 7" for name, slot in SLOTS.items()
}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Hi {{contact.email}}", "is no slot"),
        ("Hi {{contact.fist_name}}", "did you mean contact.first_name"),
        ("Hi {{contact.email", "never closes"),
        ("Hi {{contact.first_name", "never closes"),
        ("Hi {contact.first_name}", "single brace"),
        ("Hi {{{contact.first_name}}}", "wrong braces"),
        ("Hi {{{contact.first_name}}", "wrong braces"),
        ("Hi {{contact.first_name}}}", "another slot inside|single brace"),
        ("Hi {{contact.{{contact.first_name}}}}", "another slot inside"),
        ("Hi {{contact.first_name|{{contact.last_name|you}}}}", "another slot inside"),
        ("Hi {{}}", "not written as a slot"),
        ("Hi {{ }}", "not written as a slot"),
        ("Hi {{contact.first_name|}}", "fallback that is empty"),
        ("Hi {{contact.first_name|winner of a car}}", "three at most"),
        ("Hi {{contact.company|50 EUR richer}}", "just words"),
        ("Hi {{contact.first_name|default('there')}}", "not just words"),
        ("Hi {{contact.first_name|safe}}", "filters"),
        ("Hi {{contact.first_name|a|b}}", "not just words"),
        ("Hi {{contact.first_name|<b>you</b>}}", "not just words"),
        ("Hi {{contact.first_name|see prize.tk now}}", "make a link of"),
        ("Hi {{contact.__class__}}", "not written as a slot"),
        ("Hi {{contact.first_name.__class__}}", "not written as a slot"),
        ("Hi {{7*7}}", "not written as a slot"),
        ("{{campaign.link|https://evil.example}}", "takes none"),
        ("{% for c in contacts %}x{% endfor %}", "command of a template language"),
        ("{% never closed", "command of a template language"),
        ("{# hidden #}", "command of a template language"),
        ("<%= name %>", "command of a template language"),
        ("${contact.first_name}", "single brace"),
        ("｛｛contact.first_name｝｝", "wrong braces"),
        ("Hi *|FNAME|*", "placeholder"),
        ("Hi %FIRST_NAME%", "placeholder"),
        ("Hi [First Name]", "placeholder"),
        ("Regards, [Your Name]", "placeholder"),
        ("[[link]]", "placeholder"),
        ("a lonely }", "single brace"),
    ],
)
def test_what_would_be_sent_unfilled_blocks_with_a_reason(text: str, why: str) -> None:
    found = unknown_slots(text)
    assert found, text
    assert re.search(why, found[0])


@pytest.mark.parametrize("text", ["100% wool, 20% less", "[The] lamp", "5 < 6", "a | b", "1.2 l", "100 %", "(name)"])
def test_ordinary_text_is_left_in_peace(text: str) -> None:
    assert unknown_slots(text) == ()


def test_slots_are_understood_as_customers_systems_spell_them() -> None:
    text = "{{Account.Name}} {{Contact.FirstName}} {{ contact_name }} {{CONTACT.LAST_NAME|x}} {{Contact.Title}}"
    assert unknown_slots(text) == ()
    assert slots_in(text) == (
        "account.name", "contact.first_name", "contact.name", "contact.last_name", "contact.job_title",
    )  # fmt: skip
    assert fill("Helping {{Account.Name}}", {"account.name": "Blue Harbour"}) == "Helping Blue Harbour"


def test_what_is_not_known_is_replaced_or_named() -> None:
    for missing in (None, "", "   ", "\u200b", "-", "…", "{}", "NULL", " n/a", "NaN", "<b>A</b>", "M\ufffdller"):
        assert fill("Hi {{contact.first_name|there}},", {"contact.first_name": missing}) == "Hi there,"
        with pytest.raises(Refusal, match=r"first_name\}\} has neither a value that may be sent nor"):
            fill("Hi {{contact.first_name}},", {"contact.first_name": missing})
    assert fill("Hi {{contact.first_name|there}},", {}) == "Hi there,"
    with pytest.raises(Refusal, match="contact.frist_name"):
        fill("Hi {{contact.first_name|there}},", {"contact.frist_name": "Anna"})
    with pytest.raises(Refusal, match="float, not text"):
        fill("Hi {{contact.first_name|there}},", {"contact.first_name": float("nan")})  # type: ignore[dict-item]
    with pytest.raises(Refusal, match="never closes"):
        fill("Hi {{contact.first_name", {})


def test_a_value_breaks_neither_the_page_nor_the_header() -> None:
    nasty = '<script>"x"&</script>\r\nBcc: a\x00\u202e'
    shown = fill("{{contact.company}}", {"contact.company": nasty}, "html")
    assert shown == "&lt;script&gt;&quot;x&quot;&amp;&lt;/script&gt; Bcc: a"
    assert fill("{{contact.company}}", {"contact.company": nasty}) == '<script>"x"&</script> Bcc: a'
    for breaking in "\n\r\x0b\x0c\x1c\x85\u2028\u2029":
        assert fill("{{contact.city}}", {"contact.city": f"Köln{breaking}Deutz"}) == "Köln Deutz"


def test_a_value_is_never_filled_again() -> None:
    values = {"contact.first_name": "{{contact.last_name}}", "contact.last_name": "Secret"}
    assert fill("{{contact.first_name|x}}", values) == "x"
    assert fill("{{contact.first_name|x}}", {"contact.first_name": "{% include 'x' %}"}) == "x"
    assert fill("{{contact.company}}", {"contact.company": "{{contact.last_name}} Ltd"}) == "contact.last_name Ltd"


def test_a_link_is_filled_with_a_link_only() -> None:
    for wrong in (
        "javascript:alert(1)",
        "http://go.lindhaven.example",
        'https://a.example/"onclick="x',
        "//evil.example",
    ):
        with pytest.raises(Refusal, match="may not be sent"):
            fill("{{campaign.link}}", {"campaign.link": wrong})
    link = "https://go.lindhaven.example/?a=1&b=2"
    assert fill("{{campaign.link}}", {"campaign.link": link}, "html") == link.replace("&", "&amp;")


@pytest.mark.parametrize(
    "name",
    [
        "Win at evil.com",
        "https://evil.example/x",
        "Anna www.evil.example",
        "call tel:+4940",
        "x@evil.example",
        "evil。com",
        "prize.tk/x",
        "Anna -prize.TK",
        "win.rocks/now",
        "pri\u200cze.tk",
        "Win! Call +49 40 1234567",
        "0800 123 4567",
        "\u3164\u2800\u115f",
    ],
)
def test_who_signs_up_under_a_link_is_not_called_by_it(name: str) -> None:
    assert fill("Hi {{contact.first_name|there}},", {"contact.first_name": name}) == "Hi there,"


@pytest.mark.parametrize("name", ["J.R. Smith", "J.R.R.Tolkien", "St. Mary", "St.Gallen", "Dr.Who", "Ada B.Sc."])
def test_abbreviations_are_no_links(name: str) -> None:
    assert clean_value("contact.last_name", name) == name


def test_marks_and_signs_that_nobody_sees_make_no_name_unreadable() -> None:
    heaped = "A" + "\u0301" * 300 + "nna" + "\u20dd" * 4
    assert clean_value("contact.first_name", heaped) == "Á\u0301\u0301\u0301nna\u20dd\u20dd\u20dd"
    assert clean_value("contact.first_name", "An\u034fn\u200da\u3164\u2800") == "Anna"
    for name in ("Nguyễn Thị", "บุญ\u0e40\u0e25\u0e37\u0e48\u0e2d\u0e19", "\u0915\u094d\u200d\u0937", "👩\u200d💻 Ada"):
        assert clean_value("contact.first_name", name) == name


def test_a_long_name_takes_no_longer_than_it_is() -> None:
    began = time.monotonic()
    assert clean_value("contact.last_name", "a" * 40_000) == "a" * 60
    assert time.monotonic() - began < 2


def test_a_company_may_be_named_like_a_site_but_not_like_an_address() -> None:
    assert clean_value("account.name", "Booking.com B.V.") == "Booking.com B.V."
    assert clean_value("account.name", "St. Jude & Co. KG") == "St. Jude & Co. KG"
    for link in ("https://evil.example", "evil.com/pay", "prize.tk?pay", "evil。com", "www.evil.com", "boss@evil.com"):
        assert clean_value("account.name", f"Firm {link}") is None


def test_an_address_in_lines_becomes_one_line() -> None:
    assert fill("{{postal.address}}", {"postal.address": "Lindhaven,\nKanalufer 14\n\nHamburg"}) == (
        "Lindhaven, Kanalufer 14, Hamburg"
    )


def test_a_long_value_is_cut_between_letters() -> None:
    assert clean_value("contact.first_name", "A" * 500) == "A" * SLOTS["contact.first_name"].longest
    family = "👩\u200d👩\u200d👧"
    assert clean_value("contact.first_name", "x" * 38 + family) == "x" * 38
    assert clean_value("contact.first_name", "x" * 39 + "e\u0323\u0302\u0323") == "x" * 39


def test_a_text_is_measured_as_long_as_it_usually_gets() -> None:
    assert at_usual_length("Hi {{contact.first_name|there}}, {{sender.company}}", {"sender.company": "Lind"}) == (
        "Hi there, Lind"
    )
    assert len(at_usual_length("{{account.name}}")) == SLOTS["account.name"].typical
    assert at_usual_length("{{contact.email}} {x}") == "{{contact.email}} {x}"


def test_parts_for_filling_whole_columns() -> None:
    text = "Hi {{contact.first_name|there}}, from {{ Sender.Name }}"
    assert substitutions(text) == ("Hi ", Use("contact.first_name", "there"), ", from ", Use("sender.name", None))
    assert substitutions(text, {"sender.name"}) == substitutions(text)
    with pytest.raises(Refusal, match="no sender.name for anybody"):
        substitutions(text, {"contact.first_name"})
    with pytest.raises(Refusal, match="is no slot"):
        substitutions("{{contact.email}}")


pieces = st.one_of(
    st.text(st.characters(exclude_characters="{}｛｝")),
    st.sampled_from([f"{{{{{name}}}}}" for name in SLOTS] + [f"{{{{{name}|you there}}}}" for name in WORDS]),
)
anything = st.text(st.one_of(st.characters(), st.sampled_from("{}|<>&\"'\r\n\x00\u202e")), max_size=60)


@given(st.lists(pieces, max_size=8).map("".join), st.dictionaries(st.sampled_from(WORDS), anything))
def test_filling_leaves_no_slot_and_never_reads_a_value(text: str, given_values: dict[str, str]) -> None:
    values = EVERYTHING | {k: v for k, v in given_values.items() if clean_value(k, v)}
    filled = fill(text, values)
    assert "{{" not in filled
    assert slots_in(filled) == ()
    assert fill(filled, values) == filled
    page = fill(text, values, "html")
    for name in slots_in(text):
        assert not set(clean_value(name, values[name]) or "") & set("{}\r\n\x00")
    literal = "".join(part for part in substitutions(text) if isinstance(part, str))
    for sign in "<>\"'\n":
        assert page.count(sign) == literal.count(sign)


@given(st.text(st.sampled_from("{}|%#<>.abc _contactfirs"), max_size=40))
def test_whatever_is_not_named_can_be_filled(text: str) -> None:
    if not unknown_slots(text):
        assert "{{" not in fill(text, EVERYTHING)


@given(anything)
def test_a_value_never_grows_beyond_its_slot(value: str) -> None:
    found = clean_value("contact.first_name", value)
    assert found is None or 0 < len(found) <= SLOTS["contact.first_name"].longest

"""Masking: a person's own values however they are written, what looks personal, and nothing that only resembles it."""

from __future__ import annotations

import socket
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.generation.privacy import mask

ASA = {
    "first_name": "Åsa",
    "last_name": "Sjöström",
    "email": "asa.sjoestroem@blueharbour6.example",
    "phone": "+46 70 123 45 67",
    "company": "Blue Harbour Clinic Ltd",
    "customer_id": "000017",
    "account_id": "A-00006",
    "address": "Storgatan 5, 111 51 Stockholm",
    "birth_date": "1985-05-03",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("masking asked the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize(
    "text",
    [
        "Åsa Sjöström", "ÅSA SJÖSTRÖM", "åsa sjöström", "asa sjostrom", "Aasa Sjoestroem", "Sjöström, Åsa",
        "Åsa M. Sjöström", "Åsa Maria Sjöström", "Åsa\u00a0Sjöström", "Åsa\nSjöström", "Åsa_Sjöström",
        "asa-sjostrom", "ÅsaSjöström", "A. Sjöström", "A.M. Sjöström", "asjostrom", "Sjöström A.", "Sjöström's",
        "Sjöström’s", "Sjöströms", "Åsa", "åsas", "S j ö s t r ö m", "s.j.o.s.t.r.o.m", "Sjo\u0308stro\u0308m",
        "Sj\u00adöström", "Sj\u200böst\u200dröm", "Sjö-\nström", "Sj&ouml;str&#246;m", "Sj%C3%B6str%C3%B6m",
        "Sj\\u00f6str\\u00f6m", "Ｓｊöｓｔｒöｍ", "Ѕjöstrоm", "Sj<b>ös</b>tröm", "𝐒𝐣𝐨𝐬𝐭𝐫𝐨𝐦", "Sj\u202eöström\u202c",
    ],
)  # fmt: skip
def test_a_name_in_every_disguise(text: str) -> None:
    masked = mask(f"Call ({text}) soon.", ASA)
    assert masked.text == "Call (<CONTACT_NAME>) soon."
    assert masked.found == {"CONTACT_NAME": 1}


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("asa.sjoestroem@blueharbour6.example", "EMAIL_ADDRESS"),
        ("ASA.SJOESTROEM+shop@BlueHarbour6.Example", "EMAIL_ADDRESS"),
        ("asa.sjoestroem (at) blueharbour6 [dot] example", "EMAIL_ADDRESS"),
        ("asa dot sjoestroem at blueharbour6 dot example", "EMAIL_ADDRESS"),
        ("asa.sjoestroem%40blueharbour6.example", "EMAIL_ADDRESS"),
        ("asa.sjoestroem＠blueharbour6.example", "EMAIL_ADDRESS"),
        ("asa.sjoestroem&#64;blueharbour6.example", "EMAIL_ADDRESS"),
        ("+46701234567", "PHONE_NUMBER"),
        ("0046 (0)70-123 45 67", "PHONE_NUMBER"),
        ("070/1234567", "PHONE_NUMBER"),
        ("070.123.45.67", "PHONE_NUMBER"),
        ("70 1 2 3 4 5 6 7", "PHONE_NUMBER"),
        ("０７０-１２３４５６７", "PHONE_NUMBER"),
        ("٠٧٠ ١٢٣ ٤٥ ٦٧", "PHONE_NUMBER"),
        ("blue harbour clinic", "COMPANY_NAME"),
        ("Blue-Harbour-Clinic Ltd.", "COMPANY_NAME"),
        ("customer no. 17", "CUSTOMER_ID"),
        ("000017", "CUSTOMER_ID"),
        ("a00006", "ACCOUNT_ID"),
        ("A 00006", "ACCOUNT_ID"),
        ("Storgatan 5", "ADDRESS"),
        ("storgatan 5, 111 51 stockholm", "ADDRESS"),
        ("03.05.1985", "BIRTH_DATE"),
        ("3 May 1985", "BIRTH_DATE"),
        ("May 3rd, 85", "BIRTH_DATE"),
        ("1985-05-03", "BIRTH_DATE"),
    ],
)
def test_every_other_value_in_its_disguises(text: str, placeholder: str) -> None:
    masked = mask(f"Note: {text} (old)", ASA)
    assert masked.text.rstrip(")").replace(".", "") == f"Note: <{placeholder}> (old"


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("j.doe@corp.internal", "EMAIL_ADDRESS"),
        ("jdoe at example dot org", "EMAIL_ADDRESS"),
        ("j.doe @ example . org", "EMAIL_ADDRESS"),
        ("DE89 3704 0044 0532 0130 00", "IBAN_CODE"),
        ("de89370400440532013000", "IBAN_CODE"),
        ("GB33.BUKB.2020.1555.5555.55", "IBAN_CODE"),
        ("4111 1111 1111 1111", "CREDIT_CARD"),
        ("4111.1111.1111.1111", "CREDIT_CARD"),
        ("192.168.7.21", "IP_ADDRESS"),
        ("2001:db8::8a2e:370:7334", "IP_ADDRESS"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "CRYPTO"),
        ("+44 20 7946 0958", "PHONE_NUMBER"),
        ("(212) 555-0123", "PHONE_NUMBER"),
        ("030 123456", "PHONE_NUMBER"),
        ("https://x.example/?who=5", "URL"),
        ("https://shop.example/customers/ann", "URL"),
        ("linkedin.com/in/ann-bee", "URL"),
        ("@ann_bee", "HANDLE"),
    ],
)
def test_what_looks_personal_is_masked_whoever_it_is(text: str, placeholder: str) -> None:
    assert mask(f"Note: {text}, done").text == f"Note: <{placeholder}>, done"


def test_a_date_is_personal_beside_a_birth() -> None:
    assert mask("Born on 3 May 1985.").text == "Born on <BIRTH_DATE>."
    assert mask("DOB: 03/05/1985").text == "DOB: <BIRTH_DATE>"


@pytest.mark.parametrize(
    "text",
    [
        "The wool throw 130x170 costs 79.00 EUR, or 1,299.50 with the bookshelf.",
        "Delivered on 2026-11-20 at 12:30:15, order 12345678, 10 % off until 31.12.2026.",
        "See https://www.lindhaven.example/throws and std::vector; version 1.2.3.",
        "Look @ this: e.g. 3 cups, 60 days, 900 g. Nice.",
        "Casandra's masala and the asado start; mistrust no wall.",
        "Bestellung 26-0123, Größe XL, 5 × 3 = 15.",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    masked = mask(text, ASA)
    assert masked.text == text
    assert masked.found == {}


@pytest.mark.parametrize(
    ("first", "text", "masked"),
    [
        ("Art", "Art likes art; start smart.", "<CONTACT_NAME> likes art; start smart."),
        ("Will", "Will you tell Will? He will.", "<CONTACT_NAME> you tell <CONTACT_NAME>? He will."),
        ("Rose", "ROSE's rose, rosewood", "<CONTACT_NAME> rose, rosewood"),
        ("Li", "Li lives in Lille, li", "<CONTACT_NAME> lives in Lille, li"),
        ("Anna", "anna and Annabel and banana", "<CONTACT_NAME> and Annabel and banana"),
        ("Anna-Lena", "Lena, anna lena, AnnaLena", "<CONTACT_NAME>, <CONTACT_NAME>, <CONTACT_NAME>"),
        ("Müller", "Mueller MULLER müllern", "<CONTACT_NAME> <CONTACT_NAME> müllern"),
        ("Mueller", "Müller", "<CONTACT_NAME>"),
        ("van der Berg", "van der Berg, Berg, van", "<CONTACT_NAME>, <CONTACT_NAME>, van"),
        ("O'Brien", "O’Brien obrien", "<CONTACT_NAME> <CONTACT_NAME>"),
        ("(*+", "a (*+ b", "a (*+ b"),
        ("", "nobody", "nobody"),
        ("王芳", "王芳 called", "<CONTACT_NAME> called"),
    ],
)
def test_names_that_are_words_or_parts_of_words(first: str, text: str, masked: str) -> None:
    assert mask(text, {"first_name": first}).text == masked


def test_an_ordinary_word_as_surname_needs_its_capital() -> None:
    known = {"first_name": "Anna", "last_name": "Day"}
    assert mask("a day like Day; call anna day", known).text == "a day like <CONTACT_NAME>; call <CONTACT_NAME>"


def test_two_ordinary_words_as_a_name_need_their_capitals() -> None:
    known = {"first_name": "Will", "last_name": "Day"}
    assert mask("One day will come for WILL DAY.", known).text == "One day will come for <CONTACT_NAME>."


def test_other_keys_are_masked_by_their_own_name() -> None:
    masked = mask("Plan GOLD 7 since spring", {"loyalty tier": "gold-7", "plan": "spring"})
    assert masked.text == "Plan <LOYALTY_TIER> since <PERSONAL_PLAN>"


def test_what_was_masked_is_not_kept_anywhere() -> None:
    masked = mask("Åsa, asa.sjoestroem@blueharbour6.example", ASA)
    assert "jo" not in repr(masked)
    assert masked.found == {"CONTACT_NAME": 1, "EMAIL_ADDRESS": 1}


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(ASA.values())), st.text(max_size=60))
def test_a_known_value_never_comes_through_and_the_rest_stays(before: str, value: str, after: str) -> None:
    masked = mask(f"{before} {value} {after}", ASA).text
    assert value not in masked
    assert mask(masked, ASA).text == masked


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_text_without_anything_personal_comes_back_as_it_was(text: str) -> None:
    masked = mask(text)
    assert masked.found or masked.text == text


@settings(deadline=None)
@given(
    st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([str.upper, str.lower, str.title, str.swapcase])
)
def test_form_and_case_do_not_matter(form: str, cased) -> None:  # type: ignore[no-untyped-def]
    text = unicodedata.normalize(form, cased("Dear Åsa Sjöström of Blue Harbour Clinic"))  # type: ignore[arg-type]
    assert mask(text, ASA).text.split(" ", 1)[1].split(" ")[::2] == ["<CONTACT_NAME>", "<COMPANY_NAME>"]


def test_masking_loads_no_language_model() -> None:
    code = (
        "import sys; from pipelines.generation.privacy import mask; assert 'presidio_analyzer' not in sys.modules;"
        "mask('Ann, a@b.example'); import spacy.util; assert not any('en_core' in name for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

import csv
from pathlib import Path

import pytest

from pipelines.customers.rules import cells, consent, places
from tests.customers.rules.verdicts_as_rows import column, outcome

TABLES = {
    places.read_country: {
        "de": "DE",
        "DEU": "DE",
        " Germany ": "DE",
        "Deutschland": "DE",
        "UK": "GB",
        "España": "ES",
        "espana": "ES",
        "U.S.A.": "US",
        "cote d'ivoire": "CI",
        "Bosnia and Herzegovina": "BA",
        "日本": "JP",
        "Turkey": "TR",
        "Atlantis": "country_unknown",
        "ZZ": "country_unknown",
        "": None,
    },
    places.read_time_zone: {
        "europe/berlin": "Europe/Berlin",
        "utc": "UTC",
        "America/New_York": "America/New_York",
        "Berlin": "time_zone_unknown",
        "localtime": "time_zone_unknown",
        "../etc": "time_zone_unknown",
        "": None,
    },
    places.read_locale: {
        "en": "en",
        "en-GB": "en-GB",
        "en_gb": "en-GB",
        "de_DE.UTF-8": "de-DE",
        "zh-hans-cn": "zh-Hans-CN",
        "es-419": "es-419",
        "en-UK": "en-GB",
        "xx": "locale_invalid",
        "english": "locale_invalid",
        "C": "locale_invalid",
        "de-ZZ": "locale_invalid",
        "": None,
    },
    places.read_currency: {
        "eur": "EUR",
        "€": "EUR",
        "£": "GBP",
        "$": "currency_unknown",
        "ABC": "currency_unknown",
        "": None,
    },
    consent.read_consent: {
        "TRUE": "granted",
        "1": "granted",
        "y": "granted",
        "Opt-In": "granted",
        "opted_in": "granted",
        "subscribed": "granted",
        "false": "denied",
        "0": "denied",
        "N": "denied",
        "opted out": "denied",
        "withdrawn": "denied",
        **dict.fromkeys(
            (
                "denied",
                "0.0",
                "-0",
                "0,00",
                ".0",
                "0e0",
                "No.",
                "no thanks",
                "NO, THANKS!",
                "Nein",
                "nein danke",
                "unsubscribe",
                "Unsubscribed",
                "declined",
                "OFF",
                "revoke",
                "not subscribed",
                "NOT_SUBSCRIBED",
                "opt out",
                "Opt-Out",
                "don't contact",
                "Falsch",
                "FAUX",
                "non",
                "Non merci",
                "désabonné",
                "DESABONNE",
                "refusé",
                "baja",
                "No, gracias",
                "rifiutato",
                "não",
                "NAO",
                "nee",
                "nie",
                "brak zgody",
                "nej tack",
                "nei",
                "ei",
                "ne",
                "nem",
                "hayır",
                "Όχι",
                "нет",
                "いいえ",
                "不同意",
                "아니오",
                "✗",
            ),
            "denied",
        ),
        **dict.fromkeys(("ja", "1.0", "yes please", "on", "None", "no answer", "nicht bekannt", "10", "0x0", "-")),
        "maybe": None,
        "unknown": None,
        "n/a": None,
        "2": None,
        "": None,
    },
    consent.read_consent_status: {
        "yes": "granted",
        "revoked": "denied",
        "abgemeldet": "denied",
        "maybe": "consent_status_unknown",
        "": None,
    },
    consent.read_channel: {
        "E-Mail": "email",
        "mail": "email",
        "Text": "sms",
        "WhatsApp": "whatsapp",
        "LinkedIn": "linkedin",
        "fax": "channel_unknown",
        "": None,
    },
    consent.read_purpose: {
        "Marketing E-Mails": "marketing_e_mails",
        "x" * 64: "x" * 64,
        "x" * 65: "purpose_invalid",
        "!!": "purpose_invalid",
        "": None,
    },
    consent.read_lawful_basis: {
        "Legitimate interests": "legitimate_interests",
        "legal-obligation": "legal_obligation",
        "consent": "consent",
        "because": "lawful_basis_unknown",
        "": None,
    },
    consent.read_suppression_reason: {
        "SpamReport": "complaint",
        "Hard_Bounce": "hard_bounce",
        "optout": "unsubscribe",
        "GDPR": "erasure",
        "manual": "manual",
        "whim": "suppression_reason_unknown",
        "": None,
    },
}


@pytest.mark.parametrize("reader", TABLES, ids=lambda reader: reader.__name__)
def test_tables(reader):
    cases = TABLES[reader]
    assert outcome(reader(column(*cases))) == list(cases.values())


def test_the_country_table_is_whole():
    with Path(places.__file__).with_name("countries.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["alpha2"] for row in rows}) == len({row["alpha3"] for row in rows}) == 249
    spellings: dict[str, set[str]] = {}
    for row in rows:
        for spelling in (row["alpha2"], row["alpha3"], row["name"], *filter(None, row["aliases"].split("|"))):
            spellings.setdefault(places._name_key(spelling), set()).add(row["alpha2"])
    assert {name: codes for name, codes in spellings.items() if len(codes) > 1} == {}


def test_a_judge_is_asked_once_per_distinct_cell():
    asked: list[str] = []

    def judge(cell: str) -> tuple[str, None]:
        asked.append(cell)
        return cell, None

    read = cells.looked_up(column(*["a", "b", None] * 1000), judge)
    assert sorted(asked) == ["a", "b"]
    assert read.values.to_list() == ["a", "b", None] * 1000


def test_repeated_cells_are_judged_as_each_alone_would_be():
    raw = column(*["Germany", " de ", "Mars", "", None] * 4)
    repeated = cells.distinct_cells(raw)
    assert repeated is not None
    distinct, where = repeated
    assert len(distinct) == 4
    assert (
        outcome(cells.spread(places.read_country(distinct), where)) == ["DE", "DE", "country_unknown", None, None] * 4
    )
    assert cells.distinct_cells(column("DE", "FR")) is None

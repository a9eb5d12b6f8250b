"""Countries, time zones, locales and currencies."""

import csv
import re
import unicodedata
import zoneinfo
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.customers.rules.cells import looked_up, trimmed
from pipelines.customers.rules.currencies import CURRENCIES, CURRENCY_OF_SIGN
from pipelines.customers.rules.verdict import Judged

# ISO 639-1; a language of three letters is taken as it comes.
# fmt: off
_LANGUAGES = frozenset(
    {
        "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh",
        "bi", "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da",
        "de", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr",
        "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz",
        "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj",
        "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln",
        "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb",
        "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi",
        "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk",
        "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti",
        "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo",
        "wa", "wo", "xh", "yi", "yo", "za", "zh", "zu",
    }
)
# fmt: on
_LOCALE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|\d{3}))?"
    r"(?:\.[a-z0-9-]+)?(?:@[a-z]+)?",
    re.IGNORECASE | re.ASCII,
)
# zoneinfo lists two entries that name no place.
_NO_ZONES = {"localtime", "Factory"}


def read_country(raw: pl.Series) -> Judged:
    """ISO alpha-2 codes; what is no country's code or name is `country_unknown`."""
    codes = _countries()

    def judge(cell: str) -> tuple[str | None, str | None]:
        code = codes.get(_name_key(cell))
        return code, None if code else "country_unknown"

    return looked_up(trimmed(raw), judge)


def read_time_zone(raw: pl.Series) -> Judged:
    """IANA names in their own spelling; any other is `time_zone_unknown`."""
    zones = _zones()

    def judge(cell: str) -> tuple[str | None, str | None]:
        zone = zones.get(cell.lower())
        return zone, None if zone else "time_zone_unknown"

    return looked_up(trimmed(raw), judge)


def read_locale(raw: pl.Series) -> Judged:
    """Language tags such as 'en-GB'; what names no known language or region is `locale_invalid`."""
    return looked_up(trimmed(raw), _judge_locale)


def read_currency(raw: pl.Series) -> Judged:
    """ISO 4217 codes; € and £ name one currency, the dollar sign does not and is `currency_unknown`."""
    return looked_up(trimmed(raw), _judge_currency)


@cache
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    with (Path(__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for spelling in (row["alpha2"], row["alpha3"], row["name"], *row["aliases"].split("|")):
                if spelling:
                    found.setdefault(_name_key(spelling), row["alpha2"])
    return found


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones() - _NO_ZONES)}


def _name_key(name: str) -> str:
    """One key for 'Côte d’Ivoire', 'COTE D'IVOIRE' and 'Cote d Ivoire'."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare.replace("&", " and ").replace(".", "")))


def _judge_locale(cell: str) -> tuple[str | None, str | None]:
    found = _LOCALE.fullmatch(cell)
    if found is None:
        return None, "locale_invalid"
    language, script, region = found["language"].lower(), found["script"], found["region"]
    if len(language) == 2 and language not in _LANGUAGES:
        return None, "locale_invalid"
    if region and region.isalpha():
        region = _countries().get(region.lower())
        if region is None:
            return None, "locale_invalid"
    return "-".join(part for part in (language, script and script.title(), region) if part), None


def _judge_currency(cell: str) -> tuple[str | None, str | None]:
    code = CURRENCY_OF_SIGN.get(cell, cell.upper())
    return (code, None) if code in CURRENCIES else (None, "currency_unknown")

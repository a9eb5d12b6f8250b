"""Units and currencies with what they are counted in; equal things written differently end up equal."""

from __future__ import annotations

import re
from fractions import Fraction as F

from pipelines.generation.grounding.lexicon import words

# What it is counted in, how many of it, the ways of writing it (an underscore stands for a space or hyphen).
_UNITS: tuple[tuple[str, F, str], ...] = (
    ("g", F(1, 1000), "mg milligram milligrams"),
    ("g", F(1), "g gram grams gramme grammes"),
    ("g", F(1000), "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes"),
    ("g", F(10**6), "t ton tons tonne tonnes metric_ton metric_tons"),
    ("oz", F(16), "lb lbs"),
    ("oz", F(1), "oz ounce ounces"),
    ("mm", F(1), "mm millimetre millimetres millimeter millimeters"),
    ("mm", F(10), "cm centimetre centimetres centimeter centimeters"),
    ("mm", F(1000), "m metre metres meter meters"),
    ("mm", F(10**6), "km kilometre kilometres kilometer kilometers"),
    ("inch", F(1), "inch inches"),
    ("inch", F(12), "ft foot feet"),
    ("mile", F(1), "mile miles"),
    ("micron", F(1), "µm micron microns micrometre micrometres"),
    ("ml", F(1), "ml millilitre millilitres milliliter milliliters"),
    ("ml", F(10), "cl centilitre centilitres centiliter centiliters"),
    ("ml", F(1000), "l litre litres liter liters ltr"),
    ("gallon", F(1), "gallon gallons"),
    ("m2", F(1), "m² m2 sqm sq_m square_metre square_metres square_meter square_meters"),
    ("g/m2", F(1), "g/m² g/m2 gsm grams_per_square_metre grams_per_square_meter"),
    ("m3", F(1), "m³ m3 cubic_metre cubic_metres cubic_meter cubic_meters"),
    ("%", F(1), "% percent per_cent pct pc"),
    ("points", F(1), "percentage_point percentage_points"),
    ("hour", F(1, 3600), "sec secs second seconds"),
    ("hour", F(1, 60), "min mins minute minutes"),
    ("hour", F(1), "h hr hrs hour hours"),
    ("hour", F(24), "day days calendar_day calendar_days"),
    ("hour", F(168), "week weeks"),
    ("hour", F(336), "fortnight fortnights"),
    (
        "workday",
        F(1),
        "working_day working_days business_day business_days work_day work_days workday workdays weekdays",
    ),
    ("month", F(1), "month months"),
    ("month", F(12), "year years yr yrs calendar_year calendar_years"),
    ("month", F(120), "decade decades"),
    ("°C", F(1), "°C °_C ℃ degrees degree ° degrees_celsius degree_celsius degrees_centigrade"),
    ("°F", F(1), "°F ℉ degrees_fahrenheit"),
    ("W", F(1), "W watt watts"),
    ("W", F(1000), "kW kilowatt kilowatts"),
    ("kWp", F(1), "kWp kilowatt_peak kilowatts_peak"),
    ("kWh", F(1), "kWh kilowatt_hour kilowatt_hours"),
    ("V", F(1), "V volt volts"),
    ("mAh", F(1), "mAh"),
    ("lm", F(1), "lm lumen lumens"),
    ("lx", F(1), "lx lux"),
    ("K", F(1), "K kelvin kelvins"),
    ("dB", F(1), "dB decibel decibels"),
    ("Hz", F(1), "Hz hertz"),
    ("GB", F(1, 1000), "MB megabyte megabytes"),
    ("GB", F(1), "GB gigabyte gigabytes"),
    ("GB", F(1000), "TB terabyte terabytes"),
    ("times", F(1), "x × times fold"),
    ("stars", F(1), "star stars"),
    ("dpi", F(1), "dpi ppi"),
    ("rpm", F(1), "rpm"),
    ("bar", F(1), "bar bars"),
    ("kcal", F(1), "kcal calories"),
    ("km/h", F(1), "km/h kmh kph"),
)
_CURRENCIES = {
    "EUR": "EUR euro euros €",
    "USD": "USD US$ US_dollar US_dollars dollar dollars $",
    "GBP": "GBP £ pound pounds British_pounds pounds_sterling",
    "CHF": "CHF Swiss_franc Swiss_francs franc francs",
    "PLN": "PLN zł zloty zlotys złoty",
    "SEK": "SEK Swedish_krona Swedish_kronor kronor",
    "NOK": "NOK Norwegian_krone Norwegian_kroner",
    "DKK": "DKK Danish_krone Danish_kroner",
    "CZK": "CZK Kč",
    "JPY": "JPY ¥ yen",
    "BRL": "BRL R$ reais",
    "CAD": "CAD C$",
    "AUD": "AUD A$",
    "INR": "INR ₹ rupee rupees",
}
CURRENCIES = frozenset(_CURRENCIES)
# A letter that means something else in the other case is read only as it is written here.
_AS_WRITTEN = words("g t m l h W V K x")

_UNIT_NAMED = {way.replace("_", " "): (unit, factor) for unit, factor, ways in _UNITS for way in ways.split()}
_FOLDED = {way.lower(): meant for way, meant in _UNIT_NAMED.items() if way not in _AS_WRITTEN}
_CURRENCY_NAMED = {way.replace("_", " ").lower(): code for code, ways in _CURRENCIES.items() for way in ways.split()}


def _either(ways: set[str]) -> str:
    longest_first = sorted(ways, key=lambda way: (-len(way), way))
    return "|".join(re.escape(way).replace(r"\ ", "[ -]") for way in longest_first)


_UNIT = re.compile(rf"[ -]?(?P<unit>{_either(set(_UNIT_NAMED))})(?:(?<=[%°])|(?![\w²³]))", re.IGNORECASE)
_MONEY = _either(set(_CURRENCY_NAMED))
_MONEY_AFTER = re.compile(rf"[ -]?(?P<money>{_MONEY})(?!\w)", re.IGNORECASE)
_MONEY_BEFORE = re.compile(rf"(?<!\w)(?P<money>{_MONEY}) ?$", re.IGNORECASE)


def unit_at(text: str, at: int) -> tuple[str, F, int] | None:
    """The unit that stands at this place, after at most one space or hyphen: name, factor, where it ends."""
    match = _UNIT.match(text, at)
    if match is None:
        return None
    written = match["unit"].replace("-", " ")
    meant = _UNIT_NAMED.get(written) or _FOLDED.get(written.lower())
    return (*meant, match.end()) if meant else None


def currency_at(text: str, at: int) -> tuple[str, int] | None:
    """The currency that stands at this place, and where it ends."""
    match = _MONEY_AFTER.match(text, at)
    return (_CURRENCY_NAMED[match["money"].lower().replace("-", " ")], match.end()) if match else None


def currency_before(text: str, at: int) -> tuple[str, int] | None:
    """The currency that stands before this place, and where it starts."""
    match = _MONEY_BEFORE.search(text, max(0, at - 12), at)
    return (_CURRENCY_NAMED[match["money"].lower().replace("-", " ")], match.start()) if match else None

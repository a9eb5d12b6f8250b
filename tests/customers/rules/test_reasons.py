import re
from pathlib import Path

import pipelines.customers.rules as rules
from pipelines.customers.rules.reasons import REASONS

FAMILIES = (
    "email phone country time_zone locale currency date amount count consent_status channel purpose"
    " lawful_basis suppression_reason text id json"
).replace(" ", "|")
ENDINGS = "invalid|scientific|country_unknown|unknown|ambiguous|serial|not_a_number|too_large|negative|too_long"
CALLERS = {
    "too_few_columns",
    "too_many_columns",
    "not_reachable",
    "no_customer",
    "missing_value",
    "bad_encoding",
    "signup_in_future",
    "purchase_in_future",
    "purchase_before_signup",
    "date_in_future",
    "unknown_customer",
    "email_taken",
    "erased",
    "event_of_other_customer",
    "order_of_other_customer",
}


def _produced() -> set[str]:
    """Every code that stands in the rules' source, with the amount codes that are put together there."""
    found = {"amount_ambiguous", "amount_invalid", "amount_not_a_number"}
    for module in Path(rules.__path__[0]).glob("*.py"):
        if module.name != "reasons.py":
            found |= set(re.findall(rf'"((?:{FAMILIES})_(?:{ENDINGS}))"', module.read_text(encoding="utf-8")))
    return found


def test_every_code_has_a_reason_and_every_reason_a_code():
    produced = _produced()
    assert len(produced) > 25
    assert produced | CALLERS == set(REASONS)


def test_reasons_are_sentences():
    for code, reason in REASONS.items():
        assert reason.code == code
        for part in (reason.sentence.format(column="Phone", value="12"), reason.mend):
            assert part.strip().endswith("."), code
            assert part[0].isupper() or part.startswith("{column}"), code

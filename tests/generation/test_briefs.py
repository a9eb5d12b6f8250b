from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.briefs import Brief, brief_hash, read_brief, read_brief_text

TODAY = date(2026, 11, 20)
BRIEFS = Path("data/briefs")
GOOD = """
name: Winter warmth
goal: Sell throws.
value_proposition: Warm evenings.
call_to_action: {text: See them, link: "https://www.lindhaven.example/winter?a=1"}
audience: {unit: segment, only: [loyal, at risk]}
budget_usd: 5
knowledge: {audience: [consumer]}
"""
WRONG = """
nam: Winter
goal: Sell.
goal: Sell more.
channel: Email
audience: {unit: account, scheme: rfm, only: lost}
value_proposition:
call_to_action:
  text: "Hi {{contact.fristname}}"
  link: http://www.lindhaven.example
strategies: [friendly, frendly, friendly]
budget_usd: -1
offer: {text: 12 % off, ends: 2026-11-19, code: "a b"}
knowledge: {passages: 99, locale: EN, querry: x}
arms:
  - {name: a, weight: 0, strategy: urgency}
  - {name: a, weight: yes}
colour: blue
"""


def read(text: str, today: date | None = TODAY) -> Brief:
    return read_brief_text(text, "The brief", today=today)


def test_every_mistake_is_named_at_once_with_its_line_and_how_to_mend_it() -> None:
    with pytest.raises(Refusal) as refusal:
        read(WRONG)
    told = str(refusal.value)
    for mistake in (
        "name: is missing; add it",
        "nam (line 2): is no field here; did you mean name?",
        "goal (line 3): stands again on line 4; keep one",
        "channel (line 5): 'Email' is not one of them; did you mean email?",
        "audience.scheme (line 6): only segments have a scheme",
        "audience.only (line 6): must be a list; write [lost]",
        "value_proposition (line 7): is empty",
        "call_to_action.text (line 9): {{contact.fristname}} is no slot; did you mean contact.first_name?",
        "call_to_action.link (line 10): this link may not be sent: it does not begin with https://",
        "strategies (line 11): has only 2 different; name at least 3",
        "strategies[2] (line 11): 'frendly' is no strategy; did you mean friendly?",
        "budget_usd (line 12)",
        "offer.ends (line 13): the offer ended on 2026-11-19 and today is 2026-11-20",
        "offer.code (line 13): 'a b' should be",
        "knowledge.passages (line 14)",
        "knowledge.locale (line 14): 'EN' should be a locale",
        "knowledge.querry (line 14): is no field here; did you mean query?",
        "arms[1].weight (line 16)",
        "arms[1].strategy (line 16): urgency is not among the strategies",
        "arms[2].name (line 17): a is the name of another arm",
        "arms[2].weight (line 17)",
        "colour (line 18)",
    ):
        assert mistake in told, f"{mistake} is missing in: {told}"
    assert "The brief has 22 mistakes" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("# only a remark", "is empty"),
        ("- a\n- b", "is not a mapping"),
        ("just words", "is not a mapping"),
        ("name: [", "line 1"),
        ("name: \x01", "special characters"),
        ("name: a\n---\nname: b", "another document"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "an alias"),
        ("a: " + "[" * 5000, "nested too deep"),
        ("a: " + "{b: " * 5000, "nested too deep"),
        ("name: !!python/object/apply:os.system [id]", "has the tag"),
        ("? [a, b]\n: c", "as the name of a field"),
        ("name: " + "x" * 70_000, "larger than 64 KB"),
    ],
)
def test_what_is_no_brief_is_refused_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(Refusal, match=told):
        read(text)


def test_a_file_that_is_missing_large_or_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read_brief(tmp_path / "none.yaml")
    (tmp_path / "large.yaml").write_text("#" * 70_000)
    with pytest.raises(Refusal, match="larger than 64 KB"):
        read_brief(tmp_path / "large.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Grüße".encode("latin-1"))
    with pytest.raises(Refusal, match="not UTF-8"):
        read_brief(tmp_path / "latin.yaml")


def test_words_stay_words_where_yaml_would_make_something_else_of_them() -> None:
    brief = read(
        GOOD.replace("Winter warmth", "2026-11-20")
        .replace("Sell throws.", "no")
        .replace("[loyal, at risk]", "[NO, 0123]")
    )
    assert (brief.name, brief.goal, brief.audience.only) == ("2026-11-20", "no", ("NO", "0123"))


@pytest.mark.parametrize(
    "link",
    [
        "//www.lindhaven.example/x", "/offers", "javascript:alert(1)", "https://", "https:///x", "https://localhost/",
        "https://user@www.lindhaven.example/", "https://127.0.0.1/", "https://www.lindhaven.example/a b",
        r"https://www.lindhaven.example\@evil.example/", "https://www.lindhaven.example:8443/",
        "https://lindhavén.example/", "https://-a.example/", "https://www.lindhaven.example/{{contact.first_name}}",
    ],
)  # fmt: skip
def test_a_call_to_action_leads_to_a_host_over_https_or_nowhere(link: str) -> None:
    with pytest.raises(Refusal, match="call_to_action.link .*may not be sent"):
        read(GOOD.replace('"https://www.lindhaven.example/winter?a=1"', f"'{link}'"))


def test_numbers_that_are_none_are_refused() -> None:
    for number in (".nan", ".inf", "1e9", "yes", "0x10", ""):
        with pytest.raises(Refusal, match="budget_usd"):
            read(GOOD.replace("budget_usd: 5", f"budget_usd: {number}"))
        with pytest.raises(Refusal, match=r"arms\[1\]\.weight"):
            read(GOOD + f"arms: [{{name: a, weight: {number}, strategy: direct}}, {{name: b, weight: 1}}]")


def test_arms_that_compare_nothing_are_refused() -> None:
    for arms, told in (
        ("[{name: a, weight: 1, strategy: direct}]", "one arm compares nothing"),
        ("[{name: a, weight: 1, strategy: direct}, {name: b, weight: 1, strategy: direct}]", "what another arm sends"),
        ("[{name: a, weight: 1}, {name: b, weight: 1}]", "what another arm sends"),
    ):
        with pytest.raises(Refusal, match=told):
            read(f"{GOOD}arms: {arms}")


def test_several_value_propositions_stand_a_line_each() -> None:
    listed = read(GOOD.replace("Warm evenings.", "[Warm evenings., Free   returns.]"))
    assert listed.value_proposition == "Warm evenings.\nFree returns."


def test_the_last_day_of_an_offer_still_counts_and_without_a_day_nothing_is_over() -> None:
    offer = GOOD + "offer: {text: Ten percent off., ends: 2026-11-20}"
    assert read(offer).offer is not None
    with pytest.raises(Refusal, match="the offer ended"):
        read(offer, date(2026, 11, 21))
    assert read(offer.replace("2026-11-20}", "2020-01-01}"), None).offer is not None
    for day in ("20261224", "1798761600", "24.12.2026", "2026-02-30"):
        with pytest.raises(Refusal, match="offer.ends"):
            read(offer.replace("2026-11-20}", f"{day}}}"))


def test_the_hash_follows_the_meaning_and_not_the_writing() -> None:
    same = read(
        """
        budget_usd: "5.00"   # the same
        tone: warm and plain
        audience:
          only: [at risk, loyal]
          unit: segment
          scheme: rfm
        knowledge: {audience: [consumer], passages: 12}
        call_to_action:
          link: https://www.lindhaven.example/winter?a=1
          text: >
            See
            them
        value_proposition: "Warm   evenings."
        goal: |
          Sell
          throws.
        name: 'Winter warmth'
        """
    )
    before = brief_hash(read(GOOD))
    assert brief_hash(same) == before
    for change in (
        {"name": "Winter warmth 2"},
        {"strategies": ("friendly", "professional", "direct")},
        {"channel": "sms"},
        {"topic": "product_updates"},
    ):
        assert brief_hash(same.model_copy(update=change)) != before
    assert brief_hash(same.model_copy(update={"budget_usd": Decimal("5.01")})) == before


def test_the_briefs_of_the_sample_company_are_good_on_the_day_of_the_demo() -> None:
    briefs = [read_brief(path, today=TODAY) for path in sorted(BRIEFS.glob("*.yaml"))]
    assert {brief.channel for brief in briefs} == {"email", "sms", "linkedin"}
    assert {brief.audience.unit for brief in briefs} == {"segment", "account", "persona"}
    assert len({brief_hash(brief) for brief in briefs}) == len(briefs) >= 5


TWO_ARMS = "[{name: nobody, weight: 30}, {name: a, strategy: direct}]"


@pytest.mark.parametrize(
    ("experiment", "arms", "told"),
    [
        ("{primary_metric: opened}", "[]", "'opened' is not one of them"),
        ("{primary_metric: }", "[]", r"experiment.primary_metric \(line \d+\): is empty"),
        ("{control_share: 0.3}", TWO_ARMS, "the arms say what they weigh"),
        ("{control: b}", TWO_ARMS, "is no arm; the arms are nobody, a"),
        ("{kind: factorial}", "[]", "a factorial design needs its arms"),
        ("{coverage: 1.5}", TWO_ARMS, "experiment.coverage"),
        ("{namespace: {name: x, start: 0, end: 2}}", TWO_ARMS, "experiment.namespace.end"),
        ("{colour: blue}", TWO_ARMS, "experiment.colour .* is no field here"),
    ],
)
def test_what_is_wrong_with_an_experiment_is_named(experiment: str, arms: str, told: str) -> None:
    with pytest.raises(Refusal, match=told):
        read(GOOD + f"experiment: {experiment}\narms: {arms}\n")


def test_a_brief_that_says_nothing_of_its_experiment_keeps_its_hash() -> None:
    assert brief_hash(read(GOOD)) == "9e7273ef2e55bedbdd4d5db0758842a23d9062110d55ac7cf61a9766bfdb864b"
    asks = read(GOOD + f"experiment: {{coverage: 0.5, primary_metric: replied}}\narms: {TWO_ARMS}\n")
    assert asks.arms[1].weight is None
    assert Brief.model_validate(asks.model_dump(mode="json")) == asks
    assert brief_hash(asks) != brief_hash(read(GOOD))
    grows = read(GOOD + f"experiment: {{coverage: 0.5, primary_metric: replied, ramp: true}}\narms: {TWO_ARMS}\n")
    assert brief_hash(grows) != brief_hash(asks)


ARMS = (
    "[{name: nobody}, {name: a, strategy: direct%s}, {name: b, strategy: professional%s}]\n"
    "journey: [{after_days: 3, strategy: friendly%s}]\n"
)


@pytest.mark.parametrize(
    ("arms", "told"),
    [
        ("[]\njourney: [{after_days: 3, strategy: friendly}]", "a journey needs arms"),
        (ARMS % ("", ", journey: [{after_days: 3, strategy: direct, channel: sms}]", ""), "written for email already"),
        (
            ARMS % ("", ", journey: [{after_days: 3, strategy: friendly, channel: sms}]", ""),
            r"journey\[1\].channel.*friendly is written for sms already|written for email already",
        ),
        (ARMS % (", journey: [{after_days: 3, strategy: direct}]", "", ""), "a has sent direct before"),
        (ARMS % ("", ", journey: [{after_days: 3, strategy: urgency}]", ""), "urgency is not among the strategies"),
        (ARMS.replace("friendly", "direct") % ("", "", ""), "a has sent direct before"),
        (ARMS % (", journey: [{after_days: 0, strategy: friendly}]", "", ""), r"arms\[2\].journey\[1\].after_days"),
        ("[{name: no, journey: [{after_days: 1, strategy: direct}]}, {name: a, strategy: direct}]", "nothing follows"),
        (ARMS % (", journey: soon", "", ""), r"arms\[2\].journey"),
        (
            ARMS % ("", ", journey: [{after_days: 2, strategy: direct}, {after_days: 3, strategy: friendly}]", "")
            + "offer: {text: 12 % off, ends: 2026-11-24}",
            r"a mistake: arms\[3\].journey\[2\].after_days \(line \d+\): comes on 2026-11-25 at the earliest, and",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_journey_is_named(arms: str, told: str) -> None:
    with pytest.raises(Refusal, match=told):
        read(GOOD + f"arms: {arms}\n")


def test_a_journey_is_a_part_of_what_is_meant() -> None:
    asks = read(GOOD + "arms: " + ARMS % (", journey: []", ", journey: [{after_days: 2, strategy: direct}]", ""))
    assert [arm.journey for arm in asks.arms][:2] == [None, ()]
    assert Brief.model_validate(asks.model_dump(mode="json")) == asks
    bare = asks.model_copy(update={"journey": ()})
    sooner = asks.model_copy(update={"journey": (asks.journey[0].model_copy(update={"after_days": 1}),)})
    assert len({brief_hash(asks), brief_hash(bare), brief_hash(sooner)}) == 3

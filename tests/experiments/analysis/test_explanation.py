"""A lift that is found where it was put, and none where chance explains it; words that promise no more than that."""

import json
from statistics import fmean

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.contracts import Refusal
from pipelines.experiments.analysis.driving import qini, qini_curve
from pipelines.experiments.analysis.explanation import Asked, explain, sentences
from pipelines.experiments.analysis.segments import Sums, compare_segments, holm

ASKED = Asked("arm", "letter", "none", "bought", ("country", "member", "age"))


def people(seed, *, n=6000, base=0.1, member_lift=0.0, of_country=0.0, lift=0.0):
    """Invented people, arms by lot; who responds and who is moved is put in by the caller."""
    rng = np.random.default_rng(seed)
    country, member = rng.choice(["DE", "FR", "IT", "ES"], n), rng.choice(["yes", "no"], n)
    treated = rng.random(n) < 0.5
    rate = base + of_country * (country == "IT") + treated * (lift + member_lift * (member == "yes"))
    return pl.DataFrame({
        "arm": np.where(treated, "letter", "none"), "country": country, "member": member,
        "age": rng.integers(18, 90, n).astype(str), "bought": np.where(rng.random(n) < rate, "yes", "no"),
    })  # fmt: skip


def by_name(told):
    return {one.attribute: one for one in told.segments}


def test_a_lift_that_was_put_into_one_attribute_is_found_there_and_only_there():
    told = explain(people(1, member_lift=0.12), ASKED, np.random.default_rng(1))
    found = by_name(told)
    assert [name for name, one in found.items() if one.differs] == ["member"]
    assert found["member"].lifts[0].segment == "yes"
    assert found["member"].lifts[0].ci_low <= 0.12 <= found["member"].lifts[0].ci_high
    assert told.uplift.p_value < 0.05
    assert "Some people are moved more" in told.uplift.sentence
    assert "test it before you build on it" in sentences(told)[0]


def test_where_nothing_was_put_nothing_is_named():
    told = explain(people(2, lift=0.05), ASKED, np.random.default_rng(2))
    assert not any(one.differs for one in told.segments)
    assert not any(reason.named for reason in told.response.reasons)
    assert "better than by chance" in told.response.sentence
    assert "Nobody can be told apart" in told.uplift.sentence


def test_who_responds_is_told_by_what_was_put_there_and_no_cause_is_claimed():
    told = explain(people(3, n=12_000, of_country=0.12), ASKED, np.random.default_rng(3))
    assert [reason.attribute for reason in told.response.reasons if reason.named] == ["country"]
    assert "that they cause it is not shown" in told.response.sentence


def sums(rng, n, rate):
    yes = float(rng.binomial(n, rate))
    return Sums(n, yes, yes)


def test_over_many_seeds_segments_seem_to_differ_as_rarely_as_promised_and_shrinking_is_nearer_the_truth():
    rng, runs, alarms, seen, believed = np.random.default_rng(4), 600, 0, [], []
    for _ in range(runs):
        told = compare_segments("s", {str(at): (sums(rng, 800, 0.12), sums(rng, 800, 0.10)) for at in range(6)})
        alarms += any(one.stands_out for one in told.lifts)
        seen += [(one.lift - 0.02) ** 2 for one in told.lifts]
        believed += [(one.believed - 0.02) ** 2 for one in told.lifts]
    assert alarms / runs <= 0.07
    assert fmean(believed) < fmean(seen) / 2


@pytest.mark.parametrize(
    ("arms", "told", "left_out"),
    [
        ({}, 0, ()),
        ({"a": (Sums(500, 50, 50), Sums(500, 40, 40))}, 0, ()),
        ({"a": (Sums(500, 50, 50), Sums(500, 40, 40)), "b": (Sums(1, 1, 1), Sums(500, 9, 9))}, 0, ("b",)),
        ({"a": (Sums(500, 0, 0), Sums(500, 0, 0)), "b": (Sums(500, 0, 0), Sums(500, 0, 0))}, 0, ("a", "b")),
        ({"a": (Sums(500, 50, 50), Sums(500, 40, 40)), "b": (Sums(0, 0, 0), Sums(0, 0, 0))}, 0, ("b",)),
        ({x: (Sums(500, 50, 50), Sums(500, 40, 40)) for x in "abc"}, 3, ()),
    ],
)
def test_segments_that_say_nothing_are_left_out_and_named(arms, told, left_out):
    found = compare_segments("s", arms)
    assert (len(found.lifts), found.left_out, found.differs) == (told, left_out, False)
    json.dumps(found.to_json(), allow_nan=False)


def test_holm_is_as_statistics_books_have_it():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_a_perfect_order_has_the_largest_qini_and_ties_gain_nothing():
    rng = np.random.default_rng(6)
    moved, treated = rng.random(4000) < 0.3, rng.random(4000) < 0.5
    outcome = (moved & treated).astype(float)
    perfect = qini(qini_curve(moved.astype(float), outcome, treated, rng))
    none = qini(qini_curve(np.zeros(4000), outcome, treated, rng))
    assert perfect == pytest.approx(0.3 * 0.35, abs=0.01)
    assert abs(none) < 0.01
    assert qini(qini_curve(-moved.astype(float), outcome, treated, rng)) < -0.09


SMALL = pl.DataFrame({"arm": ["letter", "none"] * 3, "country": ["DE"] * 6, "bought": ["yes"] * 6})
SMALL = SMALL.with_columns(member=pl.lit(""), age=pl.Series([None, "3", "x", "", "5", "nan"]))


@pytest.mark.parametrize(
    "table",
    [
        SMALL,
        SMALL.with_columns(bought=pl.lit("")),
        SMALL.with_columns(bought=pl.Series(["7.5", "", "3", "1", "0", "0"])),
        people(7, base=0.0),
        people(7, base=1.0),
        people(8, n=700),
    ],
)
def test_what_holds_too_little_is_explained_and_names_nothing(table):
    told = explain(table, ASKED, np.random.default_rng(7))
    assert not any(one.stands_out for each in told.segments for one in each.lifts)
    assert not any(reason.named for reason in told.response.reasons)
    assert all(sentences(told))
    json.dumps(told.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("asked", "table", "said"),
    [
        (Asked("group", "letter", "none", "bought", ("age",)), SMALL, "no column group"),
        (Asked("arm", "post", "none", "bought", ("age",)), SMALL, "holds post"),
        (Asked("arm", "none", "none", "bought", ("age",)), SMALL, "with itself"),
        (ASKED, SMALL.with_columns(bought=pl.lit("maybe")), "'maybe', which is neither"),
        (ASKED, SMALL.with_columns(bought=pl.lit("inf")), "'inf', which is neither"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_a_sentence(asked, table, said):
    with pytest.raises(Refusal, match=said):
        explain(table, asked, np.random.default_rng(0))


def test_the_command_prints_one_object(tmp_path):
    from pipelines.cli import app

    file = tmp_path / "people.csv"
    people(9, n=900).write_csv(file, separator=";")
    wanted = ["--arm", "arm", "--treatment", "letter", "--control", "none", "--metric", "bought", "--by", "country"]
    told = CliRunner().invoke(app, ["experiments", "explain", str(file), *wanted, "--json"])
    assert told.exit_code == 0, told.output
    assert {"segments", "response", "uplift", "warnings"} <= set(json.loads(told.stdout))
    assert "Lift by country" in CliRunner().invoke(app, ["experiments", "explain", str(file), *wanted]).stdout

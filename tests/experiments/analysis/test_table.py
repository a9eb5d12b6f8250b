"""Tables as they come, through the command's own reading: what is found in them, and what odd ones are told."""

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import Refusal
from pipelines.experiments.analysis.table import Wanted, analyse_table
from pipelines.experiments.analysis.verdicts import Terms

KEYS = {
    "metric", "arm", "control", "n_arm", "n_control", "value_arm", "value_control", "lift_abs", "lift_rel", "ci_low",
    "ci_high", "p_value", "p_adjusted", "verdict", "reason",
}  # fmt: skip


def analysed(folder, text, *options, arm="arm", control="c", metric=("won",)):
    path = folder / "units.csv"
    path.write_text(text, encoding="utf-8")
    named = [part for one in metric for part in ("--metric", one)]
    told = CliRunner().invoke(
        app, ["experiments", "analyse", str(path), "--arm", arm, "--control", control, *named, *options, "--json"]
    )
    if told.exception and not isinstance(told.exception, SystemExit):
        raise told.exception
    assert told.exit_code == 0, told.output
    # Nothing that is no JSON: NaN would be written as it is.
    return json.loads(told.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def rows(**arms):
    """A table with so many units a (yes, no) pair says."""
    lines = [f"{arm},{won}" for arm, (yes, no) in arms.items() for won in ["yes"] * yes + ["no"] * no]
    return "arm,won\n" + "\n".join(lines) + "\n"


def test_a_real_difference_wins_and_says_so_in_words(tmp_path):
    told = analysed(tmp_path, rows(c=(200, 3800), a=(300, 3700), b=(205, 3795)))
    a, b = told["comparisons"]
    assert set(a) >= KEYS
    assert (a["arm"], a["verdict"], b["verdict"]) == ("a", "winner", "inconclusive")
    assert (a["lift_abs"], a["lift_rel"]) == pytest.approx((0.025, 0.5))
    assert 0 < a["ci_low"] < a["lift_abs"] < a["ci_high"]
    assert a["p_value"] < a["p_adjusted"] < 0.05
    assert "7.50% in a against 5.00% in c" in a["reason"]
    assert a["chance_to_beat_control"] > 0.99
    assert [arm["n"] for arm in told["arms"]] == [4000, 4000, 4000]


def test_less_of_a_bad_thing_wins(tmp_path):
    told = analysed(tmp_path, rows(c=(300, 3700), a=(200, 3800)), metric=["won:lower"])
    assert told["comparisons"][0]["verdict"] == "winner"
    assert told["comparisons"][0]["lift_abs"] < 0


@pytest.mark.parametrize(
    ("text", "metric", "verdict", "words"),
    [
        (rows(c=(0, 500), a=(0, 500)), "won", "not enough data", "Nobody has won"),
        (rows(c=(500, 0), a=(500, 0)), "won", "not enough data", "Everybody has won"),
        (rows(c=(2, 8), a=(3, 7)), "won", "not enough data", "not enough to tell"),
        (rows(c=(5, 495), a=(6, 494)), "won", "not enough data", "11 responses"),
        ("arm,won\nc,1\nc,0\nc,1\na,0\n", "won", "not enough data", "one unit with a value"),
        ("arm,won\n" + "c,\n" * 9 + "a,\n" * 9, "won:continuous", "not enough data", "no unit with a value"),
        ("arm,won\n" + "c,3\n" * 9 + "a,4\n" * 9, "won", "not enough data", "never varies"),
        ("arm,won\n" + "c,NaN\nc,inf\n" * 9 + "a,1\na,2\n" * 9, "won", "not enough data", "no unit with a value"),
        ("arm,won,by\n" + "c,3,0\n" * 9 + "a,4,0\n" * 9, "won/by", "not enough data", "sum to zero"),
        (rows(c=(250, 4750), a=(320, 3680)), "won", "invalid", "no difference between the arms can be trusted"),
    ],
)  # fmt: skip
def test_odd_tables_are_explained_and_never_won(tmp_path, text, metric, verdict, words):
    told = analysed(tmp_path, text, metric=[metric])
    said = told["comparisons"]
    assert [one["verdict"] for one in said] == [verdict]
    assert words in " ".join(one["reason"] for one in said)


def test_one_arm_alone_is_told_and_compared_with_nothing(tmp_path):
    told = analysed(tmp_path, rows(c=(10, 90)))
    assert told["comparisons"] == []
    assert "nothing to compare" in " ".join(told["warnings"])


def test_arms_are_meant_equal_until_weights_say_otherwise(tmp_path):
    text = rows(c=(150, 2850), a=(350, 6650))
    untold = analysed(tmp_path, text)["health"][0]
    assert untold["severity"] == "invalid"
    assert "--weights" in untold["sentence"]
    assert analysed(tmp_path, text, "--weights", "c:30,a:70")["health"][0]["severity"] == "ok"


def test_what_names_units_again_and_again_wins_nothing(tmp_path):
    lines = [f"u{n // 2},{'ca'[n // 2 % 2]},{n // 2 % 2:d}" for n in range(2000)]
    told = analysed(tmp_path, "customer_id,arm,won\n" + "\n".join(lines) + "\n")
    assert {one["verdict"] for one in told["comparisons"]} == {"invalid"}
    assert "give each unit one row" in told["comparisons"][0]["reason"]


def test_who_stands_in_two_arms_is_left_out_and_repeats_count_once(tmp_path):
    lines = [f"u{n},{'c' if n % 2 else 'a'},{n % 7 == 0:d}" for n in range(2000)]
    lines += ["u1,a,1", "u3,c,1", "u3,c,1", "u4,a,1"]
    told = analysed(tmp_path, "customer_id,arm,won\n" + "\n".join(lines) + "\n")
    said = {one["check"]: one["sentence"] for one in told["health"]}
    assert said["contamination"].startswith("1 of 2,000 units")
    assert said["duplicated_units"].startswith("3 rows")
    assert sum(arm["n"] for arm in told["arms"]) == 1999


def test_segments_are_corrected_together_and_called_exploratory(tmp_path):
    drawn = np.random.default_rng(3)
    lines = [f"{'ca'[n % 2]},{drawn.random() < 0.1:d},s{n // 2 % 40}" for n in range(20_000)]
    told = analysed(tmp_path, "arm,won,seg\n" + "\n".join(lines) + "\n", "--by", "seg")
    segments = [one for one in told["comparisons"] if "segment" in one]
    assert len(segments) == 40
    assert all(one["reason"].startswith("Exploratory") for one in segments)
    assert min(one["p_value"] for one in segments) < 0.05 < min(one["p_adjusted"] for one in segments)
    assert "winner" not in {one["verdict"] for one in segments}


def test_blanks_beside_yes_are_no_and_beside_no_are_unknown(tmp_path):
    told = analysed(tmp_path, "arm,won\n" + "c,yes\nc,\n" * 50 + "a,yes\na,\n" * 50)
    assert told["comparisons"][0]["value_arm"] == 0.5
    told = analysed(tmp_path, "arm,won\n" + "c,yes\nc,no\nc,\n" * 50 + "a,yes\na,no\na,\n" * 50)
    assert (told["comparisons"][0]["n_arm"], told["comparisons"][0]["value_arm"]) == (100, 0.5)
    assert "blank for 100 units" in told["warnings"][0]


def test_a_covariate_narrows_the_interval(tmp_path):
    drawn = np.random.default_rng(5)
    before = drawn.normal(100, 20, 6000)
    lines = [f"{'ca'[n % 2]};{before[n] + drawn.normal(2 * (n % 2), 5):.3f};{before[n]:.3f}" for n in range(6000)]
    told = analysed(tmp_path, "arm;won;before\n" + "\n".join(lines) + "\n", "--covariate", "before")
    one = told["comparisons"][0]
    assert one["cuped"]["variance_reduction"] > 0.9
    assert one["cuped"]["ci_low"] < 2 < one["cuped"]["ci_high"]
    assert one["cuped"]["ci_high"] - one["cuped"]["ci_low"] < 0.4 * (one["ci_high"] - one["ci_low"])


def test_of_whom_nothing_was_known_before_counts_as_much_as_anybody(tmp_path):
    drawn, lines = np.random.default_rng(9), []
    for n in range(4000):
        arm, new = n % 2, n % 4 > 1
        before = drawn.normal(100, 20)
        won = (5 if new else before / 20) + drawn.normal(2 * arm * new, 2)
        lines.append(f"{'ca'[arm]},{won:.3f},{'' if new else f'{before:.3f}'}")
    text = "arm,won,before\n" + "\n".join(lines) + "\n"
    plain, beside = analysed(tmp_path, text), analysed(tmp_path, text, "--covariate", "before")
    one = beside["comparisons"][0]
    assert plain["comparisons"][0] == {**one, "cuped": None}
    assert one["verdict"] == "winner"
    assert one["cuped"]["ci_low"] < 1 < one["cuped"]["ci_high"]
    assert one["cuped"]["variance_reduction"] > 0.02
    assert "before is blank for 2,000 units, which are taken for its mean." in beside["warnings"]


def test_one_outlier_is_pulled_back_on_request_and_that_is_stated(tmp_path):
    lines = [f"{'ca'[n % 2]},{n % 10}" for n in range(1000)] + ["a,1000000"]
    told = analysed(tmp_path, "arm,won\n" + "\n".join(lines) + "\n", "--winsorise", "0.99", metric=["won:continuous"])
    assert told["comparisons"][0]["value_arm"] < 10
    assert "winsorised at its 99.0% quantile: 1 values" in told["warnings"][0]


def test_eight_units_prove_nothing_and_lines_that_cannot_be_read_are_told(tmp_path):
    told = analysed(tmp_path, rows(c=(0, 4), a=(4, 0)) + "a,1,1\na\n")
    (one,) = told["comparisons"]
    assert (one["n_arm"], one["n_control"], one["verdict"]) == (4, 4, "not enough data")
    assert one["p_value"] < 0.05
    assert "2 rows have another number of cells than the header, or broken text (lines 10, 11)" in told["warnings"][0]


def test_looking_often_costs_width(tmp_path):
    text = rows(c=(200, 3800), a=(251, 3749))
    fixed = analysed(tmp_path, text)["comparisons"][0]
    always = analysed(tmp_path, text, "--plan", "sequential")["comparisons"][0]
    assert fixed["verdict"] == "winner"
    assert always["verdict"] == "inconclusive"
    assert always["ci_high"] - always["ci_low"] > 1.3 * (fixed["ci_high"] - fixed["ci_low"])


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (rows(c=(1, 1)), ["--control", "nobody"], "--control names one of"),
        (rows(c=(1, 1)), ["--by", "country"], "has no column 'country'"),
        ("arm,won\nc,maybe\na,never\n", [], "has no number in column won"),
        ("arm,won\nc,maybe\na,yes\n", ["--metric", "won:binary"], "neither yes nor no"),
        ("arm,won\n,1\n,0\n", [], "no row with an arm"),
        (rows(c=(1, 1)), ["--metric", "won:sum"], "none of binary"),
        (rows(c=(1, 1)), ["--weights", "c"], "no NAME:WEIGHT"),
        (rows(c=(1, 1)), ["--alpha", "2"], "between 0 and 1"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(tmp_path, text, options, sentence):
    control = [] if "--control" in options else ["--control", "c"]
    metric = [] if "--metric" in options else ["--metric", "won"]
    path = tmp_path / "units.csv"
    path.write_text(text)
    told = CliRunner().invoke(app, ["experiments", "analyse", str(path), "--arm", "arm", *control, *metric, *options])
    assert isinstance(told.exception, Refusal)
    assert sentence in str(told.exception)


CELLS = some.sampled_from(["", "yes", "no", "0", "1", "2.5", "-3", "NaN", "inf", "x", "1e300", "-0", "1,5"])


@settings(max_examples=60)
@given(some.lists(some.tuples(some.sampled_from(["c", "a", "b", ""]), CELLS, CELLS), max_size=40))
def test_whatever_stands_in_a_table_it_is_answered_or_refused(lines):
    cells = pl.DataFrame(lines, schema=dict.fromkeys(["arm", "won", "by"], pl.String), orient="row")
    wanted = Wanted("arm", ["won", "won/by"], Terms("c", plan="sequential"), by=["by"])
    try:
        told = analyse_table(
            ["arm", "won", "by"], [SimpleNamespace(cells=cells, refused=[])], wanted, "units.csv"
        ).to_json()
    except Refusal:
        return
    json.dumps(told, allow_nan=False)
    for one in told["comparisons"]:
        assert one["reason"]
        # However far apart, of so few nobody has won.
        assert one["verdict"] in ("inconclusive", "not enough data", "invalid")

"""Whether a lift is found where the simulator put one, and none where it put none: from ids to the verdict, by seed.

Everything between is what a campaign runs through (arms by hash, drawn events, labels, the read-out's judgement); what
is left out is the database that holds it and Airflow that starts it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import polars as pl

from benchmarks.harness import Calibration
from pipelines.contracts import RATES, Json
from pipelines.engagement.judging import classified
from pipelines.engagement.policy import BotRules, read_bot_rules
from pipelines.engagement.reading import read_file
from pipelines.engagement.simulation.drawing import draw, shuffled
from pipelines.engagement.simulation.world import World
from pipelines.experiments.analysis.judging import Moment, Seen, judge
from pipelines.experiments.assigning import deal
from pipelines.experiments.design import Design, checked
from pipelines.experiments.layers import cut
from pipelines.services import Services

SEEDS, PEOPLE = 20, 40_000
SENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
BETTER, TRUE_LIFT = "b", 0.3
LINKS = {name: f"https://www.example.com/{name}" for name in (*World().links, "hidden")}
SILENT = "control"


@dataclass(frozen=True, slots=True)
class Lived:
    """What one simulated campaign was found to say, and what it would have said had every click been believed."""

    verdict: str
    winner: str | None
    called: int
    lift: float
    believed: float
    true: float
    holds: bool


def lifting(services: Services, _: int) -> Calibration:
    """As many campaigns with a true lift as without one."""
    rules = read_bot_rules(services.settings.liftline_policies)
    return Calibration(
        f"Lift of {TRUE_LIFT:.0%} in one of three arms, {PEOPLE:,} people and {SEEDS} seeds each",
        "found wherever it is, none called where none is",
        lambda: list(_told(rules)),
    )


def _told(rules: BotRules) -> Iterator[tuple[str, str, str, str]]:
    there = [live(seed, {BETTER: TRUE_LIFT}, rules) for seed in range(SEEDS)]
    none = [live(seed, {}, rules) for seed in range(SEEDS, 2 * SEEDS)]
    runs = f"{SEEDS}"
    found = sum((one.verdict, one.winner) == ("winner", BETTER) for one in there)
    yield "a lift is there: the arm that has it wins", f"{found} of {SEEDS}", "80 % at least", runs
    wrong = sum(one.winner not in (None, BETTER) for one in there)
    yield "a lift is there: another arm wins", f"{wrong} of {SEEDS}", "0", runs
    held = sum(one.holds for one in there)
    yield "a lift is there: the interval holds what people truly did", f"{held} of {SEEDS}", "95 % at least", runs
    of_true = fmean(one.lift for one in there) / fmean(one.true for one in there)
    yield "lift that was measured, of the true one", f"{of_true:.2f}", "1.00", runs
    of_all = fmean(one.believed for one in there) / fmean(one.true for one in there)
    yield "the same if the clicks of robots are believed", f"{of_all:.2f}", "what believing does", runs
    called = sum(one.verdict in ("winner", "loser") for one in none)
    yield "no lift is there: an experiment is decided", f"{called} of {SEEDS}", "5 % at most", runs
    arms = sum(one.called for one in none)
    yield "no lift is there: an arm is called better or worse", f"{arms} of {2 * SEEDS}", "5 % at most", runs


def live(seed: int, lift: dict[str, float], rules: BotRules) -> Lived:
    """One campaign from its ids to its verdict."""
    design = _design(f"lifting-{seed}")
    ids = pl.Series("customer_id", [f"L{seed:02d}{number:07d}" for number in range(PEOPLE)])
    arms = list(design.shares)
    split = cut(design.pieces, arms, version=design.hash_version)
    dealt = deal(ids.to_arrow(), design.key, split, version=design.hash_version).arms
    people = pl.DataFrame({
        "customer_id": ids, "arm": pl.Series(arms)[dealt], "campaign_id": design.key,
        "left_at": int(SENT_AT.timestamp()),
        "segment": pl.Series(["loyal", "new", "at risk"])[pl.int_range(PEOPLE, eager=True) % 3],
    })  # fmt: skip
    sent = people.filter(pl.col("arm") != SILENT).with_columns(
        message_id=pl.concat_str(pl.lit("m-"), "customer_id"), sg_message_id=pl.lit("request.filter0001.simulated"),
        email=pl.concat_str("customer_id", pl.lit("@firm"), pl.int_range(pl.len()) % 400, pl.lit(".example.com")),
    )  # fmt: skip
    drawn = draw(sent, people.filter(pl.col("arm") == SILENT), LINKS, World(lift=lift), seed, design.key)
    heard = _heard(shuffled(drawn.events.drop("truth"), World(), seed), rules)
    truth = people.join(drawn.people.select("customer_id", "truly_clicked"), on="customer_id")
    return _compared(
        design, _rows(people, heard, ["human"]), _rows(people, heard, ["human", "suspected", "bot"]), truth
    )


def _design(key: str) -> Design:
    arms = [{"name": name, "share": 0.25, "strategy": None if name == SILENT else name}
            for name in (SILENT, "a", BETTER, "c")]  # fmt: skip
    return checked({
        "key": key, "kind": "ab", "source": "brief", "arms": arms, "control": SILENT, "hash_version": 2, "coverage": 1,
        "namespace": None, "global_holdout": 0, "ramp": [1], "primary_metric": "clicked", "secondary_metrics": [],
        "guardrail_metrics": ["unsubscribed", "complained"], "attribution_days": 7, "stratify_by": ["unit"],
        "min_days": 7, "max_days": 14, "plan": "sequential", "correction": "holm", "alpha": 0.05, "power": 0.8,
        "lift": 0.1, "baseline": 0.05,
    })  # fmt: skip


def _heard(events: pl.DataFrame, rules: BotRules) -> pl.DataFrame:
    """As the provider would post them, read and labelled as they always are."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        events.drop("customer_id").rename({"message_id": "liftline_message"}).write_ndjson(file.name)
        read = pl.concat([part.events for part in read_file(Path(file.name))]).unique("event_id")
    verdicts = classified(read, rules).select("verdict", event_id="sg_event_id")
    return read.join(verdicts, on="event_id").select(
        "event", "verdict", customer_id=pl.col("message_id").str.strip_prefix("m-")
    )


def _rows(people: pl.DataFrame, heard: pl.DataFrame, believed: list[str]) -> list[Json]:
    """The sums that the database hands to the judgement; whoever is lost or complains counts whoever clicked."""
    counts = pl.col("verdict").is_in(believed) | pl.col("event").is_in(["unsubscribed", "complained", "bounced"])
    did = heard.group_by("customer_id").agg(
        *(((pl.col("event") == name) & counts).any().alias(name) for name in RATES),
        robots=(pl.col("verdict") == "bot").any(),
    )
    summed = people.join(did, on="customer_id", how="left").group_by("arm", unit_id="segment").agg(
        units=pl.len(), sent=(pl.col("arm") != SILENT).sum(), other_arm=pl.lit(0),
        **{name: pl.col(name).fill_null(value=False).sum() for name in (*RATES, "robots")},
    )  # fmt: skip
    return [{**row, "wave": 1, "ripe": True} for row in summed.sort("arm", "unit_id").iter_rows(named=True)]


def _compared(design: Design, rows: list[Json], credulous: list[Json], truth: pl.DataFrame) -> Lived:
    moment = Moment(SENT_AT, SENT_AT + timedelta(days=design.max_days))
    judged, fooled = (judge(design, Seen(one, assigned=PEOPLE), moment) for one in (rows, credulous))
    primary = [
        one for one in judged.analysis.comparisons if one.metric == design.primary_metric and one.segment is None
    ]
    clicked = dict(truth.group_by("arm").agg(pl.col("truly_clicked").mean()).iter_rows())
    ours, theirs = (
        next(one for one in told.analysis.comparisons if (one.metric, one.arm) == (design.primary_metric, BETTER))
        for told in (judged, fooled)
    )
    true = clicked[BETTER] - clicked[ours.control]
    assert ours.lift_abs is not None
    assert theirs.lift_abs is not None
    assert ours.ci_low is not None
    assert ours.ci_high is not None
    return Lived(
        judged.verdict, judged.winner, sum(one.verdict in ("winner", "loser") for one in primary), ours.lift_abs,
        theirs.lift_abs, true, ours.ci_low <= true <= ours.ci_high,
    )  # fmt: skip

"""What a design may be, how a brief becomes one, and that an approval holds for one design only."""

import json
from datetime import date

import pytest

from pipelines.contracts import Refusal
from pipelines.experiments.arms import arms_in, shares_of
from pipelines.experiments.design import Design, checked
from pipelines.experiments.planning import Copy, planned
from pipelines.experiments.policy import read_experiment_policy
from pipelines.review.ports import Board
from pipelines.review.run import approve, ask_for_approval, grant, standing
from pipelines.settings import PROJECT
from tests.experiments.conftest import POLICY, STRATEGIES

WHOLE = Copy(2, dict.fromkeys(STRATEGIES, 2))
SENDABLE = "SELECT approved_for_sending(%(campaign)s) AS yes"
CELLS = [
    {"name": f"{tone} {length}", "weight": 1, "strategy": strategy, "levels": {"tone": tone, "length": length}}
    for (tone, length), strategy in zip(
        [("warm", "long"), ("warm", "short"), ("plain", "long"), ("plain", "short")],
        ["friendly", "direct", "professional", "benefit"],
        strict=True,
    )
]


def plan(copy=WHOLE, policy=POLICY, **brief):
    return planned("winter-1", {"strategies": STRATEGIES, **brief}, copy, policy)


def test_three_treatments_and_a_control_share_alike():
    design = plan()
    assert design.shares == dict.fromkeys(("control", *STRATEGIES), 0.25)
    assert design.control == "control"
    assert (design.source, design.plan, design.min_days, design.max_days) == ("default", "sequential", 7, 14)


def test_a_control_of_thirty_per_cent_and_the_rest_shared():
    design = plan(experiment={"control_share": 0.3})
    assert design.shares == pytest.approx({"control": 0.3, **dict.fromkeys(STRATEGIES, 0.7 / 3)})
    assert shares_of(arms_in("control:30,a,b,c")) == pytest.approx({"control": 0.3, **dict.fromkeys("abc", 0.7 / 3)})


def test_only_strategies_that_every_unit_has_are_arms():
    design = plan(Copy(2, {"professional": 2, "friendly": 1, "direct": 2}))
    assert list(design.shares) == ["control", "professional", "direct"]
    with pytest.raises(Refusal, match="no variant that may be approved"):
        plan(Copy(2, {}))
    with pytest.raises(Refusal, match="Arm a of campaign winter-1 sends direct, of which no variant"):
        plan(Copy(1, {"friendly": 1}), arms=[{"name": "a", "weight": 1, "strategy": "direct"}, {"name": "b"}])


def test_where_nobody_is_to_be_left_out_a_single_text_goes_to_all():
    design = plan(Copy(1, {"friendly": 1}), experiment={"control_share": 0})
    assert (design.shares, design.control) == ({"friendly": 1.0}, "friendly")
    assert plan(experiment={"control_share": 0}).shares == pytest.approx(dict.fromkeys(STRATEGIES, 1 / 3))
    # Without that wish it is compared with sending nothing.
    assert plan(Copy(1, {"friendly": 1})).shares == {"control": 0.5, "friendly": 0.5}


def test_a_control_that_is_a_text_of_its_own():
    design = plan(Copy(1, {"control": 1, "friendly": 1}), strategies=["control", "friendly"])
    assert list(design.shares) == ["nobody", "control", "friendly"]
    arms = [{"name": "new", "weight": 1, "strategy": "friendly"}, {"name": "old", "weight": 1, "strategy": "control"}]
    assert plan(Copy(1, {"control": 1, "friendly": 1}), arms=arms).control == "old"


def test_a_factorial_design_needs_every_combination():
    copy = Copy(1, dict.fromkeys(("friendly", "direct", "professional", "benefit"), 1))
    design = plan(copy, arms=CELLS, experiment={"kind": "factorial", "control": "plain long"})
    assert design.factors == {"tone": ["warm", "plain"], "length": ["long", "short"]}
    with pytest.raises(Refusal, match="no arm has plain and short together"):
        plan(copy, arms=CELLS[:3], experiment={"kind": "factorial"})
    with pytest.raises(Refusal, match="only a factorial design has levels"):
        plan(copy, arms=CELLS)


@pytest.mark.parametrize(
    ("experiment", "arms", "told"),
    [
        (
            {"kind": "holdout"},
            [{"name": "a", "strategy": "direct"}, {"name": "b", "strategy": "friendly"}],
            "a holdout",
        ),
        ({"min_days": 20}, None, "runs 20 days at least and 14 at most"),
        ({"attribution_days": 30}, None, "before the 30 days are over"),
        ({"primary_metric": "revenue", "baseline": 0.02}, None, "revenue is no rate"),
        ({"primary_metric": "opened"}, None, "primary_metric"),
        ({"secondary_metrics": ["clicked"]}, None, "clicked is named twice"),
        ({"namespace": {"name": "x", "start": 0.5, "end": 0.5}}, None, "holds nobody"),
        ({}, [{"name": "a"}, {"name": "b"}, {"name": "c", "strategy": "direct"}], "a and b are all sent nothing"),
        ({}, [{"name": "a", "weight": 100, "strategy": "direct"}, {"name": "b"}], "leaves nothing for the arms"),
        ({"control": "z"}, [{"name": "a", "strategy": "direct"}, {"name": "b"}], "the control z is no arm"),
    ],
)
def test_what_does_not_fit_is_refused(experiment, arms, told):
    with pytest.raises(Refusal, match=told):
        plan(experiment=experiment, **({"arms": arms} if arms else {}))


def test_the_hash_is_of_everything_and_survives_the_database():
    design = plan(experiment={"control_share": 0.3})
    stored = json.loads(json.dumps(design.to_json()))
    assert checked(stored).design_hash == design.design_hash
    for name, other in (("coverage", 0.5), ("plan", "fixed"), ("key", "x"), ("max_days", 20), ("lift", 0.2)):
        assert checked(stored | {name: other}).design_hash != design.design_hash, name
    assert set(stored) == set(Design.model_fields)


@pytest.mark.parametrize(
    "text", ["", "a", "a:0,b", "a:x,b", "a:,b", "a,a", ",".join(f"a{n}" for n in range(30)), ":5,b", "a:nan,b:1"]
)
def test_arms_that_are_none(text):
    with pytest.raises(Refusal):
        shares_of(arms_in(text))


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ("ramp:", "ramp: [0.5, 0.2, 1]", "grow from step to step"),
        ("min_days:", "min_days: 20", "should not be more than max_days"),
        ("hash_version:", "hash_version: 3", "'3' is not one of them"),
        ("primary_metric:", "primary_metric: opened", "'opened' is not one of them"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(tmp_path, line, instead, told):
    text = (PROJECT / "data" / "policies" / "experiments.yaml").read_text()
    (tmp_path / "experiments.yaml").write_text(
        "\n".join(instead if one.startswith(line) else one for one in text.split("\n"))
    )
    with pytest.raises(Refusal, match=told):
        read_experiment_policy(tmp_path)


def test_an_approval_holds_for_one_design_only(scene):
    scene.enter(customers=100)
    designed = scene.design()
    database = scene.laboratory.database
    board = Board(database, PROJECT / "data" / "policies", object(), lambda tenant, variants: None, len, date.today)
    for user, role in (("rita", "reviewer"), ("quentin", "qa")):
        grant(database, scene.tenant, user, role, by="root", at_machine=True)
        ask_for_approval(board, scene.tenant, scene.campaign, by="mo")
        approve(board, scene.tenant, scene.campaign, by=user)
    content = scene.sql("SELECT content FROM approval_requests")[0]["content"]
    assert content["design"] == {"hash": designed["design_hash"], "design": designed["design"]}
    assert scene.sql(SENDABLE, campaign=scene.campaign) == [{"yes": True}]
    scene.reweigh(control=40, professional=None, friendly=None, direct=None)
    assert scene.sql(SENDABLE, campaign=scene.campaign) == [{"yes": False}]
    assert standing(board, scene.tenant, scene.campaign).state == "void"
    assert scene.assign()["changed"] == 90


def test_each_arm_has_its_own_journey_or_that_of_the_brief_and_it_is_a_part_of_the_design():
    arms = [
        {"name": "nobody", "weight": 1}, {"name": "a", "weight": 1, "strategy": STRATEGIES[0]},
        {"name": "b", "weight": 1, "strategy": STRATEGIES[1], "journey": []},
        {"name": "c", "weight": 1, "strategy": STRATEGIES[2], "journey": [{"after_days": 2, "strategy": "benefit"}]},
    ]  # fmt: skip
    copy = Copy(1, dict.fromkeys((*STRATEGIES, "benefit"), 1))
    plain = plan(copy, arms=[{**arm, "journey": None} for arm in arms])
    design = plan(copy, arms=arms, journey=[{"after_days": 3, "strategy": "benefit", "channel": None}])
    told = {arm.name: [(step.after_days, step.strategy) for step in arm.journey] for arm in design.arms}
    assert told == {"nobody": [], "a": [(3, "benefit")], "b": [], "c": [(2, "benefit")]}
    assert design.design_hash != plain.design_hash
    assert checked(design.to_json()) == design
    assert design.strategies == sorted((*STRATEGIES, "benefit"))
    assert "journey" not in plain.canonical()
    with pytest.raises(Refusal, match="Arm c of campaign winter-1 sends benefit, of which no variant"):
        plan(Copy(1, dict.fromkeys(STRATEGIES, 1)), arms=arms)

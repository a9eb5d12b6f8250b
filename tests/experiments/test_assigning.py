"""Everybody who may be written to has a row, the same people have the same arms, and a design once sent stays."""

import psycopg
import pytest

from pipelines.contracts import Refusal
from pipelines.experiments.hashing import bucket_ranges, buckets_of, choose, in_namespace
from pipelines.experiments.layers import held_out
from tests.experiments.conftest import ME


def test_everybody_included_has_an_arm_or_the_code_that_says_why_not(scene):
    scene.enter()
    scene.design()
    told, arms = scene.assign(), scene.arms()
    included = [f"c{n:07d}" for n in range(2_000) if n % 10 != 9]
    assert sorted(arms) == included
    held = dict(zip(included, held_out(included, scene.tenant, 0.02).tolist(), strict=True))
    names = ["control", "professional", "friendly", "direct"]
    chosen = choose(buckets_of(included, "winter-1"), bucket_ranges(4))
    for customer, place in zip(included, chosen.tolist(), strict=True):
        assert arms[customer] == ("global_holdout" if held[customer] else names[place])
    assert told["customers"] == told["changed"] == 1_800
    assert told["codes"] == {"assigned": 1_800 - sum(held.values()), "global_holdout": sum(held.values())}
    assert [one["customers"] for one in told["ramp"]] == sorted(one["customers"] for one in told["ramp"])
    assert told["ramp"][-1]["customers"] == told["codes"]["assigned"]


def test_again_nobody_is_assigned_anew_and_nothing_is_logged(scene):
    scene.enter()
    scene.design()
    first = scene.assign()
    before = scene.sql("SELECT * FROM assignments ORDER BY customer_id"), scene.sql("SELECT count(*) FROM audit_log")
    scene.design()
    again = scene.assign()
    assert again == first | {"changed": 0}
    assert before == (
        scene.sql("SELECT * FROM assignments ORDER BY customer_id"),
        scene.sql("SELECT count(*) FROM audit_log"),
    )


def test_the_ledger_holds_counts_and_digest(scene):
    scene.enter(customers=100)
    scene.design()
    told = scene.assign()
    (row,) = scene.sql("SELECT * FROM audit_log WHERE action = 'experiment.assign'")
    assert told["digest"] in row["guardrails"]
    assert told["design_hash"] in row["guardrails"]
    # The export counts what has a content hash as a text that must have been screened.
    assert row["content_hash"] is None


def test_other_weights_move_only_who_must_move(scene):
    scene.enter()
    scene.design()
    scene.assign()
    before = scene.arms()
    scene.reweigh(control=40, professional=20, friendly=20, direct=20)
    scene.assign()
    after = scene.arms()
    moved = {(before[one], after[one]) for one in before if before[one] != after[one]}
    assert moved == {(arm, "control") for arm in ("professional", "friendly", "direct")}
    share = sum(before[one] != after[one] for one in before) / len(before)
    assert share == pytest.approx(0.15, abs=0.03)
    assert scene.show()["arms"][0]["customers"] / 1_800 == pytest.approx(0.4, abs=0.04)


def test_what_an_operator_weighed_stays_when_the_launch_runs_again(scene):
    scene.enter(customers=10)
    scene.design()
    weighed = scene.reweigh(control=40, professional=20, friendly=20, direct=20)
    assert scene.design()["design_hash"] == weighed["design_hash"]
    with pytest.raises(Refusal, match="no arm curious"):
        scene.reweigh(control=40, curious=60)
    with pytest.raises(Refusal, match="Give direct a place"):
        scene.reweigh(control=40, professional=20, friendly=20)


def test_after_the_first_claimed_message_nothing_of_it_changes(scene):
    scene.enter(customers=200)
    scene.design()
    scene.assign()
    before = scene.arms()
    scene.send_one()
    shown = scene.show()
    assert shown["state"] == "running"
    scene.send_one()
    assert scene.show()["started_at"] == shown["started_at"]
    with pytest.raises(Refusal, match="fixed since its first message"):
        scene.reweigh(control=40, professional=20, friendly=20, direct=20)
    for statement in (
        "UPDATE experiments SET design_hash = 'x'",
        "UPDATE experiments SET started_at = NULL",
        "UPDATE experiment_arms SET weight = 1",
        "DELETE FROM experiment_arms",
        "UPDATE assignments SET arm = 'direct' WHERE arm = 'control'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="since its first message"):
            scene.sql(statement)
    scene.policy(global_holdout=0.5)
    assert scene.design()["design_hash"] == shown["design_hash"]
    # Who comes later gets an arm by the same design; who was there keeps theirs, included or not.
    scene.decide(400, first=100)
    assert scene.assign()["changed"] == 180
    assert before.items() < scene.arms().items()


def test_who_is_left_out_before_sending_loses_the_arm(scene):
    scene.enter(customers=200)
    scene.design()
    scene.assign()
    scene.decide(200, first=100)
    told = scene.assign()
    assert told["codes"]["left_out_since"] == 90
    assert sum(told["arms"].values()) == told["codes"]["assigned"]
    assert scene.assign()["changed"] == 0


def test_a_unit_without_a_variant_of_each_arm_is_left_out(scene):
    arms = [{"name": "a", "weight": 1, "strategy": "friendly"}, {"name": "b", "weight": 1, "strategy": "direct"}]
    scene.enter(customers=100, arms=arms)
    scene.write("new", "direct", screened="block")
    scene.design()
    told = scene.assign()
    assert told["codes"]["incomplete_unit"] >= 35
    units = scene.sql("SELECT DISTINCT unit_id FROM assignments WHERE arm IS NOT NULL")
    assert units == [{"unit_id": "loyal"}]


def test_coverage_and_namespace_leave_the_others_alone(scene):
    scene.enter(experiment={"coverage": 0.5, "namespace": {"name": "autumn", "start": 0, "end": 0.4}})
    scene.policy(global_holdout=0.0)
    scene.design()
    scene.assign()
    arms = scene.arms()
    ids = sorted(arms)
    inside = in_namespace(ids, "autumn", 0, 0.4)
    chosen = choose(buckets_of(ids, "winter-1"), bucket_ranges(4, 0.5))
    for customer, there, place in zip(ids, inside.tolist(), chosen.tolist(), strict=True):
        if not there:
            assert arms[customer] == "outside_namespace"
        elif place < 0:
            assert arms[customer] == "outside_coverage"
        else:
            assert arms[customer] == ["control", "professional", "friendly", "direct"][place]


def test_experiments_of_one_namespace_never_share_a_customer(scene):
    half = {"name": "autumn", "start": 0, "end": 0.5}
    scene.enter(experiment={"namespace": half})
    scene.design()
    scene.enter(campaign="winter-2", experiment={"namespace": half | {"start": 0.4, "end": 1}})
    with pytest.raises(Refusal, match=r"winter-1 has 0 to 0.5 of namespace autumn.*free is 0.5 to 1"):
        scene.design()
    scene.sql("UPDATE campaigns SET brief = jsonb_set(brief, '{experiment,namespace,start}', '0.5')")
    scene.design()
    both = []
    for scene.campaign in ("winter-1", "winter-2"):
        scene.assign()
        both.append({customer for customer, arm in scene.arms().items() if arm in ("control", "friendly")})
    assert all(both)
    assert not both[0] & both[1]


def test_an_id_of_any_letters_is_assigned(scene):
    scene.enter(customers=10)
    odd = ['comma,"quote"', "línea\nnueva", "猫😀", " ", "'"]
    scene.sql(
        "INSERT INTO recipient_decisions (tenant_id, campaign_id, run, customer_id, unit_id, verdict, code, codes) "
        f"SELECT {ME}, %(campaign)s, 1, n, 'new', 'included', 'x', '{{}}' FROM unnest(%(odd)s::text[]) AS n",
        campaign=scene.campaign, odd=odd,
    )  # fmt: skip
    scene.policy(global_holdout=0.0)
    scene.design()
    scene.assign()
    found = {row["customer_id"]: row["bucket"] for row in scene.sql("SELECT * FROM assignments")}
    assert {one: found[one] for one in odd} == dict(zip(odd, buckets_of(odd, "winter-1").tolist(), strict=True))


def test_nothing_is_assigned_before_it_is_designed_and_decided(scene):
    scene.enter(customers=10)
    with pytest.raises(Refusal, match="no experiment winter-1"):
        scene.assign()
    scene.campaign = "spring"
    with pytest.raises(Refusal, match="no campaign spring"):
        scene.design()

"""A campaign that grows step by step: only the people of its steps so far, and nobody twice."""

import pytest

from pipelines.contracts import Refusal
from pipelines.delivery import run as step
from tests.delivery.sending.conftest import CAMPAIGN


@pytest.fixture
def growing(scene):
    """Six people in three steps: c000 and c003 in the first, and so on."""
    scene.brief["experiment"] = {"ramp": True}
    scene.design["ramp"] = [0.2, 0.5, 1]
    scene.launch(people=6)
    return scene


def widen(scene, **more):
    return step.widen(scene.post, scene.tenant, CAMPAIGN, by="mo", **more)


def reached(scene):
    assert set(scene.channel.deliveries.values()) <= {1}
    return {message.address.removesuffix("@example.com") for message in scene.channel.messages}


def test_each_step_reaches_those_that_it_adds_and_nobody_again(growing):
    told = growing.go()
    assert (told.cohort, told.cohorts, told.accepted, told.waiting, told.audience) == (1, 3, 2, 4, 6)
    assert ("waiting", "later_cohort", 4) in {(one.state, one.code, one.messages) for one in told.reasons}
    assert reached(growing) == {"c000", "c003"}
    assert growing.go().accepted == 2
    growing.rows("UPDATE experiments SET state = 'concluded' RETURNING 1")
    assert step.complete_what_is_over(growing.post, [growing.tenant]) == {}, "four people are still to come"
    grown = widen(growing, reason="No complaint.")
    assert (grown.cohort, grown.of, grown.entered) == (2, 3, 2)
    growing.go_on()
    assert reached(growing) == {"c000", "c001", "c003", "c004"}
    assert widen(growing, to=3).entered == 2
    assert widen(growing, to=3).entered == 0
    told = growing.go()
    assert (told.cohort, told.accepted, told.waiting) == (3, 6, 0)
    assert len(reached(growing)) == 6
    steps = growing.rows("SELECT decision, reason FROM audit_log WHERE action = 'delivery.widen' ORDER BY seq")
    assert [tuple(row.values()) for row in steps] == [
        ("widened", "Step 2 of 3 follows step 1. No complaint."), ("widened", "Step 3 of 3 follows step 2."),
    ]  # fmt: skip
    for wrong, said in ({}, "taken the last"), ({"to": 2}, "never shrinks"), ({"to": 4}, "from 3 to 3"):
        with pytest.raises(Refusal, match=said):
            widen(growing, **wrong)


def test_who_was_queued_and_is_moved_to_a_later_step_is_not_claimed(growing):
    growing.queue()
    growing.rows("UPDATE assignments SET cohort = 2, arm = 'warm' WHERE customer_id = 'c000' RETURNING 1")
    assert growing.go().accepted == 1
    assert reached(growing) == {"c003"}
    widen(growing)
    growing.go()
    assert reached(growing) == {"c000", "c001", "c003", "c004"}


def test_an_experiment_that_learns_opens_its_steps_itself(scene):
    scene.design |= {"ramp": [0.2, 0.5, 1], "allocation": "bandit"}
    scene.launch(people=6)
    scene.go()
    assert reached(scene) == {"c000", "c003"}
    with pytest.raises(Refusal, match="grows by itself"):
        widen(scene)
    scene.rows(
        "INSERT INTO allocations SELECT tenant_id, experiment_key, 2, '{}', 'shifted', 'r', now() FROM experiments "
        "RETURNING 1"
    )
    scene.go_on()
    assert reached(scene) == {"c000", "c001", "c003", "c004"}


def test_a_campaign_that_wants_no_steps_is_sent_to_everybody_at_once(scene):
    scene.design["ramp"] = [0.2, 0.5, 1]
    scene.launch(people=6)
    told = scene.go()
    assert (told.cohort, told.accepted) == (None, 6)
    with pytest.raises(Refusal, match="writes to everybody at once"):
        widen(scene)


def test_a_campaign_that_is_stopped_or_not_approved_does_not_grow(growing):
    growing.go()
    told = {"by": "mo", "reason": "wait", "now": growing.now}
    step.steer(growing.database, growing.tenant, CAMPAIGN, "pause", **told)
    with pytest.raises(Refusal, match="resume it"):
        widen(growing)
    step.steer(growing.database, growing.tenant, CAMPAIGN, "resume", **told)
    growing.text("direct", version=2)
    with pytest.raises(Refusal, match="not approved"):
        widen(growing)
    assert growing.standing().cohort == 1

"""`liftline campaign send` and `liftline delivery …`, as a shell sees them."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands import opening
from pipelines.contracts import Refusal
from tests.delivery.sending.conftest import CAMPAIGN


@pytest.fixture
def run(scene, monkeypatch):
    # Everybody has their arm already.
    monkeypatch.setattr("pipelines.experiments.run.assign", lambda *_, **__: None)

    class Opened:
        laboratory = None
        database, post_room, clock = scene.database, scene.post, staticmethod(lambda: scene.now)

    monkeypatch.setattr(opening, "open_services", Opened)

    def command(*words):
        done = CliRunner().invoke(app, [*words, "--tenant", scene.tenant])
        if isinstance(done.exception, Refusal):
            return done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return command


def test_sending_says_the_same_twice_and_adds_up(run, launch):
    first, again = (json.loads(run("campaign", "send", CAMPAIGN, "--json")) for _ in range(2))
    assert first == again
    assert first["claimed"] == first["accepted"] + first["rejected"] + first["unknown"] == 3
    assert first["audience"] == first["claimed"] + first["skipped"] + first["waiting"]
    assert set(launch.channel.deliveries.values()) == {1}
    assert "Of 3 people 3 were claimed (3 accepted" in run("delivery", "status", "--campaign", CAMPAIGN)


def test_a_delivery_is_steered_and_settled(run, launch):
    told = ("--campaign", CAMPAIGN, "--reason", "sold out", "--as", "mo")
    assert f"{CAMPAIGN} is paused." in run("delivery", "pause", *told)
    assert "is paused; resume it" in str(run("campaign", "send", CAMPAIGN))
    assert json.loads(run("delivery", "resume", *told, "--json"))["status"] == "active"
    assert "0 messages" in run("delivery", "resolve", "sent", *told)
    assert f"{CAMPAIGN} is cancelled." in run("delivery", "cancel", *told)


def test_a_campaign_grows_by_a_step_at_a_command(run, scene):
    scene.brief["experiment"], scene.design["ramp"] = {"ramp": True}, [0.5, 1]
    scene.launch(people=4)
    scene.go()
    assert "It has grown to step 1 of 2." in run("delivery", "status", "--campaign", CAMPAIGN)
    told = json.loads(run("delivery", "widen", "--campaign", CAMPAIGN, "--reason", "fine", "--json"))
    assert told == {"campaign_id": CAMPAIGN, "tenant": scene.tenant, "cohort": 2, "of": 2, "entered": 2}
    assert "taken the last of its 2 steps" in str(run("delivery", "widen", "--campaign", CAMPAIGN))

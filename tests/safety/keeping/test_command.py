"""`liftline safety screen-campaign|release|queue` as people and scripts meet them."""

import json
from functools import partial

import pytest

from pipelines.safety.run import screen_campaign
from tests import commanding


@pytest.fixture
def liftline(services, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    monkeypatch.setenv("LIFTLINE_REPORTS", str(tmp_path / "reports"))
    return partial(commanding.liftline, "safety")


def test_from_the_queue_to_a_release_and_a_screening_under_the_policy_of_this_machine(house, liftline, services):
    house.campaign(fine="", doubtful="We saw nudes.")
    screen_campaign(house.at(clock=services.clock).checkpoint, house.tenant, "spring")
    queued = liftline("queue", "--tenant", house.tenant, "--json")
    assert queued.returncode == 0, queued.stderr
    (waiting,) = json.loads(queued.stdout)["waiting"]
    release = ("release", waiting["object"], "--tenant", house.tenant, "--reason", "a lipstick", "--as")
    own = liftline(*release, "ada")
    assert (own.returncode, own.stdout) == (1, "")
    assert own.stderr == "ada made this text, and who made it cannot release it; ask somebody else.\n"
    assert json.loads(liftline(*release, "rita", "--json").stdout)["settlement"] == "released"
    done = liftline("screen-campaign", "spring", "--tenant", house.tenant, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["screened"] == told["passed"] + told["reviewed"] + told["blocked"] == 2
    assert {row["variant_id"] for row in told["variants"]} == {"spring-fine", "spring-doubtful"}
    assert "2 of 2 variants screened" in liftline("screen-campaign", "spring", "--tenant", house.tenant).stdout
    nowhere = liftline("screen-campaign", "winter", "--tenant", house.tenant)
    assert (nowhere.returncode, nowhere.stderr) == (1, "There is no campaign winter; draft one first.\n")

"""The report of a campaign: by its newest read-out, before the first, and where nothing can be compared."""

import csv
import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.contracts import Refusal
from pipelines.experiments.analysis.run import conclude
from pipelines.experiments.run import Laboratory
from pipelines.reporting.campaign.money import Earned, earned_by
from pipelines.reporting.run import build_all, campaign_report
from pipelines.reporting.store import Register
from pipelines.tenants.run import create_tenant
from tests.conftest import NOW
from tests.experiments.analysis.test_reading_out import LATER, happen, look, send_to, sent
from tests.experiments.conftest import POLICY, Scene
from tests.reporting.test_reports import words_of

__all__ = ["sent"]


@pytest.fixture
def scene(database, tenant):
    return Scene(Laboratory(database, POLICY, lambda: NOW), tenant)


@pytest.fixture
def room(services, tmp_path):
    ticks = itertools.count()
    return replace(services.newsroom, reports=tmp_path, clock=lambda: LATER + timedelta(seconds=next(ticks)))


def due(room, tenant):
    with room.database.transaction(tenant) as connection:
        return Register(connection).campaigns_due()


def told(made):
    return json.loads((made.folder / "report.json").read_text())


def section(made, key):
    return next(one for one in told(made)["sections"] if one["key"] == key)


def test_a_winner_its_worth_and_the_next_step_in_the_same_bytes_again(sent, room):  # noqa: F811
    happen(sent, "clicked", ["friendly"], each=4)
    happen(sent, "clicked", ["professional", "direct"], each=20)
    happen(sent, "clicked", ["direct"], each=3, verdict="bot")
    happen(sent, "converted", ["friendly"], each=4, value=20)
    happen(sent, "converted", ["control", "professional", "direct"], each=20, value=20)
    sent.sql("UPDATE sends SET cost_usd = 0.001")
    look(sent, as_of=NOW + timedelta(days=9))
    made = campaign_report(room, sent.tenant, "winter-1", by="ana")
    assert made.folder == room.reports / "campaigns" / "winter-1"
    assert section(made, "verdict")["sentences"][0] == "The winner is friendly."
    assert section(made, "next")["sentences"][0].startswith("Send friendly from now on")
    friendly = next(row for row in section(made, "money")["rows"] if row["arm"] == "friendly")
    assert friendly["earned"] == pytest.approx(friendly["a_person"] * friendly["people"])
    assert 3 < friendly["a_person"] < 5
    assert friendly["low"] > 0
    assert {row["unit"] for row in section(made, "units")["rows"]} == {"loyal", "new"}
    assert [row["people"] for row in section(made, "moved")["rows"]][:3] == [0, 5, 10]
    assert "unit" in " ".join(section(made, "explanation")["sentences"])
    direct = next(row for row in section(made, "design")["rows"] if row["arm"] == "direct")
    assert direct["robots"] > direct["clicked"] > 0
    comparisons = list(csv.DictReader((made.folder / "comparisons.csv").open()))
    assert {row["metric"] for row in comparisons} >= {"clicked", "converted", "revenue", "unsubscribed"}
    page = (made.folder / "index.html").read_text()
    assert "http" not in page.replace("http://www.w3.org/", "")
    assert "what every number means" in words_of(made.folder / "report.pdf")
    conclude(sent.laboratory, sent.tenant, "winter-1", by="ana", as_of=LATER)
    again = campaign_report(room, sent.tenant, "winter-1", by="ana")
    assert {row["outcome"] for row in section(again, "promotions")["rows"]} == {"promoted", "retired", "kept"}
    assert due(room, sent.tenant) == []
    # The same facts are the same bytes.
    before = {path.name: path.read_bytes() for path in again.folder.iterdir()}
    assert not campaign_report(room, sent.tenant, "winter-1", by="olga").new
    (again.folder / "report.json").unlink()
    assert campaign_report(room, sent.tenant, "winter-1", by="olga").new
    assert [path.name for path in again.folder.iterdir() if path.read_bytes() != before[path.name]] == []


def test_before_the_first_read_out_it_says_so(scene, room):
    # So many that some are held out under any name that the tenant has.
    scene.enter(customers=800)
    made = campaign_report(room, scene.tenant, "winter-1", by="ana")
    assert "no experiment" in section(made, "verdict")["sentences"][1]
    scene.design()
    scene.assign()
    made = campaign_report(room, scene.tenant, "winter-1", by="ana")
    assert section(made, "verdict")["sentences"][0] == "Nothing was read out yet, so nobody can say what worked."
    assert "not known before the first read-out" in section(made, "money")["sentences"][1]
    assert len((made.folder / "comparisons.csv").read_text().splitlines()) == 1
    assert sum(row["people"] for row in section(made, "design")["rows"]) > 100
    (left,) = section(made, "without_arm")["rows"]
    assert left["sentence"].startswith("Belongs to the few whom no campaign writes to")


def test_arms_that_cannot_be_compared_earn_nothing(sent, room):  # noqa: F811
    happen(sent, "converted", ["friendly"], each=3, value=20)
    with sent.laboratory.database.transaction(sent.tenant, role="liftline_owner") as connection:
        connection.execute("DELETE FROM assignments WHERE arm = 'friendly' AND right(customer_id, 1) < '5'")
    look(sent)
    # Whoever has no marts yet, or is not there, holds up no report of others.
    with pytest.raises(Refusal, match="^nobody: There is no tenant nobody; create it"):
        build_all(room, ["nobody", sent.tenant], by="dag")
    assert due(room, sent.tenant) == []
    made = campaign_report(room, sent.tenant, "winter-1", by="ana")
    assert "spoilt" in section(made, "verdict")["sentences"][0]
    assert "cannot be told" in section(made, "money")["sentences"][1]
    assert {row["earned"] for row in section(made, "money")["rows"]} == {None}


def test_a_single_text_that_went_to_all_is_told_as_what_it_is(scene, room):
    scene.enter(customers=300, units=("loyal",), strategies=["friendly"], experiment={"control_share": 0})
    assert scene.design()["power"] is None
    scene.assign()
    assert set(scene.arms().values()) == {"friendly", "global_holdout"}
    send_to(scene)
    happen(scene, "clicked", ["friendly"], each=4)
    assert look(scene)["comparisons"] == []
    made = campaign_report(room, scene.tenant, "winter-1", by="ana")
    assert "Everybody has the same arm" in " ".join(section(made, "verdict")["sentences"])
    assert "cannot be told from what the campaign earned" in section(made, "money")["sentences"][1]
    assert section(made, "next")["sentences"][0].startswith("Give the next campaign a second text")


def test_another_tenant_has_a_report_of_its_own(scene, room, database):
    scene.enter(customers=50)
    mine = campaign_report(room, scene.tenant, "winter-1", by="ana")
    other = create_tenant(database, f"{scene.tenant}-other").tenant_id
    with pytest.raises(Refusal, match="There is no campaign winter-1"):
        campaign_report(room, other, "winter-1", by="bo")
    replace(scene, tenant=other).enter(customers=70)
    theirs = campaign_report(room, other, "winter-1", by="bo")
    assert theirs.folder != mine.folder
    assert (told(mine)["tenant"], told(theirs)["tenant"]) == (scene.tenant, other)
    assert campaign_report(room, scene.tenant, "winter-1", by="ana").folder == mine.folder


def test_an_interval_with_zero_is_not_sure():
    one = {"verdict": "winner", "ci_low": 1.0, "lift_abs": 2.0, "ci_high": 3.0, "n_arm": 10}
    assert earned_by(one) == Earned(10.0, 20.0, 30.0)
    assert earned_by(one).sure
    assert not earned_by({**one, "ci_low": -2.0}).sure
    assert earned_by({**one, "verdict": "invalid"}) is None

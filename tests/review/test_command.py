"""`liftline review`, `access` and `campaign` as people and scripts meet them."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import Refusal


@pytest.fixture
def liftline(services, stage, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    stage.sql("UPDATE campaigns SET name = 'Winter'")
    tenant, run = ["--tenant", stage.tenant], CliRunner()

    def call(*arguments):
        ended = run.invoke(app, [*arguments, *tenant, "--json"], catch_exceptions=True)
        if isinstance(ended.exception, Refusal):
            raise ended.exception
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    return call


def test_a_campaign_is_asked_about_approved_and_rejected(liftline, stage):
    campaign = ("--campaign", stage.campaign)
    assert liftline("review", "ask", *campaign, "--as", "mo")["waits_for"] == "marketing"
    assert [row["state"] for row in liftline("review", "list")["campaigns"]] == ["open"]
    with pytest.raises(Refusal, match="had a hand"):
        liftline("review", "approve", *campaign, "--as", "mo")
    with pytest.raises(Refusal, match="changed since you looked"):
        liftline("review", "approve", *campaign, "--as", "rita", "--seen", "0" * 64)
    seen = liftline("review", "show", *campaign)["approval"]["approved_hash"]
    liftline("review", "approve", *campaign, "--as", "rita", "--comment", "fine", "--seen", seen)
    assert liftline("review", "approve", *campaign, "--as", "carla")["state"] == "approved"
    shown = liftline("review", "show", *campaign)
    assert [one["by"] for one in shown["approval"]["answers"]] == ["rita", "carla"]
    assert len(shown["variants"]) == 2
    told = liftline("campaign", "status", stage.campaign)
    assert (told["approvable"], told["obstacle"], told["approval"]["state"]) == (2, None, "approved")
    assert liftline("review", "reject", *campaign, "--as", "quentin", "--comment", "stop")["state"] == "rejected"
    assert not stage.sendable()


def test_variants_are_rated_and_dropped(liftline):
    assert liftline("review", "rate", "v-new", "--rating", "2", "--flag", "dull", "--as", "rita")["variants"][0] == {
        "variant_id": "v-new", "version": 1, "said": "noted",
    }  # fmt: skip
    with pytest.raises(Refusal, match="that was version 2, and version 1 stands now"):
        liftline("review", "keep", "v-new", "--version", "2", "--as", "rita")
    assert liftline("review", "drop", "v-new", "--comment", "dull", "--as", "rita")["variants"][0]["said"] == "rejected"
    assert liftline("review", "keep", "v-new", "--as", "carla")["variants"][0]["said"] == "approved"


def test_access_is_granted_listed_and_revoked(liftline):
    assert liftline("access", "grant", "ada", "--role", "admin")["changed"]
    assert liftline("access", "grant", "nils", "--role", "qa", "--as", "ada")["changed"]
    assert ("nils", "qa", "ada") in [
        (row["user_name"], row["role"], row["granted_by"]) for row in liftline("access", "list")["grants"]
    ]
    assert liftline("access", "revoke", "nils", "--role", "qa", "--as", "ada")["changed"]
    with pytest.raises(Refusal, match="no admin"):
        liftline("access", "grant", "eve", "--role", "director", "--as", "nils")


def test_the_tenant_is_found_by_the_campaign_alone(services, stage, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    stage.campaign = f"only-{stage.tenant}"
    stage.decide_eligibility = lambda: None
    stage.enter(units=())
    ended = CliRunner().invoke(app, ["campaign", "status", stage.campaign, "--json"])
    assert json.loads(ended.stdout)["tenant"] == stage.tenant
    lost = CliRunner().invoke(app, ["campaign", "status", "nowhere"])
    assert "No tenant has nowhere" in str(lost.exception)

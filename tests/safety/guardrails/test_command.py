"""`liftline safety eligibility` as people and scripts meet it, and its decisions in an audit export."""

import json
from functools import partial

import pytest

from pipelines.audit import run as audit
from pipelines.audit import verify_audit
from pipelines.audit.archive import Archive
from pipelines.audit.scope import Scope
from tests import commanding

from .conftest import CAMPAIGN, DAY, NOW, Scene


@pytest.fixture
def eligibility(services, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    return partial(commanding.liftline, "safety", "eligibility")


def test_counts_and_who_without_naming_the_tenant(database, tenant, eligibility, tmp_path):
    scene = Scene(database, tenant)
    campaign = f"only-of-{tenant}"
    scene.campaign(campaign_id=campaign)
    scene.person("c1")
    scene.person("c2", email=None)
    file = tmp_path / "who.csv"
    ran = eligibility("--campaign", campaign, "-o", str(file), "--as", "ada", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["tenant"], told["audience"], told["included"], told["run"]) == (tenant, 2, 1, 1)
    assert [(row["code"], row["customers"], row["example"]) for row in told["reasons"]] == [("no_address", 1, "c2")]
    assert file.read_text().splitlines()[1] == "c1,included,included,,No guardrail holds anything against it."
    shown = eligibility("--campaign", campaign, "--tenant", tenant)
    assert "1 included" in shown.stdout
    assert "Nothing changed since run 1" in shown.stdout
    proved = eligibility("--campaign", campaign, "--tenant", tenant, "--verify", str(file))
    assert "exactly what entry 1 of the audit ledger says" in proved.stdout
    one = json.loads(eligibility("--campaign", campaign, "--customer", "c2", "--json").stdout)
    assert (one["verdict"], one["codes"], len(one["guardrails"])) == ("excluded", ["no_address"], 7)
    file.write_text(file.read_text().replace("c1,included", "c1,excluded"))
    forged = eligibility("--campaign", campaign, "--verify", str(file))
    assert (forged.returncode, "digest" in forged.stderr) == (1, True)
    nowhere = eligibility("--campaign", "never-launched")
    assert (nowhere.returncode, "No tenant has never-launched" in nowhere.stderr) == (1, True)


def test_an_audit_export_holds_the_decisions_and_the_ledger_proves_them(scene, tmp_path):
    scene.person("c1")
    scene.person("c2", consented=False)
    scene.person("=1+1")
    told = scene.decide()
    archive = Archive(scene.database, tmp_path / "anchors", lambda: NOW)
    scope = Scope(scene.tenant, CAMPAIGN)
    folder = audit.export(archive, scope, tmp_path / "out", by="olga").folder
    decisions = folder / "decisions.csv"
    assert decisions.read_text() == (
        "customer_id,verdict,code,codes\n=1+1,included,included,\nc1,included,included,\nc2,excluded,no_consent,no_consent\n"
    )
    readable = (folder / "decisions-readable.csv").read_text(encoding="utf-8-sig").splitlines()
    assert readable[1:] == [
        '"\'=1+1","included","included",""',
        '"c1","included","included",""',
        '"c2","excluded","no_consent","no_consent"',
    ]
    assert verify_audit._sha256(decisions) == told.digest
    assert audit.verify(folder).whole
    # Somebody who makes manifest and anchor anew still meets the entry.
    decisions.write_text(decisions.read_text().replace("c2,excluded,no_consent,no_consent", "c2,included,included,"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["decisions.csv"]["sha256"] = verify_audit._sha256(decisions)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    anchor = json.loads((folder / "anchor.json").read_text())
    anchor["manifest_sha256"] = verify_audit._sha256(folder / "manifest.json")
    (folder / "anchor.json").write_text(json.dumps(anchor))
    assert "decisions.csv is not what was decided" in audit.verify(folder).sentence
    day = (NOW - DAY).date()
    assert audit.export(archive, Scope(scene.tenant, CAMPAIGN, day), tmp_path / "days", by="olga").folder.exists()
    assert not (tmp_path / "days" / "decisions.csv").exists()

"""The command as people and scripts meet it: sentences, exit codes, and JSON that stands alone."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commanding

LIFTLINE = Path(sys.executable).with_name("liftline")


@pytest.fixture
def liftline(services, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    monkeypatch.setenv("LIFTLINE_REPORTS", str(tmp_path / "reports"))
    assert services.database
    return commanding.liftline


def test_a_file_becomes_segments_by_two_commands(liftline, plain_report, tmp_path):
    assert liftline("tenants", "create", "cli").returncode == 0
    people = tmp_path / "people.csv"
    people.write_text(
        "customer_id,email,last_purchase_date,orders,total_spend\n1,a@example.com,2026-11-01,3,30\n2,x,,,\n"
    )
    imported = liftline(
        "customers", "import", str(people), "--tenant", "cli", "--json", LIFTLINE_QUARANTINE_LIMIT="0.5"
    )
    assert imported.returncode == 0, imported.stderr
    summary = json.loads(imported.stdout)
    keys = {
        "rows",
        "loaded",
        "merged",
        "quarantined",
        "reasons",
        "quarantine_file",
        "report_file",
        "batch_id",
        "seconds",
    }
    assert set(summary) == keys
    assert (summary["rows"], summary["loaded"], summary["quarantined"]) == (2, 1, 1)
    assert "a@example.com" not in imported.stderr
    erase = ("customers", "erase", "1", "--tenant", "cli", "--reason", "letter", "--json", "--as", "carla")
    assert "takes the role compliance" in liftline(*erase).stderr
    assert liftline("access", "grant", "carla", "--role", "compliance", "--tenant", "cli").returncode == 0
    out = tmp_path / "segments.csv"
    segmented = liftline("segmentation", "run", "--tenant", "cli", "--scheme", "rfm", "--json", "-o", str(out))
    assert json.loads(segmented.stdout)["customers"] == 1
    assert out.read_text().splitlines()[0] == "customer_id,segment,reason,recency_days,frequency,monetary,r,f,m"
    shown = json.loads(liftline("tenants", "show", "cli", "--json").stdout)
    assert shown["customers"] == 1
    assert [json.loads(liftline(*erase).stdout)["erased"] for _ in range(2)] == [True, False]
    assert "cli" in [
        tenant["tenant_id"] for tenant in json.loads(liftline("tenants", "list", "--json").stdout)["tenants"]
    ]


def test_a_held_file_still_prints_its_object(liftline, plain_report, tmp_path):
    liftline("tenants", "create", "held")
    people = tmp_path / "people.csv"
    people.write_text("email\nx\ny\na@example.com\n")
    held = liftline("customers", "import", people, "--tenant", "held", "--json")
    assert held.returncode == 1
    summary = json.loads(held.stdout)
    assert (summary["held"], summary["loaded"], summary["quarantined"]) == (1, 0, 2)
    assert "LIFTLINE_QUARANTINE_LIMIT" in held.stderr
    assert Path(summary["quarantine_file"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["customers", "import", "/nowhere.csv", "--tenant", "cli-none"], 1, "no tenant cli-none"),
        (["tenants", "create", "Not A Name"], 1, "cannot name a tenant"),
        (["tenants", "show", "nobody"], 1, "no tenant nobody"),
        (["segmentation", "run", "--tenant", "nobody"], 1, "nobody"),
        (["customers", "import"], 2, "Missing argument"),
        (["customers", "export"], 2, "No such command"),
    ],
)
def test_a_no_is_a_sentence_and_a_code(liftline, arguments, code, words):
    ended = liftline(*arguments)
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_the_installed_command_says_no_by_its_exit_code(liftline):
    ended = subprocess.run([LIFTLINE, "tenants", "show", "nobody"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == liftline("tenants", "show", "nobody").stderr


def test_wrong_settings_are_named(liftline):
    ended = liftline("tenants", "list", EMAIL_PROVIDER="pigeon", SEARCH_PROVIDER="azure")
    assert ended.returncode == 1
    assert "EMAIL_PROVIDER" in ended.stderr


def test_help_is_quick():
    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    # What it takes of the processor: how long that lasts says more about what else the machine does.
    times = []
    for _ in range(3):
        before = spent()
        subprocess.run([LIFTLINE, "--help"], capture_output=True, check=True)
        times.append(spent() - before)
    heavy = (
        "import sys, pipelines.cli;"
        "print([m for m in ('airflow', 'polars', 'pandas', 'openai', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert min(times) < 1.5

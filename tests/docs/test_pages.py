"""What the pages tell people to type is typed here, in order, and every link leads somewhere."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
from collections.abc import Callable
from functools import partial

import pytest
from typer.testing import CliRunner

from pipelines.commands import opening
from pipelines.database import READER
from pipelines.reporting import run as reporting
from pipelines.services import Services
from pipelines.settings import PROJECT
from tests.conftest import PlainReporter

TOURS = sorted((PROJECT / "docs" / "tours").glob("*.md"))
PAGES = [
    PROJECT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    if not name.startswith("data/knowledge/")
]
BLOCK = re.compile(r"^```(sh|sql)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a page calls CAMPAIGN, VARIANT and LIFT is what an earlier command printed.
MARTS_ONLY = ("--resource-type", "model", "--resource-type", "seed")
PRINTED = {
    "CAMPAIGN": re.compile(r"\b[a-z][a-z0-9-]*-[0-9a-f]{10}\b"), "VARIANT": re.compile(r"\bv-[0-9a-f]{16,}\b"),
    "LIFT": re.compile(r"\blift-[0-9a-f]{12}\b"),
}  # fmt: skip


@pytest.fixture
def typed(services, tmp_path, monkeypatch) -> Callable[[str], str]:
    """Types a command in an empty folder that holds the project's data."""
    ours = Services(services.settings)
    ours.__dict__["desk"] = dataclasses.replace(services.desk, reporter=PlainReporter)
    monkeypatch.setattr(opening, "open_services", lambda: ours)
    # The data of other tests need not be consistent: marts only.
    monkeypatch.setattr(reporting, "refresh", partial(reporting.refresh, also=MARTS_ONLY))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(PROJECT / "data")

    def run(line: str) -> str:
        from pipelines.cli import app

        told = CliRunner().invoke(app, shlex.split(line)[1:])
        assert told.exit_code == 0, f"{line}\n{told.output}\n{told.exception!r}"
        return told.stdout

    return run


@pytest.mark.parametrize("page", TOURS, ids=lambda page: page.stem)
def test_a_tour_can_be_walked(page, typed, services):
    named: dict[str, str] = {}
    tenant = ""
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "sql":
            with services.database.transaction(tenant, role=READER) as connection:
                assert connection.execute(block).fetchall()
            continue
        for line in block.splitlines():
            # This database holds campaigns of the same brief for other tenants; a reader's does not.
            whose = f" --tenant {tenant}" if re.search("CAMPAIGN|VARIANT", line) and "--tenant" not in line else ""
            for word, value in named.items():
                line = re.sub(rf"\b{word}\b", value, line)
            told = typed(line + whose)
            tenant = match[1] if (match := re.search(r"tenants create (\S+)", line)) else tenant
            for word, pattern in PRINTED.items():
                if word not in named and (found := pattern.search(told)):
                    named[word] = found[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_list_of_commands_says_what_each_says_of_itself():
    from typer.main import get_command

    from pipelines.cli import app

    listed = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8").splitlines()
    rows = []
    for group, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        named = {f"{group} {name}": one for name, one in below.items()} if below else {group: command}
        rows += [f"| `{name}` | {one.help.splitlines()[0]} |" for name, one in named.items()]
    assert [row for row in rows if row not in listed] == []
    assert len([line for line in listed if line.startswith("| `")]) == len(rows)


def test_every_defence_is_proved_by_a_test_that_is_there():
    page = (PROJECT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    proofs = re.findall(r"`(tests/[^`:]+)(?:::(\w+))?`", page)
    assert len(proofs) > 20
    missing = [
        (path, name)
        for path, name in proofs
        if not (PROJECT / path).is_file() or f"def {name}(" not in (PROJECT / path).read_text() and name
    ]
    assert missing == []


def test_a_refusal_that_says_how_to_give_a_role_says_it_as_it_is_typed():
    advised = [
        (path, said)
        for folder in ("pipelines", "plugins")
        for path in (PROJECT / folder).rglob("*.py")
        for said in re.findall(r"liftline access grant ([^`\n\"]+)", path.read_text(encoding="utf-8"))
    ]
    assert len(advised) >= 3
    assert [path for path, said in advised if "--role" not in said or "--tenant" not in said] == []

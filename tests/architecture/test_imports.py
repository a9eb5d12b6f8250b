"""Who may import whom: import-linter's contracts in pyproject.toml, and what they cannot say."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PIPELINES = PROJECT / "pipelines"
SOURCES = sorted(PIPELINES.rglob("*.py"))
DAGS = sorted((PROJECT / "dags").rglob("*.py"))

NO_STEPS = {"adapters", "backup", "commands", "migrations", "orchestration", "policy_files", "services"}
# Builds the environment of Airflow's processes out of its own.
# What they start is given what they were given.
MAY_COPY_THE_ENVIRONMENT = (PIPELINES / "orchestration" / "environment.py", PIPELINES / "reporting" / "building.py")
READS_THE_ENVIRONMENT = PIPELINES / "settings.py"
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc", "tools", "lib"}
LONGEST_DAG = 100


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, anywhere in the file; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{name.name}" for name in node.names)


def environment_readings(source: str) -> list[int]:
    """Lines that reach for the environment, under whatever name `os` goes."""
    if not any(word in source for word in FORBIDDEN_OF_OS) and "import *" not in source:
        return []
    tree = ast.parse(source)
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_OF_OS]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            lines += [node.lineno for name in node.names if name.name in FORBIDDEN_OF_OS | {"*"}]
    return sorted(lines)


FORBIDDEN_OF_OS = {"environ", "environb", "getenv", "getenvb", "putenv"}


def strange_dag_imports(source: str) -> list[str]:
    """What a DAG file may not import: it names steps and tasks, and decides nothing."""
    return [name for name in imports(ast.parse(source)) if not _dag_may(name)]


def _dag_may(name: str) -> bool:
    parts = name.split(".")
    if parts[0] == "pipelines":
        whole = parts[1] in ("services", "contracts", "scheduling") if len(parts) > 1 else False
        return whole or (len(parts) > 3 and parts[2] == "run")
    if parts[0] == "airflow":
        return parts[1] in ("sdk", "providers")
    if parts[0] in ("approval", "experiment", "gate", "house", "safeguards", "sending"):
        return True
    return parts[0] in sys.stdlib_module_names - {"os", "subprocess", "sqlite3"} or parts[0] == "__future__"


def shown_secrets(source: str) -> list[str]:
    """Fields of dataclasses that hold a key or a password and would stand in a repr, and so in a log or a traceback."""
    return [
        f"{owner.name}.{field.target.id}"
        for owner in ast.walk(ast.parse(source))
        if isinstance(owner, ast.ClassDef) and any("dataclass" in ast.unparse(one) for one in owner.decorator_list)
        for field in owner.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if _is_secret(field.target.id, ast.unparse(field.annotation))
        if "repr=False" not in ast.unparse(field)
    ]


def _is_secret(name: str, kind: str) -> bool:
    if kind.startswith("bytes"):
        return re.search(r"(^|_)(keys?|receipts)$", name) is not None
    named = re.search(r"(^|_)(api_key|token|secret|password|passwords|login|private_key|fernet_key)$", name)
    return named is not None and kind.startswith(("str", "dict"))


def meaningless(path: Path) -> bool:
    """Whether a file or one of its folders has a name that says nothing of what is in it."""
    return bool({path.stem, *path.parts[:-1]} & SAYS_NOTHING)


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    told = os.environ | {"PYTHONPATH": str(folder)}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    done = linted(PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr


FORBIDDEN = (
    ("database", "airflow"),
    ("customers.run", "fastapi"),
    ("customers.run", "pipelines.settings"),
    ("customers.run", "pipelines.services"),
    ("customers.run", "pipelines.segmentation"),
    ("customers.run", "pipelines.adapters.postgres.embedded"),
    ("adapters.postgres.embedded", "pipelines.customers.store"),
    ("adapters.postgres.embedded", "pipelines.settings"),
    ("contracts", "pipelines.settings"),
    ("settings", "pipelines.database"),
    ("services.ground", "dags"),
)


def test_the_contracts_notice(tmp_path: Path) -> None:
    shutil.copytree(PIPELINES, tmp_path / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for module, imported in FORBIDDEN:
        path = tmp_path / "pipelines" / f"{module.replace('.', '/')}.py"
        path.write_text(f"{path.read_text(encoding='utf-8')}\nimport {imported}\n", encoding="utf-8")
    (tmp_path / "pipelines" / "unplaced.py").touch()
    done = linted(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    noticed = [line.strip() for line in done.stdout.splitlines()]
    assert "- pipelines.unplaced" in noticed
    for module, imported in FORBIDDEN:
        told = f"pipelines.{module} -> {imported} (l."
        assert any(told in line for line in noticed), told


def test_every_step_is_under_the_contracts() -> None:
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers, given = config["contracts"][0], config["contracts"][1]
    steps = {folder.name for folder in PIPELINES.iterdir() if (folder / "__init__.py").exists()} - NO_STEPS
    assert layers["exhaustive"]
    assert set(given["source_modules"]) == {f"pipelines.{step}" for step in steps}
    assert any(set(layer.split(" | ")) == steps for layer in layers["layers"])


def test_contracts_know_nothing_of_ours_and_settings_only_contracts() -> None:
    for name, allowed in (("contracts", set()), ("settings", {"pipelines.contracts.Refusal"})):
        tree = ast.parse((PIPELINES / f"{name}.py").read_text(encoding="utf-8"))
        ours = {imported for imported in imports(tree) if imported.startswith(("pipelines", "."))}
        assert ours <= allowed, name


def test_the_environment_is_read_in_the_settings_only() -> None:
    others = [path for path in SOURCES if path not in (READS_THE_ENVIRONMENT, *MAY_COPY_THE_ENVIRONMENT)]
    found = {str(path.relative_to(PROJECT)): environment_readings(path.read_text(encoding="utf-8")) for path in others}
    assert len(found) > 50
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as o\no.getenv('A')",
        "from os import environ",
        "from os import getenv as g",
        "def f():\n    import os\n    return os.environb",
    ],
)
def test_reading_the_environment_is_noticed(source: str) -> None:
    assert environment_readings(source)


def test_no_key_stands_in_a_repr() -> None:
    sources = [*SOURCES, *sorted((PROJECT / "plugins").rglob("*.py"))]
    assert [told for path in sources for told in shown_secrets(path.read_text(encoding="utf-8"))] == []
    for field in ("token: str", "api_key: str | None = None", "key: bytes", "password: str = field(default='')"):
        assert shown_secrets(f"@dataclass(frozen=True)\nclass A:\n    {field}\n"), field


def test_a_dag_file_is_short_and_names_steps_only() -> None:
    assert DAGS
    for path in DAGS:
        source = path.read_text(encoding="utf-8")
        assert len(source.splitlines()) <= LONGEST_DAG, path.name
        assert strange_dag_imports(source) == [], path.name


@pytest.mark.parametrize(
    "source",
    [
        "import pandas",
        "import pipelines",
        "from pipelines.customers import store",
        "from pipelines.customers.store import load",
        "from pipelines.database import Database",
        "from pipelines.settings import load_settings",
        "from airflow.models import DAG",
        "import os",
        "def f():\n    from pipelines.adapters import postgres",
    ],
)
def test_a_strange_import_in_a_dag_is_noticed(source: str) -> None:
    assert strange_dag_imports(source)


def test_a_usual_dag_is_let_through() -> None:
    source = "from datetime import timedelta\nfrom airflow.sdk import dag\nfrom pipelines.customers.run import load\n"
    assert strange_dag_imports(source + "from pipelines.services import open_services") == []


def test_module_names_say_what_is_inside() -> None:
    folders = ("pipelines", "dags", "plugins", "benchmarks", "tests")
    found = [path.relative_to(PROJECT) for folder in folders for path in (PROJECT / folder).rglob("*.py")]
    assert len(found) > 50
    assert [path for path in found if meaningless(path)] == []
    assert meaningless(Path("pipelines/utils.py"))
    assert meaningless(Path("pipelines/common/dates.py"))

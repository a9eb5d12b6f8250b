"""What the plugin may know: steps, services and contracts. Routes and pages hold no SQL, templates no scripts."""

import ast
import re
from pathlib import Path

PLUGINS = Path(__file__).parents[2] / "plugins"
SOURCES = sorted(PLUGINS.rglob("*.py"))
STEPS = {
    "audit", "console", "customers", "delivery", "engagement", "experiments", "generation", "knowledge", "learning",
    "outreach", "reporting", "review", "safety",
    "segmentation", "tenants", "webhooks",
}  # fmt: skip
# The executor and the mask of its logs are parts of Airflow; the console stands without it.
MAY_KNOW_AIRFLOW = ("airflow", "inside_airflow", "liftline_console_plugin", "liftline_executor", "liftline_masking")
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+\S+.*\b(FROM|VALUES|SET|WHERE)\b", re.DOTALL)


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_a_module_knows_steps_and_no_sql():
    assert len(SOURCES) > 20
    for path in SOURCES:
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "pipelines":
                assert parts[1] in STEPS | {"contracts", "logs", "masking", "services", "settings"}, (path, name)
            if parts[0] == "airflow":
                assert path.stem in MAY_KNOW_AIRFLOW, (path, name)
        assert not SQL.search(path.read_text(encoding="utf-8")), path


def test_a_template_holds_no_script_style_or_unescaped_value():
    templates = sorted(PLUGINS.rglob("*.html"))
    assert len(templates) > 20
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|\|\s*safe|javascript:", text), path.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path.name


def test_every_column_of_a_list_is_named_at_phone_width():
    for path in PLUGINS.rglob("*.html"):
        for table in re.findall(r'<table class="cards">.*?</table>', path.read_text(encoding="utf-8"), re.DOTALL):
            assert "<caption" in table
            body = table.split("<tbody>")[1]
            assert all("data-label=" in cell for cell in re.findall(r"<t[dh][ >][^>]*", body)), path.name

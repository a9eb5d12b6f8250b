"""The shape of the dbt project, read from its files: who reads whom, what is described, what is keyed and tested."""

import csv
import re
from pathlib import Path

import yaml

DBT = Path(__file__).parents[2] / "dbt"
MODELS = {path.stem: path for path in sorted((DBT / "models").rglob("*.sql"))}
REF = re.compile(r"ref\('(\w+)'\)")
LAYERS = {"staging": set(), "intermediate": {"staging", "intermediate"}, "marts": {"staging", "intermediate"}}
REPORTS = {"executive", "deliverability", "safety", "learning"}
# Every column that is a share, a comparison of shares or a flag has a unit test.
JUDGED = re.compile(r"\w*(_rate|_share|lift|coverage|index_to_segment|at_risk|gap|return_on_cost)$")


def described(*folders):
    found = {}
    for folder in folders:
        for path in sorted((DBT / "models" / folder).glob("*.yml")):
            for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
                found[model["name"]] = model
    return found


def unit_tests():
    return [
        test
        for path in (DBT / "models").rglob("_unit_tests.yml")
        for test in yaml.safe_load(path.read_text())["unit_tests"]
    ]


def test_a_model_reads_only_the_layers_beneath_it():
    for name, path in MODELS.items():
        text, layer = path.read_text(), path.parent.name
        assert {MODELS[one].parent.name for one in REF.findall(text)} <= LAYERS[layer], name
        assert ("source(" in text) == (layer == "staging"), name
        # Nothing but names from models: a table that is written out would be read behind dbt's back.
        assert not re.search(r"\b(FROM|JOIN)\s+(liftline|liftline_marts)\.", text), name


def test_every_table_that_is_staged_is_read():
    read = {one for path in DBT.rglob("*.sql") for one in REF.findall(path.read_text())}
    assert {name for name, path in MODELS.items() if path.parent.name == "staging"} <= read


def test_every_model_and_every_column_is_described():
    models = described("staging", "intermediate", "marts")
    assert set(models) == set(MODELS)
    for model in models.values():
        assert model["description"]
        assert model["columns"]
        for column in model["columns"]:
            assert column.get("description"), (model["name"], column["name"])


def test_every_mart_is_keyed_by_tenant_and_typed():
    marts = described("marts")
    assert len(marts) == 19
    for model in marts.values():
        (key,) = [one for one in model["constraints"] if one["type"] == "primary_key"]
        assert key["columns"][0] == "tenant_id"
        names = [column["name"] for column in model["columns"]]
        assert set(key["columns"]) <= set(names)
        assert all(column["data_type"] for column in model["columns"])


def test_every_rate_and_flag_has_a_unit_test():
    expected = {(test["model"], column) for test in unit_tests() for row in test["expect"]["rows"] for column in row}
    judged = {
        (name, column["name"])
        for name, model in described("marts").items()
        for column in model["columns"]
        if JUDGED.match(column["name"])
    }
    assert judged - expected == set()
    assert len(judged) >= 25


def test_every_report_is_an_exposure_of_what_it_reads():
    exposures = yaml.safe_load((DBT / "models" / "exposures.yml").read_text())["exposures"]
    assert {one["name"] for one in exposures} == REPORTS
    queries = (DBT.parent / "pipelines" / "reporting" / "queries.sql").read_text()
    statements = dict(re.findall(r"-- name: (\w+)\n(.*?)(?=\n-- name:|\Z)", queries, re.DOTALL))
    from pipelines.reporting.kinds import KINDS

    for exposure in exposures:
        reads = " ".join(statements[one] for one in KINDS[exposure["name"]][1])
        marts = set(re.findall(r"liftline_marts\.(\w+)", reads))
        assert {REF.fullmatch(one)[1] for one in exposure["depends_on"]} == marts


def test_every_metric_of_the_semantic_layer_is_a_kpi():
    metrics = yaml.safe_load((DBT / "models" / "semantic_layer.yml").read_text())["metrics"]
    kpis = set(re.findall(r"^    \(\s*\d+, '([a-z ]+)'", (DBT / "models/marts/kpis.sql").read_text(), re.MULTILINE))
    kpis |= set(re.findall(r"^        \d+, '([a-z ]+)'", (DBT / "models/marts/kpis.sql").read_text(), re.MULTILINE))
    assert len(kpis) == 14
    assert {one["label"].lower() for one in metrics if one["type"] == "ratio"} == kpis


def test_a_currency_is_worth_in_the_marts_what_it_is_worth_in_the_profiles():
    with (DBT / "seeds" / "exchange_rates.csv").open(newline="") as file:
        marts = {row["currency"]: float(row["usd"]) for row in csv.DictReader(file)}
    profiles = yaml.safe_load((DBT.parent / "data/policies/profile.yaml").read_text())["usd_rates"]
    assert marts == profiles
    with (DBT.parent / "data/samples/orders.csv").open(newline="") as file:
        assert {row["currency"] for row in csv.DictReader(file)} <= marts.keys()

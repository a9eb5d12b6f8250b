"""Airflow in a home of its own; the environment is set before Airflow is first imported."""

import functools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest
import structlog

PROJECT = Path(__file__).parents[2]
# As the DAG processor does it: files of the DAG folder may import each other.
sys.path.insert(0, str(PROJECT / "dags"))
_home = tempfile.TemporaryDirectory(prefix="liftline-airflow-")
os.environ.update(
    AIRFLOW_HOME=_home.name,
    AIRFLOW__CORE__DAGS_FOLDER=str(PROJECT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(PROJECT / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_home.name}/airflow.db",
    AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
)


@pytest.fixture(autouse=True)
def _logs_as_airflow_has_them(_plain_logs):
    """Airflow's operators ask a logger for its level, as only the loggers can that its workers set up."""
    from airflow.sdk._shared.logging.structlog import make_filtering_logger

    structlog.configure(wrapper_class=make_filtering_logger())


@pytest.fixture(scope="session", autouse=True)
def _quick_test_runs():
    """A test run naps a second whenever nothing is to be done, and each reads and stores every file of the folder."""
    from airflow.dag_processing import dagbag

    sleep = time.sleep

    def nap(seconds):
        caller = sys._getframe(1).f_globals["__name__"]
        sleep(min(seconds, 0.1) if caller == "airflow.sdk.definitions.dag" else seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", nap)
        for name in ("BundleDagBag", "sync_bag_to_db"):
            patch.setattr(dagbag, name, functools.cache(getattr(dagbag, name)))
        yield


@pytest.fixture(scope="session")
def bag():
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    initdb()
    return DagBag(PROJECT / "dags")


@pytest.fixture
def liftline_environment(services, tmp_path, monkeypatch):
    """What tasks read: the session's database, this test's folders."""
    monkeypatch.setenv("LIFTLINE_HOME", str(services.settings.liftline_home))
    monkeypatch.setenv("LIFTLINE_REPORTS", str(tmp_path / "reports"))


@pytest.fixture
def customers_ingest(bag, liftline_environment):
    """The DAG as freshly parsed: a test run writes its conf into the params of the DAG it was called on."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(PROJECT / "dags" / "customers_ingest.py").dags["customers_ingest"]


@pytest.fixture
def policies(liftline_environment, tmp_path, monkeypatch):
    """The policies, in a folder where a test may change them."""
    folder = tmp_path / "policies"
    shutil.copytree(PROJECT / "data" / "policies", folder)
    monkeypatch.setenv("LIFTLINE_POLICIES", str(folder))
    return folder


@pytest.fixture
def campaign_launch(bag, policies):
    """The DAG as freshly parsed: a test run writes its conf into the params of the DAG it was called on."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(PROJECT / "dags" / "campaign_launch.py").dags["campaign_launch"]


@pytest.fixture
def short_patience(policies):
    """An answer is waited for three and a half seconds."""
    path = policies / "approval.yaml"
    path.write_text(path.read_text().replace("answer_within_hours: 72", "answer_within_hours: 0.001"))


@pytest.fixture
def alone(monkeypatch, tenant):
    """The tenant of this test is the only one: what other tests left half-made is no business of a run over all."""
    from pipelines.services import Services

    monkeypatch.setattr(Services, "tenant_ids", lambda _: [tenant])


def told_to_airflow(run):
    """Everything that the tasks of a run left in Airflow's own tables: what they returned and were called with."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        returned = session.query(XComModel.value).filter(XComModel.run_id == run.run_id).all()
        called = session.query(RenderedTaskInstanceFields.rendered_fields).filter(
            RenderedTaskInstanceFields.run_id == run.run_id
        )
        return str(returned), str([*returned, *called.all()])

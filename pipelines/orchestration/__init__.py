"""Airflow as Liftline runs it on one machine; nothing of Airflow is imported, only its command is run."""

from pipelines.orchestration.client import AirflowClient, TaskState
from pipelines.orchestration.environment import airflow_home, database_url, environment
from pipelines.orchestration.metadata import migrate, revision
from pipelines.orchestration.server import down, running, serve
from pipelines.orchestration.sign_in import sign_in

__all__ = [
    "AirflowClient",
    "TaskState",
    "airflow_home",
    "database_url",
    "down",
    "environment",
    "migrate",
    "revision",
    "running",
    "serve",
    "sign_in",
]

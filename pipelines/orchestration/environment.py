"""The environment of every Airflow process: Airflow's own home, its database, and our settings passed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from sqlalchemy.engine import URL

from pipelines.orchestration.sign_in import ROLES, SignIn, sign_in
from pipelines.settings import PROJECT, Settings

HOST = "127.0.0.1"
DAGS = PROJECT / "dags"
PLUGINS = PROJECT / "plugins"
URL_PARTS = {"user", "password", "host", "port", "dbname"}


def airflow_home(settings: Settings) -> Path:
    """Airflow's folder inside the state folder."""
    return settings.liftline_home.resolve() / "airflow"


def environment(
    settings: Settings, airflow_login: str, *, dags_folder: Path = DAGS, port: int | None = None
) -> dict[str, str]:
    """Everything that a process of Airflow is told; tasks see the same settings as this process."""
    home = airflow_home(settings)
    return {
        **_inherited(),
        **_settings_as_variables(settings),
        **_paths(),
        # Vendors' telemetry.
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "AIRFLOW_HOME": str(home),
        **{
            f"AIRFLOW__{name}": value
            for name, value in {
                **_core(home, dags_folder),
                **_database(airflow_login),
                **_web(sign_in(home), port or settings.liftline_port),
            }.items()
        },
    }


def database_url(conninfo: str) -> str:
    """The SQLAlchemy form of a libpq connection string, for psycopg 3."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    host, port = parts.get("host", ""), parts.get("port", "")
    plain = bool(host) and "/" not in host and "," not in host and "," not in port
    query = {name: value for name, value in parts.items() if name not in URL_PARTS}
    if not plain:
        # Sockets and several hosts have no place in the host part of a URL.
        query |= {name: value for name, value in (("host", host), ("port", port)) if value}
    return URL.create(
        "postgresql+psycopg",
        username=parts.get("user"),
        password=parts.get("password"),
        host=host if plain else None,
        port=int(port) if plain and port else None,
        database=parts.get("dbname"),
        query=query,
    ).render_as_string(hide_password=False)


def _core(home: Path, dags_folder: Path) -> dict[str, str]:
    return {
        "CORE__DAGS_FOLDER": str(dags_folder.resolve()),
        "CORE__PLUGINS_FOLDER": str(PLUGINS),
        "CORE__LOAD_EXAMPLES": "False",
        # Found in our plugins: no task of it is lost with a worker.
        "CORE__EXECUTOR": "liftline_executor.ProcessExecutor",
        "CORE__PARALLELISM": "4",
        # An upload starts a run by the API; on a paused DAG that run would wait for ever.
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.05",
        # At 300, the default of both, what a killed scheduler or worker was at lies five minutes before it goes on.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        # At 5, the default, the worker of a parked approval outlives a quick answer, and the run fails.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # At 5 seconds, the default, a machine under load fails tasks that never began.
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "LOGGING__NAMESPACE_LEVELS": "great_expectations._docs_decorators=WARNING",
    }


def _database(airflow_login: str) -> dict[str, str]:
    url = database_url(airflow_login)
    return {"DATABASE__SQL_ALCHEMY_CONN": url, "DATABASE__SQL_ALCHEMY_CONN_ASYNC": url}


def _web(keys: SignIn, port: int) -> dict[str, str]:
    return {
        "CORE__FERNET_KEY": keys.fernet_key,
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in ROLES.items()),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(keys.passwords_file),
        "CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        # Passwords of this sign-in are plain text: this machine only.
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": f"http://localhost:{port}",
        "API__SECRET_KEY": keys.api_secret,
        "API__INSTANCE_NAME": "Liftline",
        "API_AUTH__JWT_SECRET": keys.jwt_secret,
    }


def _inherited() -> dict[str, str]:
    """The caller's environment without what would steer Airflow or Python elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "_AIRFLOW")) and name != "PYTHONDONTWRITEBYTECODE"
    }


def _settings_as_variables(settings: Settings) -> dict[str, str]:
    """Every setting under its variable's name; an empty one is empty there too, whatever the caller's was."""
    told = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, Path):
            value = value.resolve()
        told[name.upper()] = "" if value is None else str(value)
    return told


def _paths() -> dict[str, str]:
    exempt = [name for name in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(",") if name]
    no_proxy = ",".join([*exempt, "localhost", HOST])
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }

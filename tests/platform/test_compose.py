"""The scaled-out form: valid by the Compose Specification, healthy, without a secret of its own."""

from __future__ import annotations

import copy
import json
import re
import runpy
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from pipelines.settings import PROJECT, Settings

TEXT = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
ONE_OFF = {"migrate"}
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z_]+)(?:(:[?+-])([^}]*))?\}")
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|_KEY|TOKEN|AUTH)$")


IN_THE_IMAGE = {"LIFTLINE_BRANDS", "LIFTLINE_POLICIES", "LIFTLINE_PORT", "LIFTLINE_SYNONYMS"}


def faults(compose: dict[str, Any]) -> list[str]:
    """What the Compose Specification's own schema says against the file."""
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    return [error.message for error in validator_for(schema)(schema).iter_errors(compose)]


def literal_secrets(compose: dict[str, Any]) -> list[str]:
    """Variables named like a secret, or URLs with a password, whose value is written out."""
    found = []
    for service, content in compose["services"].items():
        for name, value in (content.get("environment") or {}).items():
            from_outside = bool(VARIABLE.search(str(value)))
            if (
                value
                and not from_outside
                and (SECRET_NAME.search(name) or re.search(r"://[^/\s]*:[^/\s]+@", str(value)))
            ):
                found.append(f"{service}.{name}")
    return found


def test_the_file_is_valid() -> None:
    assert faults(COMPOSE) == []


@pytest.mark.parametrize(
    "mistake", [{"comand": "x"}, {"restart": 5}, {"healthcheck": {"test": 1}}, {"depends_on": {"redis": {}}}]
)
def test_the_schema_notices(mistake: dict[str, Any]) -> None:
    spoilt = copy.deepcopy(COMPOSE)
    spoilt["services"]["worker"] |= mistake
    assert faults(spoilt)


def test_it_is_whole() -> None:
    services = COMPOSE["services"]
    wanted = {"postgres", "redis", "migrate", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert wanted == set(services)
    for name, service in services.items():
        assert service.get("restart"), name
        assert not service.get("privileged"), name
        assert "container_name" not in service, name  # else it cannot be scaled
        assert name in ONE_OFF or service["healthcheck"]["test"], name
        assert re.search(r":[\w.-]+$", service["image"]), name
        assert not service["image"].endswith(":latest"), name
        for needed in service.get("depends_on", {}):
            assert needed in services, name


def test_every_part_of_airflow_is_told_the_same() -> None:
    for name in set(COMPOSE["services"]) - {"postgres", "redis"}:
        service = COMPOSE["services"][name]
        told = service["environment"]
        assert told["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor", name
        assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"]
        assert not service["user"].startswith(("0", "root")), name
        assert "state:/var/lib/liftline" in service["volumes"], name
        # What a variable says to lie on this machine is there for every container.
        places = [str(volume).rpartition(":")[2] for volume in service["volumes"]]
        assert told["LIFTLINE_ANCHORS"] in places, name
        assert told["PUSH_CREDENTIALS_FILE"].endswith(f"/run/secrets/{service['secrets'][0]}}}"), name
        assert ("DATABASE_OWNER_URL" in told) == (name == "migrate"), name
        assert ("pools import dags/pools.json" in str(service["command"])) == (name == "migrate"), name
        missing = {field.upper() for field in Settings.model_fields} - set(told)
        assert missing <= IN_THE_IMAGE | {"DATABASE_OWNER_URL"}, name


def test_every_option_is_one_that_this_airflow_knows() -> None:
    spec = find_spec("airflow")  # found, not imported: importing it makes folders
    assert spec is not None
    assert spec.origin is not None
    airflow = Path(spec.origin).parent
    celery = runpy.run_path(str(airflow / "providers" / "celery" / "get_provider_info.py"))
    known = celery["get_provider_info"]()["config"] | yaml.safe_load(
        (airflow / "config_templates" / "config.yml").read_text(encoding="utf-8")
    )
    for name in COMPOSE["services"]["worker"]["environment"]:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in known[section]["options"], name


def test_every_mounted_folder_is_made_for_our_user() -> None:
    made = re.search(r"install -d -o liftline -g liftline (.+?)\n\n", DOCKERFILE, re.DOTALL)
    assert made
    for volume in COMPOSE["services"]["worker"]["volumes"]:
        assert volume.rpartition(":")[2] in made[1].split(), volume


def test_no_secret_is_written_out() -> None:
    assert literal_secrets(COMPOSE) == []
    spoilt = copy.deepcopy(COMPOSE)
    spoilt["services"]["worker"]["environment"] = {"OPENAI_API_KEY": "sk-1", "DATABASE_URL": "postgresql://a:b@c/d"}
    assert sorted(literal_secrets(spoilt)) == ["worker.DATABASE_URL", "worker.OPENAI_API_KEY"]


def test_every_variable_is_documented_and_every_needed_secret_demanded() -> None:
    head = TEXT[: TEXT.index("\nname:")]
    documented = {name.upper() for name in Settings.model_fields} | set(re.findall(r"^#   ([A-Z_]+) ", head, re.M))
    found = VARIABLE.findall(TEXT)
    assert {name for name, _, _ in found} <= documented
    assert {name for name, _, _ in found} >= set(re.findall(r"^#   ([A-Z_]+) ", head, re.M))
    for name, how, message in found:
        demanded = how == ":?" and message
        assert demanded or name.lower() in Settings.model_fields or not SECRET_NAME.search(name), name


def test_the_image_holds_the_lock_and_nothing_beside_it() -> None:
    installs = re.findall(r"(?:uv )?pip (?:install|sync)[^\n&]*", DOCKERFILE)
    assert [" ".join(install.rstrip("\\").split()) for install in installs] == [
        "pip install --no-cache-dir \"$(grep '^uv==' requirements.txt)\"",
        "uv pip sync --no-cache --compile-bytecode requirements.txt",
        "uv pip install --no-cache --no-deps --no-build-isolation -e .",
    ]
    assert "://" not in DOCKERFILE
    assert "ca-certificates" in DOCKERFILE
    assert DOCKERFILE.index("USER liftline") < DOCKERFILE.index("CMD")
    assert re.search(r"^FROM python:3\.1[123]-slim$", DOCKERFILE, re.M)


def test_the_makefile_installs_the_lock_and_nothing_beside_it() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(r"pip (?:install|sync)[^\n;&]*", makefile)
    assert len(installs) == 3
    assert "'^uv==' requirements.txt" in installs[0]
    assert installs[1].endswith("requirements.txt")
    assert "--no-deps --no-build-isolation -e ." in installs[2]
    assert "://" not in makefile
    assert "make test" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")

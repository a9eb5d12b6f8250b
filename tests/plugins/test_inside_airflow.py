"""The same application inside Airflow: its plugin, its sign-in, and runs that the caller's own token starts."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.delivery.unsubscribing import token_for

PROJECT = Path(__file__).parents[2]
USERS = "mark:user,stranger:viewer"
# In a process of its own: Airflow reads its configuration once, when it is first imported.
SCRIPT = """
import json, os, sys
from fastapi import FastAPI
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.utils.db import initdb
import liftline_console_plugin as plugin
from liftline_console import inside_airflow

initdb()
host = FastAPI()
manager = init_auth_manager(host)
for mounted in plugin.LiftlineConsolePlugin.fastapi_apps:
    host.mount(mounted["url_prefix"], mounted["app"])
token = manager.generate_jwt(SimpleAuthManagerUser(username="mark", role="user"))
stranger = manager.generate_jwt(SimpleAuthManagerUser(username="stranger", role="viewer"))
asked = []

class Answer:
    def __init__(self, told, status_code=200):
        self.told, self.status_code, self.is_success = told, status_code, status_code < 400
    def json(self): return self.told

class Http:
    def __init__(self, base_url, headers, **more): self.base_url, self.who = base_url, headers["Authorization"]
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def post(self, path, json):
        if json["dag_run_id"] and json["dag_run_id"] in (one["dag_run_id"] for _, one, _ in asked):
            return Answer({"detail": "There is a run of that name."}, 409)
        asked.append([self.base_url + path, json, self.who])
        return Answer({"dag_run_id": json["dag_run_id"] or "manual__1"})
    def get(self, path, params):
        if path.endswith("taskInstances"):
            return Answer({"task_instances": [{"task_id": "draft"}]})
        if not params:
            return Answer(next(one for _, one, _ in asked if path.endswith(f"/{one['dag_run_id']}")))
        run = asked[-1][1]["dag_run_id"]
        assert run.startswith(params["run_id_prefix_pattern"])
        return Answer({"dag_runs": [{"dag_run_id": run, "state": "failed"}]})

inside_airflow.httpx.Client = Http
client = TestClient(host, follow_redirects=False)
said = {}
said["nobody"] = client.get("/liftline/").status_code
said["nobody_api"] = client.get("/liftline/api/v1/customers").status_code
said["stranger"] = client.get("/liftline/api/v1/customers", headers={"Authorization": "Bearer " + stranger}).status_code
bearer = {"Authorization": "Bearer " + token}
said["by_token"] = client.get("/liftline/api/v1/customers", headers=bearer).status_code
client.cookies.set("_token", token)
home = client.get("/liftline/")
said["by_cookie"], said["links"] = home.status_code, "/liftline/static/liftline.css" in home.text
link = os.environ["READER_TOKEN"]
looked, style = client.get("/u/" + link), client.get("/p/look.css")
stopped = client.post("/u/" + link, data={"List-Unsubscribe": "One-Click"})
chosen, below = client.get("/p/" + link), client.get("/liftline/p/" + link)
said["reader"] = [looked.status_code, "<button>" in looked.text, style.status_code, stopped.status_code,
                  "You are unsubscribed" in stopped.text, chosen.status_code, below.status_code,
                  client.get("/u/forged").status_code, client.get("/p/x/y").status_code]
said["outside"] = [sentence in client.request(method, address).text for method, address, sentence in (
    ("POST", "/webhooks/sendgrid", "SENDGRID_WEBHOOK_PUBLIC_KEY"),
    ("GET", "/webhooks/whatsapp", "WHATSAPP_VERIFY_TOKEN"),
    ("GET", "/feed/api/features/x", "link"), ("GET", "/l/x/y", "no such link"), ("GET", "/k/x?order=1", "no receipt"))]
said["style"] = client.get("/liftline/static/liftline.css").status_code
said["forged"] = client.post("/liftline/tenant", json={"tenant": "x"}).status_code
made = client.post("/liftline/api/v1/uploads", files={"file": ("a.csv", "customer_id,email\\n1,a@example.com\\n")},
                   headers=bearer).json()
started = client.post(f"/liftline/api/v1/uploads/{made['upload_id']}/import", headers=bearer)
said["started"], said["run"] = started.status_code, started.json().get("run")
said["asked"] = [[url, conf["conf"] == {"upload_id": made["upload_id"]}, bearer == "Bearer " + token]
                 for url, conf, bearer in asked]
brief = {"name": "Winter", "goal": "Sell throws", "value_proposition": ["Warm"],
         "strategies": ["friendly", "direct", "benefit"],
         "call_to_action": {"text": "See them", "link": "https://www.lindhaven.example/throws"}}
launched = client.post("/liftline/wizard/launch", json={"brief": brief}, headers=bearer)
url, conf, _ = asked[-1]
said["launched"] = [launched.status_code, launched.json()["run"] == conf["dag_run_id"], url.split("/")[-2],
                    sorted(conf["conf"]), open(conf["conf"]["brief"]).read().startswith("name: Winter")]
runs = len(asked)
twice = client.post("/liftline/wizard/launch", json={"brief": brief}, headers=bearer).json()
said["twice"] = [twice["run"] == launched.json()["run"], launched.json()["began"], twice["began"], len(asked) - runs]
at = "/liftline/campaigns/" + launched.json()["campaign_id"]
again = [client.post(at + "/prepare", json={"attempt": "2"}, headers=bearer).status_code for _ in "ab"]
said["again"] = [again, len(asked) - runs, asked[-1][1]["dag_run_id"][-2:], asked[-1][1]["conf"] == conf["conf"]]
page = client.get("/liftline/campaigns/" + launched.json()["campaign_id"]).text
said["maker"] = ["UTC by mark" in page, "run in Airflow" in page, "Its run failed at draft" in page]
indexed = client.post("/liftline/api/v1/knowledge/index", headers=bearer)
said["indexed"] = [indexed.status_code, asked[-1][0].split("/")[-2], list(asked[-1][1]["conf"])]
print("SAID " + json.dumps(said))
"""


@pytest.fixture
def airflow(services, tmp_path, grant, tenant):
    """The environment of an Airflow whose user mark is an operator of the test's tenant."""
    grant("mark", tenant, "operator")
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({"mark": "x" * 12, "stranger": "y" * 12}))
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
        "LIFTLINE_HOME": str(services.settings.liftline_home),
        "LIFTLINE_REPORTS": str(services.settings.liftline_reports),
        "READER_TOKEN": token_for(
            services.link_key, tenant, "cust_1", "email", "marketing", datetime.now(UTC), kind="customer"
        ),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://airflow.example:8080/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of more than thirty-two bytes",
        "AIRFLOW__API__SECRET_KEY": "another secret",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }


def test_airflow_signs_people_in_and_runs_imports_as_them(airflow):
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=airflow, capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("SAID ")), None)
    assert line, done.stdout[-2000:] + done.stderr[-4000:]
    assert json.loads(line.removeprefix("SAID ")) == {
        "nobody": 401,
        "nobody_api": 401,
        "stranger": 403,
        "by_token": 200,
        "by_cookie": 200,
        "links": True,
        "reader": [200, True, 200, 200, True, 200, 200, 404, 404],
        "outside": [True] * 5,
        "style": 200,
        "forged": 403,
        "started": 202,
        "run": "manual__1",
        "launched": [202, True, "campaign_launch", ["brief", "launch", "tenant"], True],
        "twice": [True, True, False, 0],
        "again": [[204, 204], 1, ":2", True],
        "indexed": [202, "knowledge_index", ["tenant"]],
        "maker": [True, True, True],
        "asked": [["http://airflow.example:8080/api/v2/dags/customers_ingest/dagRuns", True, True]],
    }


def test_the_plugin_only_registers():
    assert len((PROJECT / "plugins" / "liftline_console_plugin.py").read_text().splitlines()) <= 40
    assert (PROJECT / "plugins" / ".airflowignore").read_text().split() == ["liftline_console/"]

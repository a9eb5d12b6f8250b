"""Airflow's REST API for our own commands: start a run, watch it, and say why it failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

from pipelines.contracts import Json, Refusal

PAGE = 100
FINISHED = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of a run as Airflow sees it now; `state` is empty before it was looked at."""

    task_id: str
    map_index: int
    state: str
    try_number: int
    seconds: float | None

    @property
    def failed(self) -> bool:
        """Whether this task itself failed, rather than waited in vain for another."""
        return self.state == "failed"


OnState = Callable[[str, list[TaskState]], None]


class AirflowClient:
    """A signed-in session with one Airflow."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        # Never over a proxy: the server is on this machine.
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._who = {"username": username, "password": password}

    def __enter__(self) -> AirflowClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> Json:
        """What Airflow says of its parts; empty while it does not answer."""
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5)
            return dict(answer.json()) if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            return {}

    def trigger(self, dag_id: str, conf: Json, *, patience: float = 60) -> str:
        """Start a run and return its id; a DAG that the processor has not read yet is waited for."""
        deadline = time.monotonic() + patience
        while (found := self._send("GET", f"/dags/{dag_id}")).status_code == 404:
            if time.monotonic() > deadline:
                raise Refusal(f"Airflow does not know the DAG {dag_id}{self._import_errors()}.")
            time.sleep(0.25)
        if _content(found)["is_paused"]:
            raise Refusal(f"The DAG {dag_id} is paused; unpause it in Airflow's UI and start the run again.")
        answer = self._send("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
        return str(_content(answer)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """queued, running, success or failed."""
        return str(_content(self._send("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))["state"])

    def wait(self, dag_id: str, run_id: str, on_state: OnState | None = None, timeout: float = 600) -> str:
        """Wait for the run's end and return `success` or `failed`; `on_state` hears of every change."""
        deadline = time.monotonic() + timeout
        heard: tuple[str, list[TaskState]] | None = None
        while True:
            now = self.run_state(dag_id, run_id), self.task_states(dag_id, run_id)
            if on_state and now != heard:
                on_state(*now)
            heard = now
            if now[0] in FINISHED:
                return now[0]
            if time.monotonic() > deadline:
                raise Refusal(f"The run {run_id} of {dag_id} did not end within {timeout:.0f} s; see {self.url}.")
            time.sleep(0.3)

    def task_states(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Every task of the run, mapped ones one by one, in the order in which they began."""
        found: list[Json] = []
        while True:
            page = _content(
                self._send(
                    "GET",
                    f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances",
                    params={"limit": PAGE, "offset": len(found)},
                )
            )
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                break
        found.sort(key=lambda task: (task["start_date"] is None, task["start_date"] or "", task["task_id"]))
        return [
            TaskState(task["task_id"], task["map_index"], task["state"] or "", task["try_number"], task["duration"])
            for task in found
        ]

    def task_log(self, dag_id: str, run_id: str, task: TaskState, *, last: int = 40) -> str:
        """The end of a task's log, its exception included."""
        answer = self._send(
            "GET",
            f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}/logs/{max(task.try_number, 1)}",
            params={"map_index": task.map_index, "full_content": True},
            headers={"Accept": "application/json"},
        )
        lines = [line for entry in _content(answer)["content"] for line in _log_lines(entry)]
        return "\n".join(lines[-last:])

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task of the run returned."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return _content(self._send("GET", path, params={"deserialize": True}))["value"]

    def failures(self, dag_id: str, run_id: str) -> str:
        """What the failed tasks of a run wrote last, ready to be shown."""
        return "\n\n".join(
            f"{task.task_id}:\n{self.task_log(dag_id, run_id, task)}"
            for task in self.task_states(dag_id, run_id)
            if task.failed
        )

    def _import_errors(self) -> str:
        errors = _content(self._send("GET", "/importErrors"))["import_errors"]
        if not errors:
            return ""
        return "; these files could not be read: " + "; ".join(
            f"{error['filename']} ({error['stack_trace'].strip().splitlines()[-1]})" for error in errors
        )

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self._authenticate()
        answer = self._request(method, f"/api/v2{path}", **more)
        if answer.status_code == 401:
            self._authenticate()
            answer = self._request(method, f"/api/v2{path}", **more)
        return answer

    def _authenticate(self) -> None:
        self._http.headers.pop("Authorization", None)
        answer = self._request("POST", "/auth/token", json=self._who)
        if answer.status_code != 201:
            raise Refusal(f"Airflow did not let {self._who['username']} in; remove its passwords.json and restart it.")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Refusal(f"Airflow at {self.url} does not answer ({type(error).__name__}); is it running?") from error


def _content(answer: httpx.Response) -> Json:
    if answer.is_success:
        return dict(answer.json())
    raise Refusal(f"Airflow refused {answer.request.url.path} with {answer.status_code}: {answer.text[:300]}.")


def _log_lines(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return [str(entry)]
    event = str(entry.get("event", ""))
    if event.startswith(("::group::", "::endgroup::")):
        return []
    parts = (entry.get("timestamp"), entry.get("level"), event, entry.get("reason"))
    head = " ".join(str(part) for part in parts if part)
    return [head, *(line for error in entry.get("error_detail") or () for line in _error_lines(error))]


def _error_lines(error: Json) -> list[str]:
    frames = [f"  {frame['filename']}:{frame['lineno']} in {frame['name']}" for frame in error.get("frames") or ()]
    return [*frames[-5:], f"  {error['exc_type']}: {error['exc_value']}"]

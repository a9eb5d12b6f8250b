"""Who stands at the gate of a test run: people who answer as Airflow takes it, and the scheduler that looks again."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi import HTTPException
from sqlalchemy import select, update

PARKED = (TaskInstance.task_id == "approve", TaskInstance.state == "awaiting_input")


def waiting_gate():
    """The parked task instance of the gate, as Airflow holds it now."""
    with create_session() as session:
        return session.scalar(select(TaskInstance).where(*PARKED))


def answer(user, option, comment=""):
    """As the UI and the REST API take it."""
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

    init_auth_manager()
    gate, form = waiting_gate(), {"comment": comment} if comment else {}
    with create_session() as session:
        update_hitl_detail(
            dag_id=gate.dag_id, dag_run_id=gate.run_id, task_id=gate.task_id, map_index=-1,
            update_hitl_detail_payload=UpdateHITLDetailPayload(chosen_options=[option], params_input=form),
            user=SimpleAuthManagerUser(username=user, role="user"), session=session,
        )  # fmt: skip


def look_again():
    """What the scheduler does by itself: wake a question whose time to look again has come."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    past = datetime.now(UTC).replace(year=2000)
    with create_session() as session:
        session.execute(update(TaskInstance).where(*PARKED).values(trigger_timeout=past))
    SchedulerJobRunner(Job()).check_awaiting_input_timeouts()


def taken(step):
    """Whether the gate stood parked and took what somebody did; one that asks just anew refuses."""
    if waiting_gate() is None:
        return False
    try:
        step()
    except HTTPException as refused:
        if refused.status_code != 409:
            raise
        return False
    return True


@contextmanager
def people(*steps):
    """Somebody who does one thing each time the gate stands parked, for as long as the run lasts."""
    faults, over = [], threading.Event()

    def work():
        try:
            for step in steps:
                while not taken(step):
                    if over.wait(0.1):
                        return
        except Exception as error:  # noqa: BLE001 - told by the test itself
            faults.append(error)
            # Nobody answers any more: the run ends, instead of waiting for ever.
            while not over.wait(0.1):
                with create_session() as session:
                    session.execute(update(TaskInstance).where(*PARKED).values(state="failed"))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)
    assert faults == []


def silence(seconds=4):
    """Nobody answers until the time is up; then the scheduler looks."""
    time.sleep(seconds)
    look_again()

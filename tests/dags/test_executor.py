"""Every task has a process that the scheduler knows: what dies is noticed at once, and nothing waits for it."""

import os
import signal
import sys
import time
from dataclasses import dataclass

import pytest

from tests.dags.conftest import PROJECT

# As Airflow does it.
sys.path.insert(0, str(PROJECT / "plugins"))


@dataclass(frozen=True)
class Work:
    """What the executor sees of a task."""

    key: str
    seconds: float = 60.0
    display_name = "work"
    success_state, failure_state, running_state = "success", "failed", None

    @property
    def ti(self):
        return self

    priority_weight = 1


@pytest.fixture
def executor(monkeypatch):
    from airflow.executors.base_executor import BaseExecutor
    from liftline_executor import ProcessExecutor

    monkeypatch.setattr(BaseExecutor, "run_workload", lambda work, **_: time.sleep(work.seconds))
    made = ProcessExecutor(parallelism=2)
    made.start()
    yield made
    for _, process in made._carried.values():
        process.kill()
    made.end()


def hand_over(executor, *works):
    executor.queued_tasks |= {work.key: work for work in works}
    executor.heartbeat()


def until(executor, *keys):
    """Every event, once these have one; as the scheduler does it, again and again."""
    told, deadline = {}, time.monotonic() + 20
    while not told.keys() >= set(keys):
        assert time.monotonic() < deadline, told
        executor.heartbeat()
        told |= executor.get_event_buffer()
        time.sleep(0.02)
    return told


def pid_of(executor, key):
    return executor._carried[key][1].pid


def test_a_worker_that_is_killed_before_its_task_began_has_failed_and_others_go_on(executor):
    hand_over(executor, Work("lost"), Work("next", 0.1))
    os.kill(pid_of(executor, "lost"), signal.SIGKILL)
    told = until(executor, "lost", "next")
    assert told["lost"] == ("failed", "its process ended with exit code -9")
    assert told["next"] == ("success", None)
    assert executor.running == set()
    hand_over(executor, Work("later", 0))
    assert until(executor, "later")["later"][0] == "success"


def test_what_finds_no_slot_is_not_taken_from_the_scheduler(executor):
    hand_over(executor, Work("a", 0.1), Work("b"), Work("c", 0))
    assert (executor.running, list(executor.queued_tasks), executor.slots_available) == ({"a", "b"}, ["c"], -1)
    assert until(executor, "a", "c")["c"][0] == "success"


def test_what_comes_back_before_its_process_ended_waits_for_that_and_is_known_meanwhile(executor):
    hand_over(executor, Work("gate", 0.2))
    parked = pid_of(executor, "gate")
    hand_over(executor, Work("gate", 0.1))
    assert pid_of(executor, "gate") == parked
    until(executor, "gate")
    assert "gate" in executor.queued_tasks, "the scheduler would fail what it answers for and nobody has"
    executor.heartbeat()
    assert pid_of(executor, "gate") != parked
    assert until(executor, "gate")["gate"][0] == "success"


def test_what_hangs_before_it_began_is_ended_when_the_scheduler_takes_it_back(executor):
    hand_over(executor, Work("hangs"))
    hanging = pid_of(executor, "hangs")
    executor.revoke_task(ti=Work("hangs"))
    assert executor.running == set()
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)
    assert executor.get_event_buffer() == {}

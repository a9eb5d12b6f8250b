"""The executor of one machine: each task has a process of its own, and the scheduler knows which.

Airflow's LocalExecutor hands tasks to workers over a queue. A worker that is killed before its task began takes it
along, or the queue's lock and so every task; and nothing counts as running, so that tasks leave the scheduler's order
for that queue. Without a queue nothing can be lost in it.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Sequence
from multiprocessing import Process
from typing import TYPE_CHECKING

from airflow.executors.base_executor import BaseExecutor, get_execution_api_server_url
from airflow.executors.local_executor import LocalExecutor

if TYPE_CHECKING:
    from airflow.executors.workloads import ExecutorWorkload
    from airflow.executors.workloads.types import WorkloadKey
    from airflow.models.taskinstance import TaskInstance

SECONDS_TO_DIE = 5


class ProcessExecutor(LocalExecutor):
    """As many tasks at once as `parallelism` says; one whose process dies has failed at once, and is tried again."""

    def start(self) -> None:
        """Nothing runs yet."""
        self._carried: dict[WorkloadKey, tuple[ExecutorWorkload, Process]] = {}

    def _process_workloads(self, workload_list: Sequence[ExecutorWorkload]) -> None:
        server = get_execution_api_server_url(self.conf)
        for workload in workload_list:
            # A gate that is answered at once comes back before the process that parked it has ended: it waits for that.
            if workload.key not in self._carried:
                for waiting in (self.queued_tasks, self.queued_callbacks, self.queued_connection_tests):
                    waiting.pop(workload.key, None)  # type: ignore[arg-type]
                self._begin(workload, server)

    def _begin(self, workload: ExecutorWorkload, server: str) -> None:
        process = Process(target=_carry_out, args=(workload, server))
        # As LocalExecutor does: the child shares the scheduler's memory for as long as nobody collects it.
        gc.freeze()
        try:
            process.start()
        finally:
            gc.unfreeze()
        self._carried[workload.key] = workload, process
        self.running.add(workload.key)
        if workload.running_state is not None:
            self.change_state(workload.key, workload.running_state, remove_running=False)

    def sync(self) -> None:
        """Tell the scheduler what ended, and how."""
        for key, (workload, process) in list(self._carried.items()):
            if (code := process.exitcode) is not None:
                process.close()
                del self._carried[key]
                if code:
                    self.change_state(key, workload.failure_state, f"its process ended with exit code {code}")
                else:
                    self.change_state(key, workload.success_state)

    def revoke_task(self, *, ti: TaskInstance) -> None:
        """End a task that for too long has not begun, so that the scheduler may try it again."""
        self.queued_tasks.pop(ti.key, None)
        self.running.discard(ti.key)
        if ti.key in self._carried:
            _, process = self._carried.pop(ti.key)
            process.kill()
            process.join(SECONDS_TO_DIE)

    def end(self) -> None:
        """Wait for what runs."""
        for _, process in self._carried.values():
            process.join()
        self.sync()


def _carry_out(workload: ExecutorWorkload, server: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    title = f"airflow worker -- {workload.display_name}"
    BaseExecutor.run_workload(workload, server=server, proctitle=title, subprocess_logs_to_stdout=True)

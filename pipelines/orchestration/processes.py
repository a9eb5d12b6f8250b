"""Airflow's processes: started each in a session of its own, recorded, and ended with all that they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

GRACE_SECONDS = 10.0
CLOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Component:
    """One started process; all that it starts stays in its session, however it groups them."""

    name: str
    session: int
    created: float
    log: str


class Processes:
    """The processes of one Airflow home, remembered in a file so that a later command can end them."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.components: list[Component] = _read(record)

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start `airflow <arguments>`, its output in `log`; the log of the time before is kept beside it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        with log.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "airflow", *arguments],
                env=dict(environment), cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._children[name] = child
        self.components.append(Component(name, child.pid, _created(child.pid) or time.time(), str(log)))
        self._write()

    def ended(self) -> Component | None:
        """One of our processes that is no more, if any."""
        gone = (part for part in self.components if self._children[part.name].poll() is not None)
        return next(gone, None)

    def end(self) -> bool:
        """End every process, asking first and then insisting; False if none was left."""
        members = self._members()
        try:
            for part in self.components:
                if part.session in members:
                    _signal(part.session, signal.SIGTERM)
            self._wait_until_none(GRACE_SECONDS)
        except (KeyboardInterrupt, SystemExit):
            pass  # Asked a second time: no more patience.
        while left := self._members():
            for pid in left:
                _signal(pid, signal.SIGKILL)
            self._reap()
            time.sleep(0.05)
        self._reap()
        self.components = []
        self._children = {}
        self._record.unlink(missing_ok=True)
        return bool(members)

    def _wait_until_none(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._members() and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.1)

    def _members(self) -> set[int]:
        sessions = {part.session for part in self.components if _is_still(part)}
        return {pid for pid in psutil.pids() if _session(pid) in sessions and _alive(pid)} if sessions else set()

    def _reap(self) -> None:
        for child in self._children.values():
            child.poll()

    def _write(self) -> None:
        draft = self._record.with_suffix(".draft")
        draft.write_text(json.dumps({"booted": psutil.boot_time(), "components": [asdict(p) for p in self.components]}))
        draft.replace(self._record)


def _read(record: Path) -> list[Component]:
    """What an earlier command left on record; nothing of it can live on after the machine was restarted."""
    try:
        kept = json.loads(record.read_text(encoding="utf-8"))
        if abs(kept["booted"] - psutil.boot_time()) > CLOCK_SECONDS:
            return []
        return [Component(**part) for part in kept["components"]]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def _is_still(part: Component) -> bool:
    """Whether a session is the one that was started, or its first process is gone and no other took its number."""
    created = _created(part.session)
    # Reckoned from the moment of the start of the machine, which moves when its clock is put right.
    return created is None or abs(created - part.created) <= CLOCK_SECONDS


def _created(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return

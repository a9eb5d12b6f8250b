"""What the campaign stands on, and how it is taken away: a database server on a small disk, and the disk itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.contracts import Refusal
from pipelines.services import Services
from pipelines.settings import Settings

DISK_MB = 700
PATIENCE_SECONDS = 60


class Ground:
    """A Liftline in a folder of its own, and the ways in which its database can be hurt."""

    def __init__(self, home: Path, *, small_disk: bool) -> None:
        self.small_disk, self._ballast = small_disk, home / "ballast"
        reports = home / "reports"
        self.services = Services(Settings(_env_file=None, liftline_home=home / "liftline", liftline_reports=reports))
        assert self.services.embedded
        self.server = self.services.embedded

    def crash(self) -> None:
        """The server is killed without a word, and comes back by what it had written to disk."""
        pid_file = self.server.data / "postmaster.pid"
        if pid_file.exists():
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        self.heal()

    def fill_the_disk(self) -> None:
        """Not a byte is left, for the server or for anybody."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 2**20):
                    pass
                while file.write(b"\0"):
                    pass
            except OSError:
                return

    def heal(self) -> None:
        """Room on the disk and a server that answers, however long its recovery takes."""
        self._ballast.unlink(missing_ok=True)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.server.start()
                self.services.unmigrated_database.administer().close()
                return
            except Refusal:
                # Its old processes are still on their way out, or it recovers.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


@contextmanager
def ground() -> Iterator[Ground]:
    """A server of its own; on a disk of its own where this machine lets us mount one."""
    home = Path(tempfile.mkdtemp(prefix="ll-chaos-"))
    home.chmod(0o755)
    mounted = os.geteuid() == 0 and _mounted(home)
    made = Ground(home, small_disk=mounted)
    try:
        yield made
    finally:
        made.heal()
        made.server.stop()
        if mounted:
            subprocess.run(["umount", str(home)], check=True)
        shutil.rmtree(home, ignore_errors=True)


def _mounted(home: Path) -> bool:
    options = f"size={DISK_MB}m,mode=755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(home)], capture_output=True, check=False)
    return done.returncode == 0

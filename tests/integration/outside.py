"""A PostgreSQL that is nobody's of ours: over TCP, with passwords, made by whoever runs it."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.adapters.postgres.embedded import embedded_server


class OutsideServer:
    """Its administrator, and logins that they make; a password of anybody holds what must be escaped."""

    def __init__(self, port: int, administrator: str, password: str) -> None:
        self.port, self.administrator, self.password = port, administrator, password

    def url(self, login: str, dbname: str, password: str | None = None) -> str:
        """A connection string of that login."""
        return make_conninfo(
            host="127.0.0.1", port=self.port, user=login, password=password or self.password, dbname=dbname
        )

    def run(self, *statements: str, dbname: str = "postgres") -> None:
        """What the administrator does."""
        with psycopg.connect(self.url(self.administrator, dbname), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def login(self, name: str, dbname: str, *rights: str) -> str:
        """A new login with these rights, and its connection string."""
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), self.password)
        with psycopg.connect(self.url(self.administrator, "postgres"), autocommit=True) as connection:
            connection.execute(made)
        if rights:
            self.run(f'ALTER ROLE "{name}" {" ".join(rights)}')
        return self.url(name, dbname)


@contextmanager
def outside_server(administrator: str) -> Iterator[OutsideServer]:
    """A fresh one, gone when the block ends; its power is never taken away, so that it need not wait for the disk."""
    home = Path(tempfile.mkdtemp(prefix="ll-outside-"))
    home.chmod(0o755)
    own = embedded_server(home)
    password = f"it's p@ss/w%rd {secrets.token_hex(4)}"
    written = own.folder / "password"
    written.write_text(password, encoding="utf-8")
    if own.system_user:
        shutil.chown(written, own.system_user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        made = own._call(
            "initdb", "-U", administrator, "-D", str(own.data), "--auth=scram-sha-256", f"--pwfile={written}",
            "--encoding=UTF8", "--no-sync",
        )  # fmt: skip
        assert made.returncode == 0, made.stdout
        options = f"-p {port} -k {own.socket_folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        begun = own._call("pg_ctl", "start", "-w", "-D", str(own.data), "-l", str(own.folder / "log"), "-o", options)
        assert begun.returncode == 0, begun.stdout
        yield OutsideServer(port, administrator, password)
    finally:
        own.stop()
        shutil.rmtree(home, ignore_errors=True)

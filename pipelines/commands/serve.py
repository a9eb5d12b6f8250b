"""`liftline serve | password`"""

from __future__ import annotations

import ipaddress
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.screen import out
from pipelines.contracts import Refusal

User = Annotated[str, typer.Argument(help="Name of the person, as their roles were granted.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; else LIFTLINE_PORT.", min=1, max=65535)] = None,
    workers: Annotated[int, typer.Option(help="How many processes.", min=1, max=64)] = 1,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the certificate (PEM).")] = None,
    behind: Annotated[str | None, typer.Option(help="Address of a proxy that does TLS and is believed.")] = None,
) -> None:
    """Serve the console and the REST API without Airflow, with a sign-in of their own, until Ctrl-C."""
    from pipelines.commands.opening import open_services
    from pipelines.settings import PROJECT

    if not (certificate and key) and not behind and not _this_machine(host):
        raise Refusal(
            f"On {host} passwords would go over the network in the clear; give --certificate and --key, "
            "or --behind with the address of a proxy that does TLS."
        )
    services = open_services()
    assert services.database
    port = port or services.settings.liftline_port
    command = [sys.executable, "-m", "uvicorn", "--factory", "liftline_console.alone:build"]
    command += ["--app-dir", str(PROJECT / "plugins"), "--host", host, "--port", str(port)]
    command += ["--workers", str(workers), "--no-server-header", "--log-level", "warning"]
    command += ["--ssl-certfile", str(certificate), "--ssl-keyfile", str(key)] if certificate and key else []
    command += ["--proxy-headers", "--forwarded-allow-ips", behind] if behind else ["--no-proxy-headers"]
    scheme = "https" if certificate else "http"
    out.print(f"The console is at {scheme}://{host}:{port}/ until Ctrl-C.", highlight=False, markup=False)
    # The same process from here on: signals reach the server itself.
    os.execv(command[0], command) if workers == 1 else sys.exit(subprocess.call(command))


def password(
    user: User,
    from_stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input, for scripts.")] = False,
) -> None:
    """Set the password with which a person signs in to `liftline serve`; sessions of an earlier one end."""
    from pipelines.commands.opening import open_services
    from pipelines.console.passwords import Passwords

    given = sys.stdin.readline().rstrip("\n") if from_stdin else typer.prompt("Password", hide_input=True)
    if not from_stdin and typer.prompt("Once more", hide_input=True) != given:
        raise Refusal("The two passwords differ; nothing was changed.")
    Passwords(open_services().console_folder).set(user, given)
    out.print(f"{user} may sign in.", highlight=False, markup=False)


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""`liftline database …`"""

from __future__ import annotations

import typer

from pipelines.commands.screen import out

app = typer.Typer(help="The database under everything.", no_args_is_help=True)


@app.command()
def start() -> None:
    """Start the embedded server if need be and bring the schema up to date."""
    from pipelines.commands.opening import open_services

    services = open_services()
    assert services.database
    where = f"in {services.embedded.folder}" if services.embedded else "at DATABASE_URL"
    out.print(f"The database is up and migrated, {where}.", highlight=False, markup=False)


@app.command()
def stop() -> None:
    """Stop the embedded server."""
    from pipelines.commands.opening import open_services

    server = open_services().embedded
    stopped = server.stop() if server else False
    out.print("Stopped." if stopped else "No embedded server was running.")

"""`liftline experiments …`"""

from __future__ import annotations

import typer

from pipelines.commands.experiments_explanation import explain

app = typer.Typer(help="Experiments.", no_args_is_help=True)
app.command()(explain)


@app.callback()
def _group() -> None:
    """Experiments."""

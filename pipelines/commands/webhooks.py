"""`liftline webhooks …`"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, out, print_json

app = typer.Typer(help="What happened, told to the systems of others.", no_args_is_help=True)


@app.callback()
def webhooks() -> None:
    """What happened, told to the systems of others."""


@app.command()
def deliver(
    tenant: Annotated[str | None, typer.Option(help="Whose events; else everybody's.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Tell subscribers what is due now; what is not taken is tried again later."""
    from pipelines.commands.opening import open_services
    from pipelines.webhooks.run import deliver_all

    services = open_services()
    counted = deliver_all(services.post_office, [tenant] if tenant else services.tenant_ids())
    if as_json:
        print_json(counted)
        return
    out.print(
        f"{counted['delivered']} delivered, {counted['later']} to be tried again, {counted['failed']} given up.",
        highlight=False,
    )

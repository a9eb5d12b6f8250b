"""`liftline doctor | up | down`"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.commands.screen import AS_JSON, out, print_json, print_table


def doctor(
    promises: Annotated[bool, typer.Option(help="Ask the stored rows instead whether each promise holds.")] = False,
    tenant: Annotated[str | None, typer.Option(help="With --promises: only of this tenant.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Say of each outside service which provider is chosen, whether it answers, and what to set if not."""
    from pipelines.commands.opening import open_services
    from pipelines.doctor import examine

    if promises:
        _promises(tenant, as_json=as_json)
        return
    probes = examine(open_services())
    if as_json:
        print_json({"healthy": all(p.healthy for p in probes), "services": [asdict(p) for p in probes]})
    else:
        print_table(
            "Liftline's services",
            ("service", "provider", "state", "what it said", "what to do"),
            [(p.service, p.provider, "good" if p.healthy else "BAD", p.detail, p.remedy) for p in probes],
        )
    if not all(probe.healthy for probe in probes):
        raise typer.Exit(1)


def _promises(tenant: str | None, *, as_json: bool) -> None:
    from pipelines.commands.opening import open_services
    from pipelines.promises.run import examine
    from pipelines.tenants.run import show_tenant

    services = open_services()
    if tenant:
        show_tenant(services.database, tenant)
    found = examine(services.database, [tenant] if tenant else services.tenant_ids(), now=services.clock())
    kept = not any(one.broken for one in found)
    if as_json:
        print_json({"kept": kept, "promises": [one.to_json() for one in found]})
    else:
        print_table(
            "What is promised",
            ("tenant", "promise", "broken", "by"),
            [(one.tenant, one.promise, one.broken or "kept", "; ".join(one.examples)) for one in found],
        )
    if not kept:
        raise typer.Exit(1)


def up() -> None:
    """Serve Airflow with the DAGs on one port until Ctrl-C."""
    from pipelines.commands.opening import open_services
    from pipelines.commands.people import welcome
    from pipelines.orchestration.server import serve

    services = open_services()
    for tenant in services.tenant_ids():
        welcome(services, tenant)
    serve(services.settings, services.airflow_login(), show=lambda text: out.print(text, highlight=False))


def down() -> None:
    """End a served Airflow and the embedded database."""
    from pipelines.commands.opening import open_services
    from pipelines.orchestration.server import down as end

    services = open_services()
    ended = end(services.settings)
    stopped = services.embedded.stop() if services.embedded else False
    out.print("Ended." if ended or stopped else "Nothing was running.")

"""`liftline …`: every step as a command. Exit code 0 is good, 1 refused or failed with a sentence, 2 wrong usage."""

from __future__ import annotations

import sys

import typer

from pipelines.commands import (
    access,
    audit,
    backup,
    campaign,
    customers,
    database,
    delivery,
    demo,
    engagement,
    experiments,
    generation,
    knowledge,
    learning,
    platform,
    reporting,
    review,
    safety,
    segmentation,
    serve,
    tenants,
    webhooks,
)
from pipelines.contracts import Refusal

app = typer.Typer(
    name="liftline",
    help="AI-personalised outbound campaigns as data pipelines that carry their evidence.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)
app.add_typer(tenants.app, name="tenants")
app.add_typer(customers.app, name="customers")
app.add_typer(segmentation.app, name="segmentation")
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(generation.app, name="generation")
app.add_typer(safety.app, name="safety")
app.add_typer(campaign.app, name="campaign")
app.add_typer(delivery.app, name="delivery")
app.add_typer(engagement.app, name="engagement")
app.add_typer(review.app, name="review")
app.add_typer(experiments.app, name="experiments")
app.add_typer(access.app, name="access")
app.add_typer(learning.app, name="learning")
app.add_typer(audit.app, name="audit")
app.add_typer(reporting.app, name="reporting")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(database.app, name="database")
for command in (
    platform.doctor,
    platform.up,
    platform.down,
    serve.serve,
    serve.password,
    demo.demo,
    backup.backup,
    backup.restore,
):
    app.command()(command)


def main() -> None:
    """Entry point: a refusal is one sentence, never a traceback."""
    try:
        app()
    except Refusal as refusal:
        from pipelines.commands.screen import say_no

        say_no(refusal)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

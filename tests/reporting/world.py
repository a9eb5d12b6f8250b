"""A small consistent world, filled by SQL: from customers to what became of the messages of one campaign."""

from pathlib import Path

from pipelines.database import Queries

WORLD = Queries(Path(__file__).with_name("world.sql"))


def fill(database, tenant, campaign):
    """Everything from customers to labelled events of one campaign, in this tenant."""
    with database.transaction(tenant) as connection:
        for statement in WORLD.values():
            connection.execute(statement, {"campaign": campaign, "rules": "r1"})


def add(database, tenant, *statements, **given):
    """Some of the statements once more, for another campaign or other rules."""
    with database.transaction(tenant) as connection:
        for name in statements:
            connection.execute(WORLD[name], {"rules": "r1", **given})

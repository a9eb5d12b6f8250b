"""Who may do what: granted by an admin or at the machine, revoked once, always logged."""

import pytest

from pipelines.contracts import Refusal
from pipelines.review.run import grant, grants, revoke, roles_of


def test_the_first_admin_is_made_at_the_machine_and_makes_the_others(database, tenant):
    with pytest.raises(Refusal, match="no admin"):
        grant(database, tenant, "ada", "admin", by="ada")
    assert grant(database, tenant, "ada", "admin", by="root", at_machine=True)
    assert grant(database, tenant, "rita", "reviewer", by="ada")
    assert not grant(database, tenant, "Rita", "reviewer", by="ada")
    assert roles_of(database, tenant, "RITA") == ("reviewer",)
    assert revoke(database, tenant, "rita", "reviewer", by="ada")
    assert not revoke(database, tenant, "rita", "reviewer", by="ada")
    assert roles_of(database, tenant, "rita") == ()
    assert [row["user_name"] for row in grants(database, tenant)] == ["ada"]
    assert [row["revoked_by"] for row in grants(database, tenant, ended=True)] == [None, "ada"]
    with database.transaction(tenant) as connection:
        logged = connection.execute("SELECT action, actor, reason FROM audit_log ORDER BY seq").fetchall()
    assert [tuple(row.values()) for row in logged] == [
        ("access.grant", "machine:root", "admin for ada"),
        ("access.grant", "ada", "reviewer for rita"),
        ("access.revoke", "ada", "reviewer of rita"),
    ]


@pytest.mark.parametrize(
    ("user", "role", "words"),
    [("rita", "king", "is no role"), ("ri ta", "qa", "cannot be"), ("machine:x", "qa", "cannot")],
)
def test_what_is_no_role_or_no_name_is_refused(database, tenant, user, role, words):
    with pytest.raises(Refusal, match=words):
        grant(database, tenant, user, role, by="root", at_machine=True)


def test_a_tenant_that_is_not_there_is_named(database):
    with pytest.raises(Refusal, match="no tenant nobody"):
        grant(database, "nobody", "ada", "admin", by="root", at_machine=True)

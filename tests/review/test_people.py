"""The people of a machine of its own may work at once; what an admin took from them stays taken."""

from pipelines.commands.people import ROLES, welcome
from pipelines.orchestration.sign_in import ROLES as SIGN_IN
from pipelines.review.access import revoke, roles_of


def test_they_have_their_roles_at_once_and_only_once(services, database, tenant):
    assert ROLES.keys() == SIGN_IN.keys()
    assert welcome(services, tenant)
    assert {user: roles_of(database, tenant, user) for user in ROLES} == {
        user: tuple(sorted(roles)) for user, roles in ROLES.items()
    }
    revoke(database, tenant, "mark", "operator", by="ada")
    assert not welcome(services, tenant)
    assert roles_of(database, tenant, "mark") == ()

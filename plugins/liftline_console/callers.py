"""Who makes a request, for which tenant, with which roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from fastapi import Request


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person whom a sign-in vouches for; `by_cookie` if the browser said so by itself."""

    name: str
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or an API key, acting for one tenant."""

    name: str
    kind: Literal["person", "key"]
    tenant: str
    roles: frozenset[str]
    tenants: tuple[str, ...]
    # Their requests in this minute, where they were counted on the way in.
    used: int | None = None


class SignIn(Protocol):
    """How people prove who they are: Airflow's sign-in, or the console's own."""

    # Where a page sends who is not signed in; None where the host of the page takes care of that.
    page: str | None

    async def who(self, request: Request) -> SignedIn | None:
        """The person who is signed in, if anyone is."""
        ...

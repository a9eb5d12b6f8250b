"""The door of every route: who is it, may they, did a foreign page send it, how often, and was it answered already."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from liftline_console.bodies import bounded
from liftline_console.callers import Caller, SignedIn
from liftline_console.permissions import PERMISSIONS, allowed, permission_named
from liftline_console.problems import Problem
from liftline_console.repeating import answered_once
from liftline_console.throttling import count

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TENANT_COOKIE, TENANT_HEADER, LED_TO = "liftline_tenant", "X-Liftline-Tenant", "tenant"
NOBODY = "Nobody is signed in; sign in, or send an API key as `Authorization: Bearer ll_…`."

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that cannot be made without naming its permission."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        named = [permission_named(part.call) for part in self.dependant.dependencies]
        found = [name for name in named if name]
        if len(found) != 1:
            raise TypeError(f"{endpoint.__module__}.{endpoint.__name__} must name exactly one permission.")
        self.permission = found[0]

    def get_route_handler(self) -> Handler:
        """The endpoint behind its door."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            caller = request.state.caller = await identified(request)
            await self.at_the_door(request)
            if not allowed(self.permission, caller.roles):
                *others, last = sorted(PERMISSIONS[self.permission])
                holders = f"{', '.join(others)} or {last}" if others else last
                raise Problem(403, f"This needs the role {holders} in tenant {caller.tenant}.")
            return await self.behind_the_door(await self.read(request), handle)

        return guarded

    async def at_the_door(self, request: Request) -> None:
        """What is done with everybody who is known here, also with those who may not come in."""

    async def read(self, request: Request) -> Request:
        """The request with its body, which is no larger than any honest one."""
        return await bounded(request)

    async def behind_the_door(self, request: Request, handle: Handler) -> Response:
        """What happens once the caller is let in; whoever was led to a tenant's page stays with that tenant."""
        response = await handle(request)
        if request.method in SAFE and LED_TO in request.query_params:
            remember_tenant(request, response, request.state.caller.tenant)
        return response


class ApiRoute(GuardedRoute):
    """A route for machines as well: counted, and safe to repeat."""

    async def at_the_door(self, request: Request) -> None:
        """Count; what is left is told in every answer, good or bad."""
        await count(request)

    async def behind_the_door(self, request: Request, handle: Handler) -> Response:
        """Answer once."""
        response = await answered_once(request, handle) if request.method not in SAFE else await handle(request)
        response.headers.update(request.state.counted)
        return response


class StreamedRoute(ApiRoute):
    """A route that takes a file off the network by itself."""

    async def read(self, request: Request) -> Request:
        """Nothing of it yet."""
        return request


class PlainRoute(APIRoute):
    """A route without a door, whose body is no larger than any honest one."""

    def get_route_handler(self) -> Handler:
        """The endpoint with its body read."""
        handle = super().get_route_handler()

        async def plain(request: Request) -> Response:
            return await handle(await bounded(request))

        return plain


async def identified(request: Request) -> Caller:
    """Who makes the request, by API key or by sign-in; a request that a browser was led to make is refused."""
    console = request.app.state.console
    await console.open()
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credential.startswith("ll_"):
        holder = await run_in_threadpool(console.people.holder_of, credential)
        if holder is None:
            raise _not_signed_in("The API key is unknown, expired or revoked; make a new one.")
        tenant = _tenant_asked(request, (holder.tenant,))
        return Caller(f"key {holder.key_id}", "key", tenant, holder.roles, (tenant,), holder.used)
    person: SignedIn | None = await console.sign_in.who(request)
    if person is None:
        raise _not_signed_in(NOBODY)
    if person.by_cookie:
        refuse_foreign(request)
    grants = await run_in_threadpool(console.people.roles_of, person.name)
    if not grants:
        raise Problem(
            403,
            f"{person.name} is signed in but has no role in any tenant; an administrator gives one with "
            f"`liftline access grant {person.name} --role ROLE --tenant TENANT`.",
        )
    tenant = _tenant_asked(request, tuple(grants))
    return Caller(person.name, "person", tenant, grants[tenant], tuple(grants))


def refuse_foreign(request: Request) -> None:
    """A changing request that came with a cookie must come from our own page, not from one that only uses the cookie.

    The header forces browsers to ask before another origin may send it; plain HTTP has no Sec-Fetch-Site, only Origin.
    """
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = urlsplit(request.headers.get("Origin", ""))
    ours = site == "same-origin" if site else origin.netloc == request.headers.get("Host") and bool(origin.netloc)
    if not ours or request.headers.get("X-Liftline") != "1":
        raise Problem(403, "This request did not come from the console's own pages; open the page and do it there.")


def _tenant_asked(request: Request, tenants: tuple[str, ...]) -> str:
    asked = request.headers.get(TENANT_HEADER)
    if asked is not None:
        if asked not in tenants:
            raise Problem(403, f"You have no role in the tenant that {TENANT_HEADER} names.")
        return asked
    # A notice leads to the page of its tenant, whatever this person looked at last.
    led_to = request.query_params.get(LED_TO) if request.method in SAFE else None
    if led_to and led_to not in tenants:
        raise Problem(403, "You have no role in the tenant of this address; sign in as somebody who has one.")
    chosen = led_to or request.cookies.get(TENANT_COOKIE)
    return chosen if chosen in tenants else tenants[0]


def remember_tenant(request: Request, response: Response, tenant: str) -> None:
    """Let this browser work for a tenant from now on; each request checks anew that this person may."""
    secure = request.url.scheme == "https"
    response.set_cookie(TENANT_COOKIE, tenant, httponly=True, samesite="lax", secure=secure)


def _not_signed_in(sentence: str) -> Problem:
    return Problem(401, sentence, headers={"WWW-Authenticate": "Bearer"})


def api_router(tag: str) -> APIRouter:
    """The router of one resource of the API."""
    return APIRouter(route_class=ApiRoute, tags=[tag])


def streamed_router(tag: str) -> APIRouter:
    """The router of what takes files."""
    return APIRouter(route_class=StreamedRoute, tags=[tag])


class OpenRoute(APIRoute):
    """A route that is open to everyone: what comes in carries its own proof, a token or a signature."""


def open_router() -> APIRouter:
    """The router of what is open; each of its routes stands in the test of the door by name."""
    return APIRouter(route_class=OpenRoute)


def page_router() -> APIRouter:
    """The router of one page."""
    return APIRouter(route_class=GuardedRoute)

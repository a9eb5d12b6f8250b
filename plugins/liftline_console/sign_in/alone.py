"""The console's own sign-in: a name and a password, then a signed cookie for half a day."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import BaseModel, Field, SecretStr

from liftline_console.callers import SignedIn
from liftline_console.guarding import PlainRoute, refuse_foreign
from liftline_console.problems import Problem
from liftline_console.rendering import page
from pipelines.console.passwords import Passwords

COOKIE = "liftline_session"
OURS = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
SESSION_SECONDS = 12 * 3600
TRIES, WITHIN_SECONDS, MOST_NAMES = 5, 300, 10_000


class Credentials(BaseModel):
    """What the sign-in page sends."""

    user: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class OwnSignIn:
    """Names and passwords of this installation; a new password ends the sessions that the old one began."""

    page: str | None = "/sign-in"

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._sealed = URLSafeTimedSerializer(passwords.session_key(), salt="liftline session")
        # Counted by each process for itself: with several, a guesser gets so many times more tries, still very few.
        self._tries: OrderedDict[str, list[float]] = OrderedDict()
        self._alone = threading.Lock()

    async def who(self, request: Request) -> SignedIn | None:
        """The person whose session the cookie holds."""
        try:
            user, mark = self._sealed.loads(request.cookies.get(COOKIE, ""), max_age=SESSION_SECONDS)
        except (BadData, ValueError):
            return None
        return SignedIn(user, by_cookie=True) if mark == self._passwords.mark_of(user) else None

    def let_in(self, credentials: Credentials, response: Response, *, secure: bool) -> None:
        """Set the cookie if the password is right; too many wrong ones have to wait."""
        user = credentials.user
        self._count_a_try(user)
        if not self._passwords.right(user, credentials.password.get_secret_value()):
            raise Problem(403, "Name or password is wrong.")
        with self._alone:
            self._tries.pop(user, None)
        sealed = self._sealed.dumps([user, self._passwords.mark_of(user)])
        response.set_cookie(COOKIE, str(sealed), SESSION_SECONDS, httponly=True, samesite="lax", secure=secure)

    def _count_a_try(self, user: str) -> None:
        # Counted before the password is looked at, or many guesses at once would all be let through.
        now = time.monotonic()
        with self._alone:
            tries = [at for at in self._tries.pop(user, ()) if now - at < WITHIN_SECONDS]
            many = len(tries) >= TRIES
            self._tries[user] = tries if many else [*tries, now]
            # Who guesses so many names to have one forgotten waits longer for the hashing than for the forgetting.
            while len(self._tries) > MOST_NAMES:
                self._tries.popitem(last=False)
        if many:
            raise Problem(429, "Too many wrong passwords; wait five minutes.", headers={"Retry-After": "300"})


def sign_in_pages(sign_in: OwnSignIn) -> APIRouter:
    """The only pages that are open to everyone."""
    router = APIRouter(route_class=PlainRoute)

    @router.get("/liftline/review")
    def noticed(request: Request) -> Response:
        # Notices lead to where the console stands in Airflow.
        return RedirectResponse(f"/review?{request.url.query}")

    @router.get("/sign-in")
    def show(request: Request, to: Annotated[str, Query(max_length=2000)] = "") -> Response:
        # Only a place of ours: what a browser could read as another host leads to the first page.
        return page(request, "sign_in.html", title="Sign in", to=to if OURS.fullmatch(to) else "")

    @router.post("/sign-in", status_code=204)
    def enter(request: Request, credentials: Credentials, response: Response) -> None:
        refuse_foreign(request)
        sign_in.let_in(credentials, response, secure=request.url.scheme == "https")

    @router.post("/sign-out", status_code=204)
    def leave(request: Request, response: Response) -> None:
        refuse_foreign(request)
        response.delete_cookie(COOKIE)

    return router

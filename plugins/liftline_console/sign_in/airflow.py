"""Airflow's own sign-in: its cookie in a browser, its token from a script."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.core_api.security import get_user
from fastapi import HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials

from liftline_console.callers import SignedIn


class AirflowSignIn:
    """Whoever Airflow knows; it shows its own page to who is not signed in."""

    page: str | None = None

    async def who(self, request: Request) -> SignedIn | None:
        """The person that Airflow's token names."""
        token = bearer(request)
        told: Any = HTTPAuthorizationCredentials(scheme="Bearer", credentials=token) if token else None
        try:
            user = await get_user(request, None, told)
        except HTTPException:
            return None
        return SignedIn(user.get_name(), by_cookie=token is None)


def bearer(request: Request) -> str | None:
    """The token that a script sends."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def token_of(request: Request) -> str | None:
    """The token by which the caller is signed in, to act for them in Airflow and for nobody else."""
    return bearer(request) or request.cookies.get(COOKIE_NAME_JWT_TOKEN)

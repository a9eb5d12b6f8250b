"""A service account of Google's: it signs who it is, and gets a token that is good for an hour."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt

from pipelines.contracts import Refusal

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
HOUR, MARGIN = 3600, 60
# Fifty messages that each waited in vain would hold a claim for longer than its worker is believed to live.
REFUSED_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What stands in the file that Google gives out."""

    project_id: str
    client_email: str
    token_uri: str
    private_key: str = field(repr=False)


def read_service_account(path: Path) -> ServiceAccount:
    """The account in the file, or a refusal that never repeats what the file holds."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        names = ("project_id", "client_email", "token_uri", "private_key")
        account = ServiceAccount(*(str(said[name]) for name in names))
        _assertion(account, 0.0)
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except KeyError as error:
        why = f"has no {error}"
    except (ValueError, TypeError, jwt.PyJWTError):
        why = "is no service account's JSON with a usable private_key"
    else:
        return account
    raise Refusal(f"PUSH_CREDENTIALS_FILE {path} {why}; download the key of the service account anew.")


class SignIn:
    """The token in force, fetched when it is missing or about to end; threads wait for one fetch."""

    def __init__(
        self, account: ServiceAccount, ask: Callable[[httpx.Request], httpx.Response],
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._account, self._ask, self._clock = account, ask, clock
        self._token, self._ends, self._alone = "", 0.0, threading.Lock()
        self._refused, self._refused_until = "", 0.0

    def token(self) -> str:
        """A token that is good for another minute at least; a Refusal where Google gives none."""
        with self._alone:
            if self._clock() < self._ends - MARGIN:
                return self._token
            if self._clock() < self._refused_until:
                raise Refusal(self._refused)
            try:
                self._fetch()
            except Refusal as refusal:
                self._refused, self._refused_until = str(refusal), self._clock() + REFUSED_SECONDS
                raise
            return self._token

    def forget(self) -> None:
        """The token was not accepted; get another the next time."""
        with self._alone:
            self._ends = 0.0

    def _fetch(self) -> None:
        form = {"grant_type": GRANT, "assertion": _assertion(self._account, self._clock())}
        try:
            answer = self._ask(httpx.Request("POST", self._account.token_uri, data=form))
            said = answer.json() if answer.is_success else {}
            token, life = str(said["access_token"]), float(said["expires_in"])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refusal(f"Google's sign-in does not answer ({type(error).__name__}).") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Refusal(f"Google gives us no token ({answer.status_code}); check PUSH_CREDENTIALS_FILE.") from error
        self._token, self._ends = token, self._clock() + life


def _assertion(account: ServiceAccount, now: float) -> str:
    claims = {"iss": account.client_email, "scope": SCOPE, "aud": account.token_uri}
    return jwt.encode({**claims, "iat": int(now), "exp": int(now) + HOUR}, account.private_key, algorithm="RS256")

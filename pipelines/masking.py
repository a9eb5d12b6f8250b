"""What must not be seen in a log: found by the name it stands under, by its look, or as a known secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

MASKED = "[masked]"
SHORTEST_SECRET = 4
DEEPEST = 20

SECRET_NAMES = (
    "password", "passwd", "pwd", "secret", "token", "api_key", "apikey", "access_key", "private_key",
    "subscription_key", "authorization", "cookie", "set_cookie", "credential", "credentials", "signature",
)  # fmt: skip
PERSONAL_NAMES = (
    "email", "e_mail", "email_address", "recipient", "phone", "phone_number", "mobile", "first_name", "last_name",
    "full_name", "given_name", "family_name", "surname", "street", "postal_code", "zip_code", "ip_address", "birthday",
)  # fmt: skip
NAMES = SECRET_NAMES + PERSONAL_NAMES

_NAME = re.compile(rf"(?:^|_)(?:{'|'.join(NAMES)})$")
_NAMED = "|".join(name.replace("_", "[-_ ]?") for name in NAMES)
# No text may keep a pattern busy: whatever begins anew inside of a run that was looked through would be quadratic.
_LOOKS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(://[^\s/:@]*:)[^\s/]+@"), rf"\1{MASKED}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {MASKED}"),
    (re.compile(r"\bSG\.[\w-]{6,}(?:\.[\w-]+)?"), MASKED),
    (re.compile(r"\b(?:sk|pk|rk)-[\w-]{8,}"), MASKED),
    (re.compile(r"\beyJ(?:(?!-eyJ)[\w-]){8,}\.[\w-]+\.[\w-]*"), MASKED),
    (
        re.compile(
            rf"\b((?:\w*[-_])?(?:{_NAMED})['\"]?\s*[=:]\s*)"
            r"(b?'[^']*'|b?\"[^\"]*\"|(?:bearer|basic)\s+\S+|[^\s,;&'\")}\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{MASKED}",
    ),
    # Takes every word, whether or not an address goes on from it.
    (
        re.compile(r"[\w.+'-]+((?:@|%40)[\w-]+(?:\.[\w-]+)+)?"),
        lambda word: "[e-mail]" if word[1] else word[0],
    ),
    (re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)"), "[phone]"),
)


class Mask:
    """Masks texts and nested values; knows the secrets of this process by their wording."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in _forms(secret)}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def text(self, text: str) -> str:
        """`text` without secrets and personal data."""
        if self._known:
            text = self._known.sub(MASKED, text)
        for look, instead in _LOOKS:
            text = look.sub(instead, text)
        return text

    def value(self, value: Any, name: object = "", depth: int = 0) -> Any:
        """`value` masked all through; what stands under the name of a secret or of personal data is not shown."""
        if value is None or isinstance(value, bool):
            return value
        if is_sensitive(name) or depth > DEEPEST:
            return MASKED
        if isinstance(value, int | float | Decimal | datetime | date | time):
            return self._plain(value)
        if isinstance(value, bytes | bytearray):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(inner, key, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner, "", depth + 1) for inner in value]
        return self.text(value if isinstance(value, str) else str(value))

    def _plain(self, value: int | float | Decimal | date | time) -> Any:
        text = str(value)
        if self._known and self._known.search(text):
            return MASKED
        return value if isinstance(value, int | float) else text


def is_sensitive(name: object) -> bool:
    """Whether what stands under this name is a secret or personal data."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name))
    return bool(_NAME.search(re.sub(r"[-\s.]+", "_", words).lower()))


def _forms(secret: str) -> set[str]:
    return {secret, quote(secret), quote(secret, safe=""), secret.encode("unicode_escape").decode()}

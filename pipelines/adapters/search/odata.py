"""The filters of a question in OData; every value is quoted, so that none can say more than itself."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.contracts import PassageFilters
from pipelines.knowledge.locales import accepted
from pipelines.knowledge.ports import Edition


def of_edition(tenant: str, edition: Edition) -> str:
    """What lies in one edition of one tenant."""
    return f"tenant_id eq {quoted(tenant)} and edition eq {quoted(edition.edition)}"


def beside_edition(tenant: str, edition: Edition) -> str:
    """What lies in the tenant's other editions."""
    return f"tenant_id eq {quoted(tenant)} and edition ne {quoted(edition.edition)}"


def may_be_found(tenant: str, edition: Edition, filters: PassageFilters) -> str:
    """What passes every filter."""
    today = f"{filters.on.isoformat()}T00:00:00Z"
    parts = [
        of_edition(tenant, edition),
        f"approved_by ne null and approved_at le {today} and (expires_at eq null or expires_at ge {today})",
    ]
    if filters.audience:
        theirs = _any_of("a", (name.casefold() for name in filters.audience))
        parts.append(f"(not audience/any() or audience/any(a: {theirs}))")
    locales, language = accepted(filters.locale)
    if language:
        parts.append(_any_of("language", (language,)))
    elif locales:
        parts.append(_any_of("locale", locales))
    if filters.products:
        parts.append(_any_of("product_key", (product.lower() for product in filters.products)))
    if filters.documents:
        parts.append(_any_of("document_id", filters.documents))
    return " and ".join(parts)


def quoted(value: str) -> str:
    """A text as OData writes it."""
    return "'" + value.replace("'", "''") + "'"


def _any_of(field: str, values: Iterable[str]) -> str:
    return "(" + " or ".join(f"{field} eq {quoted(value)}" for value in values) + ")"

"""What the codes of the azure screen mean, in a sentence that names the setting to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.adapters.content_safety.azure_place import Place

_SET = "AZURE_CONTENT_SAFETY"
_AGAIN = "screen again, or let a person read the text."


def sentence(code: str, place: Place) -> str:
    """The sentence for one code, without text and key; empty for what is no code, such as the name of a list."""
    return _of_requests(place).get(code) or _of_answers(place).get(code, "")


def _of_requests(place: Place) -> dict[str, str]:
    host, tries = place.host, place.patience.tries
    where = f"{_SET}_ENDPOINT"
    if place.blocklists:
        where += f" and {_SET}_BLOCKLISTS ({', '.join(place.blocklists)})"
    return {
        "azure_throttled": f"{host} is asked too often, {tries} tries were not enough; lower {_SET}_CONCURRENCY "
        f"(now {place.concurrency}), raise {_SET}_TRIES, or raise the rate limit of the resource.",
        "azure_broken": f"{host} had a fault of its own at each of {tries} tries; look at Azure's status page and "
        "screen again later.",
        "azure_timeout": f"{host} did not answer within {place.timeout_seconds:g} s at any of {tries} tries; raise "
        f"{_SET}_TIMEOUT_SECONDS, or screen again later.",
        "azure_unreachable": f"{host} cannot be reached; check the network to it and {_SET}_ENDPOINT.",
        "azure_broken_off": f"{host} broke off in the middle of its answer at each of {tries} tries; check what lies "
        "between (a proxy?) and screen again.",
        "azure_unreadable": f"{host} answered with something that is no verdict; check what lies between (a proxy?) "
        f"and that {_SET}_ENDPOINT is a Content Safety resource.",
        "azure_certificate": f"{host} shows a certificate that is not trusted; install its authority "
        f"(REQUESTS_CA_BUNDLE), or check {_SET}_ENDPOINT.",
        "azure_unauthorized": f"{host} does not accept the key (401); set {_SET}_API_KEY to one of the resource.",
        "azure_forbidden": f"{host} does not let this machine or key in (403); check the network rules of the "
        f"resource and {_SET}_API_KEY.",
        "azure_missing": f"{host} does not have what was asked for (404); check {where}, and that the region offers "
        "the checks that are switched on.",
        "azure_rejected": f"{host} does not understand the request (400); check {where}.",
    }


def _of_answers(place: Place) -> dict[str, str]:
    host = place.host
    return {
        "no_answer": f"{host} left a category out; {_AGAIN}",
        "no_severity": f"{host} named a category without a severity; {_AGAIN}",
        "category_twice": f"{host} named a category twice; {_AGAIN}",
        "unknown_severity": f"{host} gave a severity that is not on the scale; check {_SET}_LEVELS ({place.levels}).",
        "unknown_category": f"{host} named a category that this version does not know; update Liftline.",
        "unreadable_blocklist_hit": f"{host} told of a blocklist in a way that this version cannot read; {_AGAIN}",
        "document_attack": "Prompt Shields sees instructions to a model hidden in the text.",
        "protected_material": "The text is known to belong to somebody else.",
        "ungrounded": "The text says what its sources do not.",
        "no_sources": "There is nothing to hold the text against; give the passages that it cites.",
        "too_many_sources": "The sources are longer than the groundedness check takes (55,000 characters); give fewer.",
    }

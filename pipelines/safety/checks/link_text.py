"""Words that name one page over a link to another are how people are robbed; ours never do that."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.links import host_of, named_hosts
from pipelines.safety.wording.folding import folded


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """What a link, its title or its picture names as an address is where it leads, or at least another page of ours."""
    found = []
    for link in context.page.links:
        slot = rules.slots.name_of_whole(link.url)
        host = host_of(context.link) if slot == "campaign.link" else host_of(link.url)
        for said in (link.words, *link.names):
            strange = [name for name in named_hosts(folded(said)) if not _same(name, host, context.allowed_hosts)]
            if strange:
                target = host or slot or "elsewhere"
                sentence = f"A link says {strange[0]} and leads to {target}."
                found.append(
                    Finding("link_text", "link_text_differs", "block", sentence, shown(f"{said} → {link.url}"))
                )
                break
    return tuple(found)


def _same(named: str, host: str | None, ours: frozenset[str]) -> bool:
    if host is not None and named.removeprefix("www.") == host.removeprefix("www."):
        return True
    return named in ours and (host is None or host in ours)

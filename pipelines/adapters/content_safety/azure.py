"""Azure AI Content Safety as a screen: four categories, blocklists, and the further checks that are switched on."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.adapters.content_safety.azure_answers import (
    any_of,
    attack_in_document,
    claims_without_source,
    protected_material,
    severities,
    with_evidence,
    worst,
)
from pipelines.adapters.content_safety.azure_asking import ask_all
from pipelines.adapters.content_safety.azure_place import Place
from pipelines.adapters.content_safety.azure_requests import (
    MOST_SOURCES,
    VERSIONS,
    to_analyze,
    to_compare,
    to_ground,
    to_shield_document,
)
from pipelines.adapters.content_safety.azure_sentences import sentence
from pipelines.safety.ports import Claim, Evidence, Severities

__all__ = ["AzureContentSafety", "Place"]


class AzureContentSafety:
    """A `ContentSafety` in an Azure resource; whatever it does not say plainly is undecided."""

    name = "azure"

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def version(self) -> str:
        """The version of the interface, and everything in the settings that a verdict depends on."""
        place = self._place
        parts = [f"{VERSIONS['text:analyze']} {place.levels} levels"]
        if place.blocklists:
            parts.append(f"blocklists {' '.join(place.blocklists)}")
        if place.prompt_shields:
            parts.append(f"prompt shields {VERSIONS['text:shieldPrompt']}")
        if place.protected_material:
            parts.append(f"protected material {VERSIONS['text:detectProtectedMaterial']}")
        if place.groundedness:
            parts.append(f"groundedness {VERSIONS['text:detectGroundedness']}")
        return ", ".join(parts)

    def screen(self, texts: Sequence[str]) -> list[Severities]:
        """One answer a text, in their order; equal texts are asked for once and get the same."""
        place, distinct = self._place, list(dict.fromkeys(texts))
        judging = {text: to_analyze(text) for text in distinct}
        shielding = {text: to_shield_document(text) for text in distinct} if place.prompt_shields else {}
        comparing = {text: to_compare(text) for text in distinct} if place.protected_material else {}
        asked = (one for each in (judging, shielding, comparing) for found in each.values() for one in found)
        told = ask_all(place, asked)
        verdicts = {}
        for text in distinct:
            verdict = worst([severities(told[one], place.levels) for one in judging[text]])
            attacks = any_of([attack_in_document(told[one]) for one in shielding.get(text, [])])
            copies = any_of([protected_material(told[one]) for one in comparing.get(text, [])])
            verdicts[text] = with_evidence(with_evidence(verdict, attacks), copies)
        return [verdicts[text] for text in texts]

    def ungrounded(self, claims: Sequence[Claim]) -> list[Evidence] | None:
        """Of each claim whether it says what its sources do not; None where groundedness is off."""
        if not self._place.groundedness:
            return None
        given = {claim: [source for source in claim.sources if source.strip()] for claim in claims}
        asking = {claim: to_ground(claim.text, found) for claim, found in given.items() if _fit(found)}
        told = ask_all(self._place, (one for asked in asking.values() for one in asked))
        return [
            any_of([claims_without_source(told[one]) for one in asking[claim]])
            if claim in asking
            else Evidence(None, ("too_many_sources" if given[claim] else "no_sources",))
            for claim in claims
        ]

    def explain(self, code: str) -> str:
        """What a code of a verdict means, and which setting mends it."""
        return sentence(code, self._place)


def _fit(sources: Sequence[str]) -> bool:
    return bool(sources) and sum(map(len, sources)) <= MOST_SOURCES

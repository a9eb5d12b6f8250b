"""What one sentence of a passage does not bear out of a claim: every fault, the worst first."""

from __future__ import annotations

from pipelines.generation.grounding.belonging import belonging_faults
from pipelines.generation.grounding.doers import doer_faults
from pipelines.generation.grounding.evidence import Evidence
from pipelines.generation.grounding.faults import Claim, Comparison, Fault
from pipelines.generation.grounding.gratis import gratis_faults
from pipelines.generation.grounding.lexical import about_faults, word_faults
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.limits import limit_faults
from pipelines.generation.grounding.numeric import quantity_faults
from pipelines.generation.grounding.polarity import direction_faults, force_faults, place_faults, polarity_faults


def faults_of(claim: Claim, evidence: Evidence, library: Library, *, all_of_them: bool = True) -> list[Fault]:
    """Everything that this evidence does not bear out of this claim, or the first things met if that is enough."""
    comparison = Comparison(claim, evidence, library)
    found = quantity_faults(comparison)
    if found and not all_of_them:
        return found
    found += word_faults(comparison)
    if found and not all_of_them:
        return found
    found += about_faults(comparison) + polarity_faults(comparison)
    found += direction_faults(comparison) + limit_faults(comparison)
    found += force_faults(comparison) + place_faults(comparison)
    if not found:
        found = gratis_faults(comparison) or belonging_faults(comparison) or doer_faults(comparison)
    return sorted(found, key=lambda fault: -fault.weight)

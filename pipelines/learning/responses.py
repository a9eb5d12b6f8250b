"""What the live response model expects of a message that nobody has sent yet, among those whom it is written for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.learning import store
from pipelines.learning.artifacts import open_artifact
from pipelines.learning.modelling.fitting import Model
from pipelines.learning.ports import Workshop
from pipelines.learning.warehouse.datasets import audience

MODEL = "response"
# The mean over so many readers of a unit is as good as that over all.
READERS = 200


@dataclass(frozen=True, slots=True)
class Responses:
    """The live response model beside the readers of a campaign, as they are today."""

    version: int
    model: Model
    readers: Mapping[tuple[str, str], pl.DataFrame]

    def expects(self, unit: tuple[str, str], message: Mapping[str, Any]) -> float | None:
        """The share of a unit's readers who click or reply; None where nobody of it is known."""
        readers = self.readers.get(unit)
        if readers is None:
            return None
        told = traits(**message)
        asked = readers.with_columns([pl.lit(value).alias(name) for name, value in told.items()])
        return float(self.model.probabilities(self.model.whole(asked)).mean())


def responses(workshop: Workshop, tenant: str, campaign_id: str) -> Responses | None:
    """The response model for the readers of a campaign; None as long as none is live."""
    with workshop.database.transaction(tenant) as connection:
        live = store.champion(connection, MODEL)
        if live is None:
            return None
        frame = audience(connection, campaign_id, workshop.clock(), workshop.personas, most=READERS)
    kept = open_artifact(workshop.models, live["artifact"], live["artifact_sha256"])
    parts = frame.partition_by("unit_kind", "unit_id", as_dict=True, include_key=False)
    readers = {(str(kind), str(unit)): part for (kind, unit), part in parts.items()}
    return Responses(live["version"], kept.model, readers)


def traits(
    *, channel: str, unit_kind: str, strategy: str, tone: str | None, subject: str, body: str
) -> dict[str, str | float | None]:
    """What is known of a message before it is sent, as the warehouse tells it of those that were."""
    return {
        "channel": channel, "unit_kind": unit_kind, "strategy": strategy, "tone": tone, "step": 1.0,
        "subject_length": float(len(subject)),
        "subject_asks": float(subject.endswith("?")),
        "subject_has_number": float(bool(re.search("[0-9]", subject))),
        "subject_is_personal": float("{{" in subject),
        "words": float(len(re.split(r"\s+", body))),
    }  # fmt: skip

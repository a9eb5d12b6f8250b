"""How good search is, over questions whose answers are known: nDCG over the documents found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.contracts import PassageFilters, Question, Refusal
from pipelines.knowledge.asking import Desk
from pipelines.knowledge.ports import Query

DEPTH = 10
# A document counts once, where its first passage stands; so many passages hold ten documents.
PASSAGES = 60


class Labelled(BaseModel):
    """A question, its filters, and how much each document answers of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    relevant: dict[str, Annotated[int, Field(ge=0, le=10)]]
    audience: tuple[str, ...] = ()
    locale: str = "en"

    @field_validator("relevant")
    @classmethod
    def _something_answers(cls, relevant: dict[str, int]) -> dict[str, int]:
        if not any(relevant.values()):
            raise ValueError("at least one document must answer it, with a grade from 1 to 10")
        return relevant


class _Questions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: tuple[Labelled, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The mean nDCG@10 of each way to search, and the questions that the hybrid answers worst."""

    questions: int
    ndcg: Mapping[str, float]
    worst: Sequence[tuple[str, float]]

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return asdict(self)


def read_questions(path: Path) -> tuple[Labelled, ...]:
    """The labelled questions of a YAML file."""
    try:
        return _Questions.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).questions
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refusal(f"The questions in {path} cannot be read ({type(error).__name__}); check the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Refusal(f"{path} holds no labelled questions ({where}: {first['msg']}); mend it.") from error


def measure(desk: Desk, questions: Sequence[Labelled], on: date) -> Measurement:
    """Ask every question in each of the three ways."""
    scores: dict[str, list[float]] = {"hybrid": [], "keyword": [], "vector": []}
    unfiltered = desk.queries([Question(asked.question) for asked in questions], PassageFilters(on), PASSAGES)
    for asked, anywhere in zip(questions, unfiltered, strict=True):
        query = replace(anywhere, filters=PassageFilters(on=on, audience=asked.audience, locale=asked.locale))
        ways: dict[str, Query] = {
            "hybrid": query,
            "keyword": replace(query, vector=None),
            "vector": replace(query, wordings=()),
        }
        for way, put in ways.items():
            found = dict.fromkeys(hit.passage.document_id for hit in desk.put(put))
            scores[way].append(ndcg(list(found), asked.relevant))
    worst = sorted(zip((q.question for q in questions), scores["hybrid"], strict=True), key=lambda pair: pair[1])[:5]
    return Measurement(
        len(questions),
        {way: round(sum(each) / len(each), 4) for way, each in scores.items()},
        [(text, round(score, 4)) for text, score in worst],
    )


def ndcg(found: Sequence[str], relevant: Mapping[str, int], depth: int = DEPTH) -> float:
    """Discounted gain of the first `depth`, as a share of the best order's; a grade g gains 2^g - 1."""
    ideal = _gain(sorted(relevant.values(), reverse=True)[:depth])
    return _gain([relevant.get(document, 0) for document in found[:depth]]) / ideal


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))

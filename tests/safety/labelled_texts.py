"""The labelled texts, and how often a screen flags them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.safety.policy import ScreeningPolicy
from pipelines.safety.ports import ContentSafety
from pipelines.safety.screening import decide

FOLDER = Path(__file__).with_name("labelled")
POLICIES = Path(__file__).resolve().parents[2] / "data" / "policies"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, the category that it belongs to or is mistaken for, and its severity."""

    text: str
    category: str
    severity: int


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _of(harmful: Any, harmless: Any, mail: Any) -> Iterator[Labelled]:
    for category, levels in harmful.items():
        for severity, texts in levels.items():
            yield from (Labelled(text, category, severity) for text in texts)
    for category, texts in harmless.items():
        yield from (Labelled(text, category, 0) for text in texts)
    yield from (Labelled(text, "mail", 0) for text in mail)


def seen() -> list[Labelled]:
    """Looked at while the screen was built: what it missed led to more templates, so these figures flatter it."""
    texts = [*_of(read("harmful"), read("harmless"), read("business")["mail"])]
    return [*texts, *_whole("earlier"), *_whole("provocative")]


def held_out() -> list[Labelled]:
    """Written when the templates were done and measured once: nearer to what a stranger's texts would meet."""
    return _whole("held_out")


def _whole(name: str) -> list[Labelled]:
    content = read(name)
    return [*_of(content["harmful"], content["harmless"], content.get("mail", []))]


def idioms() -> list[Labelled]:
    """Harmless idioms of sellers, as near to harm as they come."""
    return [Labelled(text, "idioms", 0) for text in read("idioms")["idioms"]]


def evasions() -> list[Labelled]:
    """Harmful texts in disguise, the trick as their category."""
    return [Labelled(text, trick, 4) for trick, texts in read("evasions").items() for text in texts]


Rates = dict[tuple[str, str], tuple[float, float, int]]


def rates(screen: ContentSafety, policy: ScreeningPolicy, texts: list[Labelled]) -> Rates:
    """The shares that are at least reviewed, and blocked, by category and kind: severe (>= 4), mild (2), harmless."""
    decisions = [decide(one, policy, screen.name).decision for one in screen.screen([each.text for each in texts])]
    groups: dict[tuple[str, str], list[str]] = {}
    for each, decision in zip(texts, decisions, strict=True):
        kind = "severe" if each.severity >= 4 else "mild" if each.severity else "harmless"
        groups.setdefault((each.category, kind), []).append(decision)
        groups.setdefault(("all but mail" if each.category != "mail" else "mail only", kind), []).append(decision)
    return {
        key: (sum(d != "pass" for d in found) / len(found), sum(d == "block" for d in found) / len(found), len(found))
        for key, found in groups.items()
    }


def table(found: Rates) -> str:
    """The rates as lines, for a failing test and for the docs."""
    lines = [
        f"{category:14} {kind:9} n={count:3}  review {reviewed:6.1%}  block {blocked:6.1%}"
        for (category, kind), (reviewed, blocked, count) in sorted(found.items())
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    from pipelines.adapters.content_safety import content_safety
    from pipelines.safety.policy import read_screening_policy

    for name, chosen in (("seen", seen()), ("held out", held_out()), ("idioms", idioms()), ("evasions", evasions())):
        print(f"{name}\n{table(rates(content_safety('offline'), read_screening_policy(POLICIES), chosen))}\n")

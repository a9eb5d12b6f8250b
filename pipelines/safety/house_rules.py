"""What the checks hold a message to, with its word lists ready to be looked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.safety.rule_file import Channel, Content, SlotRule, WordEntry, read_rule_file
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.phrases import Entry, Phrases, entry_of, phrases_of, words_of
from pipelines.safety.wording.slots import Slots


@dataclass(frozen=True, slots=True, eq=False)
class HouseRules:
    """The file with its word lists ready to be looked for; `version` changes with every word of it."""

    told: Content
    version: str
    forbidden: Phrases
    spam: Phrases
    entries: Mapping[str, WordEntry]
    account_notices: Phrases
    way_out: Phrases
    out_of_tone: Mapping[str, Phrases]
    unclear_calls: frozenset[str]
    slots: Slots

    def channel(self, name: str) -> Channel:
        """What holds for a channel; an unknown one raises, so that the check that asked blocks."""
        found: Channel = getattr(self.told.channels, name)
        return found


def read_house_rules(policies: Path) -> HouseRules:
    """The rules in `content_checks.yaml`, or one refusal that names every mistake in it."""
    return house_rules(read_rule_file(policies))


def house_rules(told: Content) -> HouseRules:
    """The rules made ready for use."""
    exact = json.dumps(told.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    breaks = {"always": told.tone.always, **told.tone.breaks}
    return HouseRules(
        told=told,
        version=hashlib.sha256(exact.encode()).hexdigest()[:16],
        forbidden=phrases_of(map(_entry, told.words.forbidden)),
        spam=phrases_of(map(_entry, told.words.spam)),
        entries={entry.name: entry for entry in (*told.words.forbidden, *told.words.spam)},
        account_notices=phrases_of([entry_of("account notice", told.subject.account_notices)]),
        way_out=phrases_of([entry_of("way out", told.way_out)]),
        out_of_tone={name: phrases_of([entry_of(name, words)]) for name, words in breaks.items()},
        unclear_calls=frozenset(" ".join(words_of(folded(call))) for call in told.unclear_calls),
        slots=_slots(told.slots),
    )


def _entry(written: WordEntry) -> Entry:
    return entry_of(written.name, written.say, written.not_in)


def _slots(told: Mapping[str, SlotRule]) -> Slots:
    spellings = {spelling.replace("_", ""): name for name, slot in told.items() for spelling in (name, *slot.also)}
    return Slots(
        {name: slot.letters for name, slot in told.items()},
        frozenset(name for name, slot in told.items() if slot.always_given),
        spellings,
    )

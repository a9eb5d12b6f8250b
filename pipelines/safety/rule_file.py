"""`content_checks.yaml` as compliance writes it: what the checks hold a message to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.policy_files import read_policy
from pipelines.safety.wording.phrases import sayable

FILE = "content_checks.yaml"
Need = Literal["personalisation", "call to action", "sender", "postal address", "unsubscribe link", "way out in words"]


def _flat(value: Any) -> Any:
    """Long lists are written as several lists, one a line."""
    if not isinstance(value, list):
        return value
    return [word for part in value for word in (part if isinstance(part, list) else [part])]


Text = Annotated[str, Field(min_length=1, max_length=100)]
Listed = Annotated[tuple[Text, ...], BeforeValidator(_flat)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WordEntry(_Part):
    """Words that are treated alike."""

    name: Text
    say: Annotated[Listed, Field(min_length=1)]
    not_in: Listed = ()
    supported: bool = False
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0

    @model_validator(mode="after")
    def _every_one_is_a_word(self) -> WordEntry:
        for words in (*self.say, *self.not_in):
            sayable(words)
        return self


class Words(_Part):
    """Words that are never said, and words that add up."""

    forbidden: tuple[WordEntry, ...]
    spam: tuple[WordEntry, ...]
    subject_factor: Annotated[float, Field(ge=1, le=10)]
    disguise_factor: Annotated[float, Field(ge=1, le=10)]
    review_from: Annotated[float, Field(gt=0)]
    block_from: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _review_before_block(self) -> Words:
        if self.block_from < self.review_from:
            raise ValueError("block_from must not be less than review_from")
        names = [entry.name for entry in (*self.forbidden, *self.spam)]
        if twins := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twins)} is the name of two entries; rename one")
        return self


class Channel(_Part):
    """What a message of one channel must hold, and how much it may."""

    needs: tuple[Need, ...]
    subject_under: Count | None = None
    review_bytes: Count | None = None
    most_bytes: Count | None = None
    most_characters: Count | None = None
    most_segments: Count | None = None


class Channels(_Part):
    """Every channel that messages go out by."""

    email: Channel
    sms: Channel
    whatsapp: Channel
    linkedin: Channel
    push: Channel
    web: Channel


class Tone(_Part):
    """Registers: which words about tone ask for them, and which words break them."""

    least: Share
    asks: Mapping[Text, Listed]
    always: Listed
    breaks: Mapping[Text, Listed]
    longest_sentence: Annotated[int, Field(ge=5)]

    @model_validator(mode="after")
    def _registers_are_known(self) -> Tone:
        if strange := sorted(self.asks.keys() ^ self.breaks.keys()):
            raise ValueError(f"{', '.join(strange)} must stand under asks and under breaks")
        return self


class Subject(_Part):
    """What a subject may not pretend."""

    replies: Listed
    account_notices: Listed


class Links(_Part):
    """Where links may not lead."""

    shorteners: Listed
    redirects: Listed


class Capitals(_Part):
    """How loud a message may be."""

    allowed: Listed
    most_share: Share
    most_in_a_row: Count
    most_marks_in_subject: Count
    most_marks: Count


class Pictures(_Part):
    """How much of a message may be pictures."""

    most_share: Share
    fewest_words: Count


class SlotRule(_Part):
    """One slot."""

    letters: Count
    always_given: bool = False
    also: Listed = ()


class Content(_Part):
    """The whole file."""

    words: Words
    channels: Channels
    way_out: Annotated[Listed, Field(min_length=1)]
    unclear_calls: Listed
    tone: Tone
    subject: Subject
    links: Links
    own_contacts: Listed = ()
    capitals: Capitals
    pictures: Pictures
    slots: Mapping[Text, SlotRule]


def read_rule_file(policies: Path) -> Content:
    """What `content_checks.yaml` says, or one refusal that names every mistake in it."""
    return read_policy(policies / FILE, Content, "policy of content checks")

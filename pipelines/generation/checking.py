"""Any text held against a folder of approved content: what `liftline generation check` does."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.contracts import Passage, Refusal
from pipelines.generation.grounding import SentenceVerdict, check_text
from pipelines.generation.grounding.verdict import Verdict

LARGEST = 5_000_000
VERDICTS: tuple[Verdict, ...] = ("supported", "unsupported", "not_factual")


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict for each sentence of a text, and how many there are of each."""

    sentences: tuple[SentenceVerdict, ...]
    counts: dict[str, int]
    passages: int
    on: date

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return {
            "sentences": [asdict(verdict) for verdict in self.sentences],
            **self.counts,
            "passages": self.passages,
            "on": self.on.isoformat(),
        }


def check(text: str, passages: Sequence[Passage], on: date) -> Checked:
    """Hold every sentence of a text against all passages; those expired or not approved on the day bear out nothing."""
    verdicts = tuple(check_text(text, passages, on))
    given = [verdict.verdict for verdict in verdicts]
    counts: dict[str, int] = {word: given.count(word) for word in VERDICTS}
    return Checked(verdicts, counts, len(passages), on)


def read_text(file: Path, stdin: BinaryIO) -> str:
    """The text to check, `-` for standard input; refused if it is missing, empty, too large or no text."""
    named = "Standard input" if str(file) == "-" else str(file)
    try:
        content = stdin.read(LARGEST + 1) if str(file) == "-" else _content(file)
    except OSError as error:
        raise Refusal(
            f"{named} cannot be read ({error.strerror}); name a text file, or - for standard input."
        ) from error
    if len(content) > LARGEST:
        raise Refusal(f"{named} is larger than {LARGEST // 1_000_000} MB; check it in parts.")
    wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if b"\x00" in content and not wide:
        raise Refusal(f"{named} is not a text; save it as plain text or Markdown in UTF-8.")
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"{named} is not in UTF-8 (byte {error.start + 1}); save it as UTF-8 and try again.") from error
    if not text.strip():
        raise Refusal(f"{named} is empty; there is nothing to check.")
    return text


def _content(file: Path) -> bytes:
    if file.is_dir():
        raise Refusal(f"{file} is a folder; name a text file, or - for standard input.")
    with file.open("rb") as source:
        return source.read(LARGEST + 1)

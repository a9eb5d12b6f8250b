"""A text cut into sentences, each with its place in the text's structure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipelines.generation.grounding.lexicon import words

LONGEST = 1200
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+•·▪◦–—✓✔☑]\s+|\d{1,2}[.)]\s+)+")
_NUMBERED = re.compile(r"^\s*(\d{1,2})[.)]\s", re.MULTILINE)
_RULE = re.compile(r"^(?:[-*_=~`\s]{3,}|\s*(?:```|~~~)[a-z]*\s*|\|?[\s:|-]+\|?)$")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*\*|\*\*|\*|__|_|~~|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_END = re.compile(
    r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[{]*[^\W_a-z]|\s*$|\s+[^\w\s\"'“‘«(\[{–—-])"
    r"|[.!?…]+[\"'”’»)\]]*(?=\s+[a-z])(?<=[!?…])(?![\"'”’»)\]])"
)
_ABBREVIATIONS = words(
    """
    dr prof mr mrs ms st no nr art fig approx ca vs incl excl ltd inc co corp llc gmbh max min vol tel jan feb mar apr
    jun jul aug sep sept oct nov dec e.g i.e etc a.m p.m al est ed dept u.s u.k cf resp abbr bros jr sr ave blvd
    """
)
# These may end a sentence as well; what follows tells.
_ENDS_TOO = words("inc ltd co corp etc a.m p.m gmbh jr sr u.s u.k llc")
_OPENERS = words(
    "the a an we our it its this that these they you your in on at for and but all order if he she there i"
)
_QUOTED = re.compile(r"[“„][^“”„]{1,600}[”“]|«[^«»]{1,600}»|(?<![\w\"])\"(?=\S)[^\"]{1,600}\"(?!\w)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and whether it stands as a heading or in a list."""

    text: str
    place: str


@lru_cache(maxsize=256)
def sentences_of(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text; headings, bullets and lines of their own each end where their line ends."""
    return tuple(sentence for place, block in _blocks(text) for sentence in _cut(block, place))


@lru_cache(maxsize=4096)
def sentences_on(line: str) -> tuple[Sentence, ...]:
    """The sentences of one line that is sent as it stands: no sign in it is taken for mark-up."""
    return tuple(_cut(line, "text"))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Paragraphs with wrapped lines joined; headings, bullets and quotations by themselves."""
    held: list[str] = []
    numbers = set(map(int, _NUMBERED.findall(text)))
    for line in text.replace("\r\n", "\n").replace("\x00", " ").splitlines():
        markup = _MARKUP.match(line)
        # A number by itself may be a day ("24. Dezember"); a list is numbered from one to two at least.
        if (number := _NUMBERED.match(line)) and not ({1, 2} <= numbers and int(number[1]) <= len(numbers)):
            markup = None
        bare = _bare(line[markup.end() :] if markup else line)
        if held and (not bare or markup or _RULE.match(line) or not _wraps(held[-1], bare)):
            yield "text", " ".join(held)
            held = []
        if not bare or _RULE.match(line):
            continue
        if markup:
            yield ("heading" if "#" in markup.group() else "quote" if ">" in markup.group() else "bullet"), bare
        elif bare.startswith("|"):
            yield "bullet", "; ".join(cell.strip() for cell in bare.strip("|").split("|") if cell.strip())
        else:
            held.append(bare)
    if held:
        yield "text", " ".join(held)


def _bare(line: str) -> str:
    line = _TAG.sub(" ", _LINK.sub(r"\1", line))
    return re.sub(r"\s+", " ", _EMPHASIS.sub(r"\2", line)).strip()


def _wraps(line: str, following: str) -> bool:
    """Whether a line was broken for its width, and not because it ended."""
    if line[-1] in ".!?:…":
        return line[-1] not in ":" and len(line) > 60 and not following[:1].isupper()
    return following[:1].islower() or len(line) > 60 or line[-1] in ",;–—"


def _cut(block: str, place: str) -> Iterator[Sentence]:
    quoted = [(match.start(), match.end()) for match in _QUOTED.finditer(block)]
    start = 0
    for match in _END.finditer(block):
        end = match.end()
        if end <= start or not _ends(block, start, match) or any(a < end < b for a, b in quoted):
            continue
        yield from _short(block[start:end].strip(), place)
        start = end
    yield from _short(block[start:].strip(), place)


def _ends(block: str, start: int, match: re.Match[str]) -> bool:
    """Whether a full stop ends a sentence, and does not belong to an abbreviation or an initial."""
    if match.group()[0] != "." or len(match.group().rstrip("\"'”’»)]")) > 1:
        return True
    following = block[match.end() :].lstrip()
    before = block[start : match.start()].split()
    if not following or not before:
        return True
    word = before[-1].lower().lstrip("([\"'“")
    if word == "no":
        return not following[:1].isdigit()
    unit = len(before) > 1 and before[-2][-1:].isdigit()
    initial = len(word) == 1 and word.isalpha() and word != "i" and not unit
    if word in _ENDS_TOO or initial:
        return following.split(" ")[0].lower() in _OPENERS
    return word not in _ABBREVIATIONS


def _short(sentence: str, place: str) -> Iterator[Sentence]:
    while len(sentence) > LONGEST:
        cut = sentence.rfind(" ", LONGEST // 2, LONGEST)
        cut = cut if cut > 0 else LONGEST
        yield Sentence(sentence[:cut].strip(), place)
        sentence = sentence[cut:].strip()
    if sentence:
        yield Sentence(sentence, place)

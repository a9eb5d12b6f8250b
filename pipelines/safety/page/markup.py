"""HTML cut into tags, texts and comments, in linear time; whatever two mail programs could cut differently is noted."""

from __future__ import annotations

import html
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

# What stands in these is no mark-up; a program that does not know that sees another page.
RAW = frozenset({"style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"})
_MARK = re.compile(r"<(?=[a-zA-Z/!?])")
_TAG = re.compile(r"""</?[a-zA-Z](?:[^"'<>]++|"[^"]*"|'[^']*')*+>""")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]*+)(?=[\s/>])")
_ATTRIBUTE = re.compile(r"""\s+([a-zA-Z_:@][-\w:.]*+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""", re.ASCII)
_DOCTYPE = re.compile(r"<!doctype[^<>]*>", re.IGNORECASE)
# Inside an attribute a reference without its semicolon stays as it is before = and letters: ?a=1&copy=2.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[a-zA-Z][a-zA-Z0-9]{1,31}(?:;|(?![a-zA-Z0-9=])))")
_SHORT = 1_000

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Token:
    """A tag, a text or a comment; of a tag, `text` is the name."""

    kind: Literal["open", "close", "text", "comment"]
    text: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Markup:
    """Cuts one page; `faults` are what is not written as HTML is."""

    source: str
    faults: list[str] = field(default_factory=list)

    def tokens(self) -> Iterator[Token]:
        """The pieces in order."""
        source, at, end = self.source, 0, len(self.source)
        while at < end:
            mark = _MARK.search(source, at)
            start = mark.start() if mark else end
            if start > at:
                yield Token("text", html.unescape(source[at:start]))
            if mark is None:
                return
            found = _TAG.match(source, start)
            if found is not None:
                text = found[0]
                token, wrong = _tag_of(text) if len(text) < _SHORT else _read_tag(text)
                if wrong:
                    self.faults.append(f"the tag {text[:60]} with {wrong}")
                yield token
                at = found.end()
                if token.text in RAW and token.kind == "open":
                    at = yield from self._raw(token.text, at)
            elif source.startswith("<!--", start):
                at = yield from self._comment(start)
            elif source[start + 1] in "!?":
                at = yield from self._declaration(start)
            else:
                stop = source.find(">", start)
                self.faults.append(f"the malformed tag {source[start : start + 60]}")
                at = stop + 1 if stop >= 0 else end

    def _comment(self, start: int) -> Generator[Token, None, int]:
        source = self.source
        end = source.find("-->", start + 4)
        # Browsers end a comment here already.
        if source.startswith((">", "->"), start + 4) or source.find("--!>", start + 4, end if end >= 0 else None) >= 0:
            self.faults.append("a comment that ends in an unusual way")
        if end < 0:
            self.faults.append("a comment that never ends")
        stop = end if end >= 0 else len(source)
        yield Token("comment", source[start + 4 : stop])
        return stop + 3

    def _declaration(self, start: int) -> Generator[Token, None, int]:
        end = self.source.find(">", start)
        stop = end if end >= 0 else len(self.source)
        said = self.source[start : stop + 1]
        if not _DOCTYPE.fullmatch(said):
            self.faults.append(f"the declaration {said[:60]}")
            yield Token("comment", said)
        return stop + 1

    def _raw(self, name: str, start: int) -> Generator[Token, None, int]:
        closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(self.source, start)
        stop = closing.start() if closing else len(self.source)
        if closing is None:
            self.faults.append(f"a <{name}> that never closes")
        if stop > start:
            yield Token("text", self.source[start:stop])
        return stop


def _read_tag(text: str) -> tuple[Token, str]:
    """A tag, and what is wrong with it."""
    name = _NAME.match(text)
    if name is None:
        return Token("open", "unknown"), "a name that is none"
    if text[1] == "/":
        return Token("close", name[1].lower()), "attributes" if text[name.end() : -1].strip() else ""
    attributes, wrong = _attributes(text[name.end() : -1])
    return Token("open", name[1].lower(), attributes), wrong


# The tags of a brand's frame come again with every mail.
_tag_of = lru_cache(maxsize=8192)(_read_tag)


def _attributes(rest: str) -> tuple[Attributes, str]:
    """The attributes of a tag, and what is wrong with them; the first of two of a name counts, as in browsers."""
    found: Attributes = {}
    at, wrong = 0, ""
    while each := _ATTRIBUTE.match(rest, at):
        name = each[1].lower()
        if name in found:
            wrong = f"{name} twice"
        value = next((part for part in each.groups()[1:] if part is not None), "")
        found.setdefault(name, _REFERENCE.sub(lambda ref: html.unescape(ref[0]), value) if "&" in value else value)
        at = each.end()
    if rest[at:].strip() not in ("", "/"):
        wrong = "something that is no attribute"
    return found, wrong

"""The part of OData's filter language that Azure AI Search documents and we use, evaluated over plain documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Document = Mapping[str, Any]
Test = Callable[[Document], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<moment>\d{4}-\d\d-\d\dT[\d:]+Z)|(?P<number>\d+)"
    r"|(?P<name>[A-Za-z_]\w*(?:/any)?)|(?P<sign>[():]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "le": lambda left, right: left is not None and left <= right,
    "ge": lambda left, right: left is not None and left >= right,
}


class BadFilter(Exception):
    """The service would answer 400."""


def compiled(text: str, filterable: set[str]) -> Test:
    """What the filter lets through; a field that is not filterable is refused, as the service does."""
    parser = _Parser(text, filterable)
    test = parser.either()
    if parser.tokens:
        raise BadFilter(f"unexpected {parser.tokens[0]}")
    return test


class _Parser:
    def __init__(self, text: str, filterable: set[str]) -> None:
        self.filterable, self.tokens, at = filterable, [], 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise BadFilter(f"cannot read {text[at:]!r}")
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            at = found.end()

    def either(self) -> Test:
        tests = [self.both()]
        while self.take("or"):
            tests.append(self.both())
        return lambda document: any(test(document) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.take("and"):
            tests.append(self.one())
        return lambda document: all(test(document) for test in tests)

    def one(self) -> Test:
        if self.take("not"):
            test = self.one()
            return lambda document: not test(document)
        if self.take("("):
            test = self.either()
            self.need(")")
            return test
        kind, name = self.next()
        if kind != "name":
            raise BadFilter(f"expected a field, found {name}")
        if name.endswith("/any"):
            return self.any_of(name.removesuffix("/any"))
        return self.comparison(name)

    def any_of(self, field: str) -> Test:
        self.check(field)
        self.need("(")
        if self.take(")"):
            return lambda document: bool(document.get(field))
        _, variable = self.next()
        self.need(":")
        self.filterable.add(variable)
        test = self.either()
        self.filterable.discard(variable)
        self.need(")")
        return lambda document: any(test({variable: value}) for value in document.get(field) or ())

    def comparison(self, field: str) -> Test:
        self.check(field)
        _, how = self.next()
        if how not in _COMPARE:
            raise BadFilter(f"there is no operator {how}")
        compare, value = _COMPARE[how], self.value()
        return lambda document: compare(document.get(field), value)

    def value(self) -> Any:
        kind, text = self.next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind == "moment":
            return text
        if text == "null":
            return None
        raise BadFilter(f"{text} is no value")

    def check(self, field: str) -> None:
        if field not in self.filterable:
            raise BadFilter(f"{field} is not filterable")

    def next(self) -> tuple[str, str]:
        if not self.tokens:
            raise BadFilter("the filter ends too early")
        return self.tokens.pop(0)

    def take(self, word: str) -> bool:
        if self.tokens and self.tokens[0][1] == word and self.tokens[0][0] != "text":
            self.tokens.pop(0)
            return True
        return False

    def need(self, word: str) -> None:
        if not self.take(word):
            raise BadFilter(f"expected {word}")

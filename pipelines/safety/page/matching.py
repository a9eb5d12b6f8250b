"""Style rules for elements, found by what an element must have for them."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.safety.page.css import Rule
from pipelines.safety.page.tree import Element

_NOTHING: frozenset[str] = frozenset()


class Matching:
    """Rules by a word that an element must have for them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.by_key: dict[str, list[Rule]] = {}
        for rule in rules:
            keys = rule.selector.keys
            self.by_key.setdefault(min(keys, default=""), []).append(rule)
        self.needed = frozenset(key for rule in rules for key in rule.selector.keys | rule.selector.around)
        self.own: list[frozenset[str]] = []
        self.around: list[frozenset[str]] = []
        self.keys: dict[tuple[str, str, str], frozenset[str]] = {}
        self.fitting: dict[tuple[frozenset[str], frozenset[str]], tuple[Rule, ...]] = {}

    def rules_for(self, element: Element) -> tuple[Rule, ...]:
        """The rules that fit; elements are asked for in the order of the page."""
        if not self.by_key:
            return ()
        own = self._own_keys(element.tag, element.attributes.get("class", ""), element.attributes.get("id", ""))
        around = _NOTHING
        if element.parent >= 0:
            around, above = self.around[element.parent], self.own[element.parent]
            around = around if above <= around else around | above
        self.own.append(own)
        self.around.append(around)
        if (own, around) not in self.fitting:
            self.fitting[own, around] = self._fitting(own, around)
        return self.fitting[own, around]

    def _own_keys(self, tag: str, classes: str, name: str) -> frozenset[str]:
        keys = self.keys.get((tag, classes, name))
        if keys is None:
            written = {tag, f"#{name.lower()}", *(f".{one}" for one in classes.lower().split())}
            keys = self.keys[tag, classes, name] = frozenset(written & self.needed)
        return keys

    def _fitting(self, own: frozenset[str], around: frozenset[str]) -> tuple[Rule, ...]:
        fitting = [
            rule
            for key in (*own, "")
            for rule in self.by_key.get(key, ())
            if rule.selector.keys <= own and rule.selector.around <= around
        ]
        return tuple(sorted(fitting, key=lambda rule: rule.place))

"""Lines around the facts: greeting, hook, question, closing, subject; each fits what is told, none is said twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.adapters.language_model.composer.dealing import Deal
from pipelines.adapters.language_model.composer.drawing import Draw
from pipelines.adapters.language_model.composer.english import capitalised, ended
from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.phrasing import hooks, lines, themes
from pipelines.adapters.language_model.composer.products import named_in
from pipelines.adapters.language_model.composer.readers import Reader
from pipelines.adapters.language_model.composer.stock import Stock

_REGISTERS = {"professional": "formal", "friendly": "warm", "social_proof": "warm", "curiosity": "curious"}


@dataclass(slots=True)
class Lines:
    """All lines of one message; what was complained about is never said again."""

    strategy: str
    reader: Reader
    draw: Draw
    deal: Deal
    stock: Stock
    banned: frozenset[str]
    said: set[str] = field(default_factory=set)

    def by_itself(self, purpose: str) -> str | None:
        """A greeting, a hook (what is said to this reader before the facts) or a closing."""
        own = lines()[self.strategy]
        if purpose == "hook":
            return self._dealt(hooks()[self.reader.stance][_REGISTERS.get(self.strategy, "plain")])
        if purpose == "greeting" and self.reader.by_account:
            return self._say(purpose, lines()["account_greeting"])
        return self._say(purpose, own[purpose])

    def greeting_in_a_note(self) -> str | None:
        """A greeting that stands in running text."""
        return self._say("greeting", lines()["account_note_greeting" if self.reader.by_account else "note_greeting"])

    def hello(self) -> str | None:
        """The few words to this reader that a text message has room for."""
        return self._say("hello", [ended(line) for line in hooks()[self.reader.stance]["subject"]])

    def leading_up(self, how: str, fact: Fact) -> str | None:
        """What comes before a fact: `ask` a question that it answers, `into` a fragment, `head` a heading."""
        theme = themes()[fact.theme]
        if how == "ask":
            return self._question(fact)
        return self._say(how, theme.leads if how == "into" else theme.headings)

    def _question(self, fact: Fact) -> str | None:
        """Questions for just this fact come before the general ones of its theme."""
        asked = themes()[fact.theme].questions
        # A product may only be asked about where the fact itself names it.
        product = self._product(fact) if named_in(fact.text, fact.product) else None
        exact = [
            say.replace("{it}", product or "")
            for say, when in asked
            if when is not None and when.search(fact.text) and (product or "{it}" not in say)
        ]
        return self._say("question", exact) or self._say("question", [say for say, when in asked if when is None])

    def over_points(self, product: str) -> str | None:
        """The heading of a list whose points leave the product out."""
        topic = self.stock.names.get(product)
        return self._say("points", _all_filled(lines()["points"], topic)) if topic else None

    def subject(self, lead: Fact, told: Sequence[Fact], longest: int, with_offer: bool) -> str | None:
        """The subject line: one that is this unit's alone, else one with a word to this reader, else any."""
        topic = self._product(lead)
        own = lines()[self.strategy]
        asked = None if topic else self._asked(told, longest)
        if asked:
            return asked
        pools = [own["offer"]] if with_offer and topic else []
        pools.append(own["subject"] if topic else own["subject_without"])
        hellos = hooks()[self.reader.stance]["subject"]
        to_reader = [
            line.replace("{hello}", hello)
            for line in own["subject_to"]
            for hello in hellos
            if topic or "opic}" not in line
        ]
        alone = [line for pool in pools for at, line in enumerate(pool) if self.deal.owns_line(at)]
        for lines_left in (alone, to_reader, [line for pool in pools for line in pool]):
            said = self._say("subject", [line for line in _all_filled(lines_left, topic) if len(line) <= longest])
            if said:
                return said
        return None

    def asking_subject(self, told: Sequence[Fact], longest: int) -> str | None:
        """A subject that is a question; None where no fact of the message answers one."""
        return self._asked(told, longest, form="?")

    def _asked(self, told: Sequence[Fact], longest: int, form: str = "") -> str | None:
        """A subject that asks what one of the facts answers; another unit's begins elsewhere in the list."""
        hellos = hooks()[self.reader.stance]["subject"]
        themes_told = dict.fromkeys(fact.theme for fact in told)
        options = [
            frame.replace("{hello}", hello).replace("{asked}", about).replace("{Asked}", capitalised(about))
            for theme in themes_told
            for about in themes()[theme].about
            for frame in lines()[self.strategy].get("subject_about", ())
            for hello in (hellos if "{hello}" in frame else hellos[:1])
        ]
        fits = [line for line in options if len(line) <= longest and "?:" not in line and line.endswith(form)]
        return self._dealt(fits)

    def preheader(self) -> str | None:
        """What a mailbox shows beside the subject."""
        return self._say("preheader", lines()[self.strategy]["preheader"])

    def _product(self, fact: Fact) -> str | None:
        return self.stock.names.get(fact.product) if fact.product else None

    def _say(self, purpose: str, options: Sequence[str]) -> str | None:
        return self._said(self.draw.one_of(purpose, options, self._is_new))

    def _dealt(self, options: Sequence[str]) -> str | None:
        """One of the lines that other units or strategies draw from as well, each from another place on."""
        first = self.deal.first_of() % max(1, len(options))
        return self._said(next(filter(self._is_new, (*options[first:], *options[:first])), None))

    def _said(self, line: str | None) -> str | None:
        if line is not None:
            self.said.add(line)
        return line

    def _is_new(self, line: str) -> bool:
        if line in self.banned or line in self.said:
            return False
        begins = line.split()[:3]
        return not any(other.split()[:3] == begins for other in self.said if len(begins) == 3)


def _all_filled(options: Sequence[str], topic: str | None) -> list[str]:
    if topic is None:
        return [line for line in options if "opic}" not in line]
    filled = (line.replace("{topic}", topic).replace("{Topic}", capitalised(topic)) for line in options)
    return [line for line in filled if "?:" not in line]

"""Whether a sentence claims anything: in doubt it does."""

from __future__ import annotations

from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.filler import IMPERATIVES, WISHES
from pipelines.generation.grounding.lexicon.function_words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from pipelines.generation.grounding.lexicon.verbs import VERBS
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.reading import Item, Reading

_HARD = frozenset({"superlative", "comparison", "absolute", "promise", "quantifier", "feature", "quantity"})
_OPENERS = words("please now so just then and or but today simply also finally go")
_SHOWS = words("see show view browse read discover explore find look visit shop compare ask check get meet choose")
_WEAK = words("all any every each everything everyone save made sold limited local featured design designed")
_GREETINGS = words("hello hi hey dear good greetings welcome thanks thank cheers")
# The paths of a letter, of which an invitation may speak without claiming anything.
_CHANNELS = words(
    """
    shop store email mail message newsletter account website online reply answer call phone contact page basket
    subscribe code coffee tea seat tour guide webinar slot inbox button gift cup table
    """
)
_SIGN_OFFS = frozenset(
    {("best",), ("all", "best"), ("my", "best"), ("very", "best"), ("yours",), ("cheers",), ("warmest",)}
)
_CAUSES = words("because since that which who where thanks and we you")
_FINITE = (AUXILIARIES - words("let lets do have")) | words("costs weighs holds comes lasts takes")
_OBJECTS = DETERMINERS | PRONOUNS | PREPOSITIONS | CONJUNCTIONS


def is_factual(reading: Reading, library: Library, place: str = "text") -> bool:
    """Whether a sentence must be borne out by a passage."""
    if reading.words in _SIGN_OFFS:
        return False
    hard = [item for item in reading.items if item.kind in _HARD or "@" in item.word]
    if reading.question:
        return _asks_of_a_fact(reading, hard, library)
    if _is_wish(reading):
        return not all(_is_date(item) for item in hard) or _states_more(reading, library)
    if is_imperative(reading, library):
        weak = reading.first in _SHOWS and all(item.word in _WEAK for item in hard)
        return bool(hard and not weak) or any(_tells(item, reading, library) for item in reading.items)
    only_supposes = reading.first == "if" and all(item.condition is not None for item in reading.items)
    return bool(hard) or not (only_supposes or not _asserts(reading, library, place))


def _asserts(reading: Reading, library: Library, place: str) -> bool:
    """A statement claims something unless all its words are praise, scenes, and the name of one product."""
    products = {item.concepts[0] for item in reading.items} & library.products
    one_product = not products or any(products <= name for name in library.names)
    telling = [item for item in reading.items if _says_something(item, library)]
    if not reading.verb and place == "heading" and len(reading.items) <= 4:
        telling = [item for item in telling if item.concepts[0] not in library.headings]
    return bool(telling) or not one_product or any(item.negated for item in reading.items)


def _says_something(item: Item, library: Library) -> bool:
    concept = item.concepts[0]
    return not item.plain and concept not in library.products and concept not in library.house


def _tells(item: Item, reading: Reading, library: Library) -> bool:
    """Whether a word of a request says something beyond what the reader shall do, and by which path."""
    asked = item.word in _CHANNELS or (item.word == reading.first and item.word in IMPERATIVES)
    return not asked and _says_something(item, library)


def _asks_of_a_fact(reading: Reading, hard: list[Item], library: Library) -> bool:
    """ "Why do cafés choose us?" says that they do; "Did you know that …" says all that follows."""
    compares = "than" in reading.functions
    if any(item.kind != "comparison" or compares for item in hard):
        return True
    first, second, third = (*reading.words[:3], "", "", "")[:3]
    why = first == "why" and second in AUXILIARIES and third != "you"
    if why or (first in ("did", "do") and (second, third) == ("you", "know")):
        return any(_says_something(item, library) for item in reading.items)
    named = any(item.kind == "name" and _says_something(item, library) for item in reading.items)
    return named and reading.verb and first in ("why", "how", "what", "when")


def _is_wish(reading: Reading) -> bool:
    greeting = reading.first in _GREETINGS and len(reading.items) <= 4
    return greeting or reading.words[:2] == ("see", "you") or bool(WISHES.intersection(reading.words[:3]))


def _is_date(item: Item) -> bool:
    return item.quantity is not None and item.quantity.unit == "date"


def is_imperative(reading: Reading, library: Library) -> bool:
    """Whether a sentence asks the reader to do something."""
    said = [word for word in reading.words[:8] if word not in _OPENERS]
    if not said or said[0] not in IMPERATIVES or said[:2] == ["do", "not"]:
        return False
    second = said[1] if len(said) > 1 else ""
    if not second or second in _OBJECTS:
        return True
    if any(said[0] in name and second.rstrip("s") in name for name in library.names):
        return False
    return not any(word in _FINITE or (word in VERBS and word.endswith("s")) for word in said[1:4])


def _states_more(reading: Reading, library: Library) -> bool:
    """Whether something is stated behind a wish: "… because it keeps tea hot", "… and we deliver tomorrow"."""
    if not _CAUSES.intersection(reading.words[1:]):
        return False
    later = [item for item in reading.items if item.predicate > 0 and _says_something(item, library)]
    return any(item.concepts[0] not in library.headings for item in later)

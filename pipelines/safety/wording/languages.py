"""In which language a text is, by its small words and its script: enough to see a wrong one, offline and in no time."""

from __future__ import annotations

import re
import unicodedata

# The most frequent words that are rarely written in another of these languages.
_SMALL_WORDS = {
    "en": "the and of to is you your for with we our are that this it have has from at by be not on can will what "
    "which there more about would they their if when how been was were an or any please here see find each every",
    "de": "der die das und ist nicht sie wir ein eine einen einem einer mit fur auf den dem des zu im von ihr ihre "
    "ihnen unser unsere bei auch als oder aus nach wie wird werden haben hat sind zum zur noch nur kann mehr jetzt "
    "uber bis durch wenn aber sich ich es",
    "fr": "le la les des et est vous votre vos nous notre nos pour avec dans sur une un du que qui ne pas plus ce "
    "cette ces au aux par sont avez avons tout tous chez sans mais ou etre leur ils elle son sa ses de en",
    "es": "el la los las y es de que en un una por con para su sus no se lo del al nuestro nuestra nuestros tu te "
    "usted mas como pero esta este son hay muy sin sobre desde hasta tambien ya le les nos ha han",
    "it": "il lo la gli le e di che un una per con non si del della dei delle nel nella al alla sono sei vostro nostra "
    "nostro piu come ma anche questo questa da ha abbiamo tuo tua suo sua ci vi ogni tutto dal dalla agli",
    "nl": "de het een en van is dat niet je uw u wij we onze ons voor met op te aan in zijn bij ook als of uit naar om "
    "hebben heeft wordt worden maar nog meer deze dit over tot door kan kunt dan wat jouw er",
    "sv": "och att det en ett som pa ar av for med den inte du din ditt vi var vara till har om kan sa men de fran "
    "eller dig oss nar vid hos mer fran ska blir alla har ditt dina skulle utan efter under",
}
_SETS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_BY_WORD: dict[str, tuple[tuple[str, float], ...]] = {
    word: tuple(
        (language, 1 / sum(word in some for some in _SETS.values())) for language in _SETS if word in _SETS[language]
    )
    for word in frozenset().union(*_SETS.values())
}
_SCRIPTS = {"CJK": "zh", "HANGUL": "ko", "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "THAI": "th"}
_LETTERS = re.compile(r"[^\W\d_]")
KNOWN = frozenset({*_SETS, "ja"})
FEWEST_WORDS, LEAST_SHARE, LEAST_LEAD = 12, 0.12, 1.5


def language_of(text: str, words: tuple[str, ...]) -> str | None:
    """The language of a text, whose folded words are given too; None where it cannot be told."""
    if not text.isascii() and (by_script := _script(text)):
        return by_script
    if len(words) < FEWEST_WORDS:
        return None
    scores: dict[str, float] = {}
    hits = 0
    for word in words:
        found = _BY_WORD.get(word, ())
        hits += bool(found)
        for language, weight in found:
            scores[language] = scores.get(language, 0.0) + weight
    ranked = sorted(scores.items(), key=lambda one: -one[1])
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    sure = ranked and hits / len(words) >= LEAST_SHARE and ranked[0][1] >= LEAST_LEAD * second
    return ranked[0][0] if sure else None


def _script(text: str) -> str | None:
    """The language of a script of its own, where a third of the letters are in it."""
    letters = _LETTERS.findall(text[:5_000])
    strange = [letter for letter in letters if ord(letter) > 0x36F]
    if len(strange) * 3 < len(letters) or len(strange) < 6:
        return None
    names = [unicodedata.name(letter, "").partition(" ")[0] for letter in strange]
    if any(name in ("HIRAGANA", "KATAKANA") for name in names):
        return "ja"
    return next((code for name, code in _SCRIPTS.items() if names.count(name) * 2 > len(names)), "other")

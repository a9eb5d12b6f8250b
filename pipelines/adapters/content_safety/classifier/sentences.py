"""A normalised text cut into pieces that are judged by themselves, and their words."""

from __future__ import annotations

import re

# A quotation stays with the sentence that quotes it: what is said about it decides.
_SENTENCE = re.compile(r'(?:"[^"\n]{1,240}"|(?!\n[ ]*\n)[^.!?]|[.!?](?=\w))+[.!?"]*')
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[\"?]")
SHORTEST, LONGEST, WINDOW, STEP = 3, 30, 24, 12
ALIASES = {
    "u": "you", "ur": "your", "urself": "yourself", "ya": "you", "dont": "don't", "cant": "can't", "wont": "won't",
    "gonna": "going", "wanna": "want", "ppl": "people", "em": "them", "n": "and", "plz": "please", "pls": "please",
    "r": "are", "im": "i", "ive": "i", "gotta": "must", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't",
    "shouldnt": "shouldn't", "cos": "because",
}  # fmt: skip


def words_of(text: str) -> list[str]:
    """The words of a normalised text, with question marks and quotation marks; every number is one word."""
    return [ALIASES.get(word, word) if not word[0].isdigit() else "0" for word in _WORD.findall(text)]


def pieces(text: str) -> list[list[str]]:
    """The words of each sentence; very short ones joined, very long ones in windows that overlap."""
    found: list[list[str]] = []
    held: list[str] = []
    for sentence in _SENTENCE.findall(text):
        held += words_of(sentence)
        if len(held) >= SHORTEST:
            found.append(held)
            held = []
    if held and found:
        found[-1] = found[-1] + held
    elif held:
        found.append(held)
    return [window for piece in found for window in _windows(piece)]


def _windows(words: list[str]) -> list[list[str]]:
    if len(words) <= LONGEST:
        return [words]
    return [words[at : at + WINDOW] for at in range(0, len(words) - WINDOW + STEP, STEP)]

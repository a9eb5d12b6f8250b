"""Whether approved passages bear out a text, sentence by sentence: rules and word lists for English, no language model.

A sentence is read into items: quantities (value, unit, qualifier, what they count), words that must be borne out, and
for each whether it is negated, in which clause it stands and under which condition. A passage is read the same way,
sentence by sentence, with its title, heading and product as context. A sentence is supported if one passage sentence
holds every item with the same polarity, quantity, qualifier and subject, and no condition of the passage is dropped;
a sentence of several claims may rest on several passage sentences, each claim wholly inside one. Feelings, scenes and
filler ask for nothing; everything else does, so a word that no list knows is unsupported rather than believed.
Strict on purpose: no rounding, no inference from one number to another; "about" is allowed before the same number only.
"""

from pipelines.generation.grounding.checks import check_sentence, check_text, verify_message
from pipelines.generation.grounding.verdict import SentenceVerdict

__all__ = ["SentenceVerdict", "check_sentence", "check_text", "verify_message"]

"""What is never quoted from a passage: markup, addresses, and words that are addressed to whoever writes."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[<>{}\[\]|`\\^~*#_]|https?:|www\.|@|\b\w+\.(?:com|org|net|io|example)\b|&\w+;|\$\(|%[({]")
_PHONE = re.compile(r"\+\d{1,3}[ \d()/-]{6,}|\b0\d{2,4}[ /-]\d{3,}")
_ORDERS = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*)\b.{0,60}\b(?:previous|above|prior|earlier|all|any|rules?|"
    r"instruct\w*|guidelines?|polic\w+|verif\w+)\b"
    r"|\b(?:instructions?|prompts?|jailbreak\w*|chatbots?|language models?|assistants?|a\.?i\.? (?:model|system)|"
    r"cop(?:y|ies) (?:this|the following)|passage[_ ]ids?|cit(?:e|ation)s?|copywriters?)\b"
    r"|\bas an? (?:ai|assistant|model)\b|\byou are (?:now|an? (?:ai|assistant|model))\b"
    r"|\byou (?:must|should|shall|have to) (?:now )?"
    r"(?:say|write|output|reply|answer|respond|claim|tell|mention|print)\b"
    r"|\b(?:in|to|at the end of) (?:each|every|all) "
    r"(?:e-?mails?|messages?|repl(?:y|ies)|answers?|texts?|cop(?:y|ies))\b"
    r"|\b(?:when|if|whoever) (?:you are )?(?:summari[sz]\w+|writing|generating|drafting)\b",
    re.IGNORECASE,
)
_COMMANDING = re.compile(
    r"(?:please |now |first,? |always |never |do not |don['’]t |system: ?|user: ?|important: ?|note: ?)*"
    r"(?:ignore|disregard|forget|write|say|tell|claim|reply|respond|answer|output|print|repeat|insert|include|mention|"
    r"add|append|remember|pretend|act|start|begin|state|promise|offer|translate|summari[sz]e|reveal|click|visit|see|"
    r"read|refer|scroll|download|system|note|always|never|do not|don['’]t|please)\b",
    re.IGNORECASE,
)


def is_planted(sentence: str) -> bool:
    """Whether a sentence of a passage gives orders or carries what does not belong into copy."""
    return bool(
        _MARKUP.search(sentence) or _PHONE.search(sentence) or _ORDERS.search(sentence) or _COMMANDING.match(sentence)
    )

"""What talks to a machine was not written for readers: a model was led astray, or the next one is to be."""

from __future__ import annotations

import re

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, Severity, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.wording.folding import folded
from pipelines.safety.wording.undisguised import Undisguised

_BEFORE = r"(?:(?:all|any|every|the|your|my|our|these|those|of)\s+){0,3}"
_EARLIER = (
    r"(?:(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|system|given|other|safety)\s+)"
    r"{1,2}"
)
_ORDERS = (
    r"(?:instructions?|prompts?|directions?|directives?|guidelines?|rules?|commands?|constraints?|programming|context)"
)
_AVOID = (
    "ignor",
    "disregard",
    "forget",
    "overrid",
    "bypass",
    "neglect",
    "skip",
    "not follow",
    "n't follow",
    "stop follow",
)
# Each sign with words of which one stands in every text that it fits: most texts are done with looking for those.
_SIGNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("injected_instruction", _AVOID,
     rf"\b(?:ignore|disregard|forget|override|bypass|neglect|skip|(?:do not|don't) follow|stop following)\s+"
     rf"{_BEFORE}{_EARLIER}{_ORDERS}\b"),
    ("injected_instruction", _AVOID,
     rf"\b(?:ignore|disregard|forget|override)\s+(?:all|any|your|my|every)\s+(?:of\s+)?(?:your\s+|the\s+|my\s+)?"
     rf"{_ORDERS}\b(?! of\b)|\bstop following (?:your|all|the) {_ORDERS}\b"),
    ("injected_instruction", _AVOID,
     r"\b(?:ignore|disregard|forget)\s+(?:everything|all|anything|what)\s+(?:that\s+)?"
     r"(?:above|before|you were told|i said|said before|prior)\b"),
    ("injected_instruction", ("instruction", "note", "message", "hint"),
     r"(?:^|[\n.!?]\s*)(?:new|updated|real|additional)\s+instructions?\s*:|\b(?:secret|hidden)\s+instructions?\s*:"
     r"|\b(?:instructions?|note|message|hint)\s+(?:for|to)\s+(?:the\s+|any\s+)?(?:ai|llm|language model|ai assistant"
     r"|chatbot|spam filter|moderator|classifier|screening)\b"),
    ("injected_instruction", ("your new task", "to the ", "reviewer", "screener", "classifier", "models"),
     r"\byour new task is\b|\bto the (?:reviewing|screening|moderating|judging) (?:model|ai|llm|system)\b"
     r"|\b(?:ai|llm|automated) (?:reviewers?|screeners?|classifiers?|models?) (?:should|must|will) (?:score|rate"
     r"|pass|approve|return|output)\b"),
    ("injected_instruction", ("screening", "pre-approved", "preapproved", "no restrictions", "anything now"),
     r"\bskip (?:the |this |all |any )?screening\b|\bpre-?approved by the (?:safety|compliance|moderation)\b"
     r"|\bpretend (?:that )?you have no restrictions\b|\bdo anything now\b"),
    ("injected_instruction", ("from now on", "you are now"),
     r"\bfrom now on,? you (?:(?:will|must|should) )?(?:only )?(?:act|respond|answer|reply|obey|ignore"
     r"|pretend|output)\b"
     r"|\bfrom now on,? you are (?:dan\b|an? (?:ai|bot|model|unrestricted))|\byou are now (?:dan\b|in \w+ mode"
     r"|an? (?:ai|unrestricted|helpful)|free from|unrestricted|jailbroken)"),
    ("injected_instruction", ("mode",),
     r"\b(?:developer|debug|god|dan|jailbreak)\s+mode\s+(?:enabled|activated|on)\b(?! (?:the|your|an?)\b)"
     r"|\benable\s+(?:developer|jailbreak)\s+mode\b"),
    ("injected_instruction", ("prompt", "message", "instruction"),
     r"\b(?:reveal|print|show|repeat|output|leak|tell me|display)\s+(?:\w+\s+){0,3}(?:system|hidden|initial|secret)\s+"
     r"(?:prompt|message|instructions?)\b"),
    ("injected_instruction", ("unrestricted", "jailbroken", "unfiltered", "evil"),
     r"\b(?:pretend|act|behave|roleplay|respond)\s+(?:to be|as if you were|as though you were|as)\s+(?:an?\s+)?"
     r"(?:unrestricted|jailbroken|evil|unfiltered)"),
    ("injected_instruction", (" as safe", " as not", " as approv", " as harml", " as compl"),
     r"\b(?:classify|mark|label|rate|approve|treat)\s+this\s+"
     r"(?:(?:e-?mail|message|text|content|variant|campaign)\s+)?as\s+"
     r"(?:safe|not spam|approved|harmless|compliant)\b"),
    ("injected_instruction", ("ignor", "vergiss", "vergesst", "missachte", "oublie", "olvida"),
     r"\b(?:ignorier\w*|vergiss|vergesst|missachte)\s+(?:\w+\s+){0,3}(?:anweisung|vorgabe|instruktion|regel|befehl)"
     r"|\b(?:ignore[sz]|oublie[sz]?)\s+(?:\w+\s+){0,3}(?:instructions|consignes|regles)\b"
     r"|\b(?:ignora|olvida)\s+(?:\w+\s+){0,3}(?:instrucciones|reglas|ordenes|istruzioni)\b"),
    ("role_marker", ("<", "[inst]", "[/inst]"),
     r"<\|?\s*(?:im_start|im_end|system|endoftext|assistant|user|eot_id|begin_of_text|start_header_id)\s*\|?>|\[/?inst\]|<</?sys>>"),
    ("role_marker", ("system", "assistant", "user", "human", "##", "prompt"),
     r"(?:^|\n)\s*(?:#{1,4}\s*(?:system|assistant|user|human)|(?:system|assistant|user|human)\s*(?:prompt|message))\s*:"
     r"|(?:^|\n)\s*#{2,4}\s*(?:instructions?|response|input|system)\b|\b(?:begin|end of) (?:system )?prompt\b"
     r'|"role"\s*:\s*"(?:system|assistant|user|tool)"'),
    ("role_word", ("system", "assistant", "user", "human"), r"(?:^|\n)\s*(?:system|assistant|user|human)\s*:"),
    ("model_speaking", (" ai ", "language model", "virtual assistant", "intelligence"),
     r"\bas an? (?:ai|artificial intelligence|large language|language|ai language)\s*"
     r"(?:model|assistant)?(?=[,.]| (?:i|developed|trained)\b)"
     r"|\b(?:i am|i'm) (?:just )?an? (?:ai|language model|large language model|virtual assistant)\b"),
    ("model_speaking", ("sorry", "apolog", "request"),
     r"\bi(?:'m| am)? ?(?:sorry|apologi[sz]e),? (?:but )?i (?:cannot|can't|am unable to|am not able to) "
     r"(?:help|assist|fulfill?|comply|provide|generate|create|write|do that|continue)\b"
     r"|\bi (?:cannot|can't) (?:fulfill|assist with|comply with|help with) (?:that|this|your) request\b"),
    ("model_speaking", ("system prompt", "cutoff", "cut-off", "training data", "guidelines prevent"),
     r"\b(?:my|your|the) system prompt\b|\bmy (?:knowledge cutoff|training data|guidelines prevent)\b"
     r"|\bknowledge cut-?off\b"),
    ("model_speaking", ("here", "below is", "```"),
     r"\b(?:sure|certainly|of course|absolutely)[,!.] (?:here(?:'s| is| are)|below is) (?:the|your|a|an)\b[^.\n]{0,40}"
     r"\b(?:e-?mail|message|subject|draft|copy|version|text)\b"
     r"|\bhere(?:'s| is) (?:the|a|your) (?:revised|rewritten|updated|requested|draft)\b[^.\n]{0,30}"
     r"\b(?:e-?mail|message|draft|version)\b"
     r"|```"),
)  # fmt: skip
_PATTERNS = tuple((code, words, re.compile(sign)) for code, words, sign in _SIGNS)
_ORDERING = tuple(one for one in _PATTERNS if one[0] == "injected_instruction")
# Whoever disguises an order disguises the words by which it is told.
_TOLD = re.sub(r"\\[a-z]|\?:", " ", " ".join(sign for code, _, sign in _SIGNS if code == "injected_instruction"))
_meant = Undisguised(re.findall(r"[a-z]{2,}", f"{_TOLD} {_TOLD.replace('s?', ' ')}"))
_SENTENCES = {
    "injected_instruction": "The {place} gives orders to a machine.",
    "role_marker": "The {place} holds marks with which models tell speakers apart.",
    "role_word": "The {place} begins a line as if a machine or its user spoke.",
    "model_speaking": "The {place} holds what a model says of itself instead of a message.",
}


def check(context: ScreeningContext, rules: HouseRules) -> tuple[Finding, ...]:
    """Traces of orders to a model, of its markers and of its own voice block, seen or hidden, comments included."""
    found: dict[str, Finding] = {}
    for place, text in context.everything:
        read = folded(text)
        if place == "comments":
            read = re.sub(r"<!?\[?(?:if|endif)[^>]*>|</?[a-z][^<>]*>", " ", read)
        readings = [(read, _PATTERNS)]
        if (meant := _meant(read)) is not None:
            readings.append((meant, _ORDERING))
        for text_read, patterns in readings:
            for code, words, pattern in patterns:
                if any(word in text_read for word in words) and (hit := pattern.search(text_read)):
                    found.setdefault(code, _finding(code, place, hit[0]))
    return tuple(found.values())


def _finding(code: str, place: str, trace: str) -> Finding:
    # A data sheet may say "System: Windows 11" as well; a person sees the difference.
    severity: Severity = "review" if code == "role_word" else "block"
    return Finding("prompt_injection", code, severity, _SENTENCES[code].format(place=place), shown(trace))

"""The papers of a document: who owns it, who approved it, until when and for whom; every mistake in them is named."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.knowledge.reading.cleaning import as_id, on_one_line, visible

FIELDS = (
    "id", "title", "source", "owner", "approved_by", "approved_at", "expires_at", "audience", "locale", "product",
)  # fmt: skip
_NOTHING = ("", "~", "null")
# What people write where no name is yet; a boolean in its place would make nobody an approver.
_NOBODY = ("none", "no", "false", "n/a", "-", "?", "tbd", "pending", "open")
_ANYBODY = ("yes", "true", "y", "1")
_EVERYBODY = ("all", "everybody", "everyone", "any")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|[A-Za-z]{4}))?")
_ABOUT_APPROVAL = re.compile(r"approv|expir|valid|publish_?(from|until)")
# Narrower, for names that stand among many others: a gift card may well be "valid for" three years.
_OF_APPROVAL = ("approved_by", "approved_at", "expires_at")
_IS_APPROVAL = re.compile(
    r"approv(?:ed|al|er)|expir(?:es|y|ation)"
    r"|(?:approv(?:ed|al)|expir(?:es|y|ation)|valid|publish(?:ed)?)_?(?:on|at|by|date|day|from|until|till|to|through)"
)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Papers:
    """The fields of a document as far as they are sound, its mistakes, and remarks on what was not used."""

    document_id: str | None = None
    title: str | None = None
    source: str = ""
    owner: str = ""
    approved_by: str | None = None
    approved_at: date | None = None
    expires_at: date | None = None
    audience: tuple[str, ...] = ()
    locale: str = "en"
    product: str | None = None
    mistakes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def papers_of(raw: Mapping[str, object]) -> Papers:
    """The papers in the fields of a file, whose values are texts or lists of texts."""
    form = _Form(raw)
    approved_by, approved_at, expires_at = form.approver(), form.day("approved_at"), form.day("expires_at")
    if approved_at and expires_at and approved_at > expires_at:
        form.mistakes.append(f"approved_at {approved_at} is after expires_at {expires_at}; correct one of them")
    if not form.mistakes and (approved_by is None) != (approved_at is None):
        given, lacking = ("approved_by", "approved_at") if approved_by else ("approved_at", "approved_by")
        form.remarks.append(f"{given} stands without {lacking}, so it counts as not approved")
    return Papers(
        document_id=form.identity(),
        title=form.line("title"),
        source=form.line("source") or "",
        owner=form.line("owner") or "",
        approved_by=approved_by,
        approved_at=approved_at,
        expires_at=expires_at,
        audience=form.audience(),
        locale=form.locale(),
        product=form.line("product"),
        mistakes=tuple(form.mistakes),
        remarks=tuple(form.remarks),
    )


def misspelled(name: str) -> str | None:
    """The field that was meant by a name that is none, if one was."""
    key = name.strip().lower()
    near = difflib.get_close_matches(key, FIELDS, 1, 0.8)
    if near:
        return near[0]
    if _ABOUT_APPROVAL.search(key):
        return "approved_by, approved_at or expires_at"
    return None


def about_approval(name: str) -> bool:
    """Whether the name of a column, or of a page's meta, means who approved, from when on or until when."""
    return bool(_IS_APPROVAL.fullmatch(name) or difflib.get_close_matches(name, _OF_APPROVAL, 1, 0.8))


class _Form:
    """Takes one field after the other and keeps what is wrong with each."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.raw = {name: value for name, value in raw.items() if name in FIELDS}
        unknown = {name: misspelled(name) for name in raw if name not in FIELDS}
        self.mistakes = [f"there is no field {name!r}; write {meant}" for name, meant in unknown.items() if meant]
        unused = [name for name, meant in unknown.items() if not meant]
        self.remarks = [f"not used: {', '.join(map(on_one_line, unused))}"] if unused else []

    def line(self, field: str) -> str | None:
        """A text on one line, or None where there is none."""
        value = self.raw.get(field)
        if value is None:
            return None
        if not isinstance(value, str):
            self.mistakes.append(f"{field} is no text; write one text")
            return None
        text = on_one_line(visible(value))
        if len(text) > _LONGEST:
            self.mistakes.append(f"{field} has {len(text)} characters; write at most {_LONGEST}")
        return None if text.lower() in _NOTHING else text

    def identity(self) -> str | None:
        """The id that the author gave."""
        given = self.line("id")
        if given is not None and not _ID.fullmatch(given):
            self.mistakes.append(
                f"id {given!r} may only have letters, digits, '-' and '_', at most 80; write {as_id(given)}"
            )
        return given

    def approver(self) -> str | None:
        """The person who approved, if one is named."""
        name = self.line("approved_by")
        if name is not None and name.lower() in _ANYBODY:
            self.mistakes.append(f"approved_by is {name!r}; write the name of the person who approved")
        return None if name is None or name.lower() in _NOBODY else name

    def day(self, field: str) -> date | None:
        """A day, whatever hour may stand behind it."""
        text = self.line(field)
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            self.mistakes.append(f"{field} is {text!r}, which is no day; write it as in 2026-11-20")
            return None

    def audience(self) -> tuple[str, ...]:
        """For whom it is, in small letters; empty for everybody."""
        value = self.raw.get("audience", "")
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            self.mistakes.append("audience is no list of words; write it as in [consumer, business]")
            return ()
        named = dict.fromkeys(on_one_line(visible(word)).lower() for word in words)
        if any(word in _EVERYBODY for word in named):
            return ()
        return tuple(word for word in named if word not in _NOTHING)

    def locale(self) -> str:
        """The language, and the country where one is given."""
        text = self.line("locale") or "en"
        found = _LOCALE.fullmatch(text)
        if not found:
            self.mistakes.append(f"locale is {text!r}; write a language as in en, de or fr-CA")
            return text
        language, region = found.groups()
        if not region:
            return language.lower()
        return f"{language.lower()}-{region.upper() if len(region) == 2 else region.title()}"

"""Approved content, read as a whole: its documents and what was left out, or every mistake at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Document
from pipelines.knowledge.reading import captions, markdown, plain, tables, webpages
from pipelines.knowledge.reading.cleaning import as_id
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.files import CAPTION, SIDECAR, Content, Ignored, contents_of, text_of
from pipelines.knowledge.reading.papers import Papers

_TEXTS: dict[str, Callable[[str], Draft]] = {
    CAPTION: captions.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".txt": plain.read,
    ".html": webpages.read,
    ".htm": webpages.read,
}
_TABLES: dict[str, Callable[[str, str | None], list[Draft]]] = {".csv": tables.read_csv, ".json": tables.read_json}

Placed = tuple[Content, Draft]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds, approved or not; `remarks` tells, file by file, of fields that were not used."""

    documents: tuple[Document, ...]
    ignored: tuple[Ignored, ...]
    remarks: tuple[str, ...] = ()


def read_folder(folder: Path, brought: Sequence[Content] = ()) -> Reading:
    """All documents of a folder and its subfolders in the order of their paths, then those that people brought."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise Refusal(f"{folder} {what}; name the folder that holds the content.")
    contents, ignored = contents_of(folder)
    reading = read_contents([*contents, *brought], str(folder))
    everything = tuple(sorted((*ignored, *reading.ignored), key=lambda one: one.path))
    if not reading.documents:
        raise _nothing_in(folder, everything)
    return replace(reading, ignored=everything)


def read_contents(contents: Sequence[Content], where: str) -> Reading:
    """The documents of these files, approved or not; `where` they lie is told with their mistakes."""
    placed, empty, mistakes = _read_all(contents)
    documents = tuple(_documents(placed))
    mistakes += [f"{content.path}: {mistake}" for content, draft in placed for mistake in draft.papers.mistakes]
    mistakes += _twins(documents)
    if mistakes:
        counted = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise Refusal(f"{where} has {counted}; mend: {'; '.join(mistakes)}.")
    remarks = dict.fromkeys(f"{content.path}: {remark}" for content, draft in placed for remark in draft.papers.remarks)
    return Reading(documents, tuple(empty), tuple(remarks))


def _nothing_in(folder: Path, ignored: Sequence[Ignored]) -> Refusal:
    seen = ", ".join(f"{one.path} {one.reason}" for one in ignored[:5])
    others = f" and {len(ignored) - 5} more" if len(ignored) > 5 else ""
    kinds = ", ".join((*_TEXTS, *_TABLES))
    return Refusal(
        f"{folder} holds no document{f' ({seen}{others})' if seen else ''}; put files there that end in one of {kinds}."
    )


def _read_all(contents: Sequence[Content]) -> tuple[list[Placed], list[Ignored], list[str]]:
    """The drafts, the files without any text, and what is wrong with the files that could not be read."""
    placed: list[Placed] = []
    empty: list[Ignored] = []
    mistakes: list[str] = []
    sidecars = {content.path: content for content in contents if content.kind == SIDECAR}
    for content in contents:
        try:
            drafts = _drafts(content, sidecars)
        except Refusal as refusal:
            mistakes.append(f"{content.path}: {refusal}")
            continue
        placed += ((content, draft) for draft in drafts)
        if not drafts and content.kind != SIDECAR:
            empty.append(Ignored(content.path, "holds no text"))
    tables_beside = {_sidecar_of(content) for content in contents if content.kind in _TABLES}
    alone = sorted(sidecars.keys() - tables_beside)
    return placed, empty, [*mistakes, *(f"{path}: it has no table beside it; remove it or rename it" for path in alone)]


def _drafts(content: Content, sidecars: dict[str, Content]) -> list[Draft]:
    if content.kind == SIDECAR:
        return []
    text = text_of(content.file)
    if content.kind in _TABLES:
        beside = sidecars.get(_sidecar_of(content))
        return _TABLES[content.kind](text, text_of(beside.file) if beside else None)
    draft = _TEXTS[content.kind](text) if text.strip() else None
    if draft is None or (not draft.pieces and draft.papers == Papers()):
        return []
    if not draft.pieces:
        raise Refusal("it has fields and no text to cite; write the text below them or remove the file")
    return [draft]


def _sidecar_of(content: Content) -> str:
    return f"{content.path[: -len(content.kind)]}{SIDECAR}"


def _documents(placed: Iterable[Placed]) -> Iterator[Document]:
    """The drafts with an id each: their own, or the file's name, or its whole path where a name stands twice."""
    named = [(content, draft, draft.papers.document_id or _named_after(content, draft)) for content, draft in placed]
    # What somebody brings gives nothing else another id.
    uses = Counter(document_id for content, _, document_id in named if content.approved is None)
    for content, draft, document_id in named:
        if draft.papers.document_id is None and uses[document_id] > 1 and not (draft.name or content.approved):
            document_id = as_id(content.path)
        yield _document(content, draft, document_id)


def _named_after(content: Content, draft: Draft) -> str:
    stem = as_id(content.stem)
    return f"{stem}-{draft.name}" if draft.name else stem


def _document(content: Content, draft: Draft, document_id: str) -> Document:
    papers, approved = draft.papers, content.approved or draft.papers
    return Document(
        document_id=document_id,
        title=papers.title or draft.heading or document_id,
        pieces=draft.pieces,
        kind=draft.kind,
        path=content.path,
        source=papers.source,
        owner=papers.owner,
        approved_by=approved.approved_by,
        approved_at=approved.approved_at,
        expires_at=papers.expires_at,
        audience=papers.audience,
        locale=papers.locale,
        product=papers.product,
    )


def _twins(documents: Iterable[Document]) -> list[str]:
    paths: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        paths[document.document_id].append(document.path)
    return [
        f"{', '.join(dict.fromkeys(where))}: the id {document_id} stands {len(where)} times; give each its own"
        for document_id, where in paths.items()
        if len(where) > 1
    ]

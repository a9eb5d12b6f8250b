"""A folder as it comes from the world: everything that can be read is, everything wrong is named at once."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Document
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.reading.files import MOST_BYTES
from pipelines.knowledge.reading.folder import Reading, read_folder

PAPERS = "id: throw\ntitle: Wool throw\napproved_by: Ingrid Sommer\napproved_at: 2026-03-09\n"


def put(folder: Path, **files: str | bytes) -> Path:
    """Files by name, in which `__` stands for a dot and `_in_` for a folder."""
    for name, content in files.items():
        path = folder / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def only(reading: Reading) -> Document:
    (document,) = reading.documents
    return document


def refused(folder: Path) -> str:
    with pytest.raises(Refusal) as caught:
        read_folder(folder)
    return str(caught.value)


def test_papers_and_text_are_read_whatever_the_editor_left_in_the_file(tmp_path: Path) -> None:
    text = (
        f"---\n{PAPERS}expires_at: 2027-03-31T23:59:59Z\naudience: Consumer, business\nlocale: de_at\n---\n# Wool\n\n"
        "It costs 79.00\u00a0EUR.\u200b\n"
    )
    document = only(read_folder(put(tmp_path, throw__md=b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())))
    assert document.text == "It costs 79.00 EUR."
    assert (document.document_id, document.title, document.path) == ("throw", "Wool throw", "throw.md")
    assert (document.approved_by, document.approved_at) == ("Ingrid Sommer", date(2026, 3, 9))
    assert (document.expires_at, document.audience, document.locale) == (
        date(2027, 3, 31),
        ("consumer", "business"),
        "de-AT",
    )


def test_a_folder_of_bare_texts_is_read_and_nobody_has_approved_it(tmp_path: Path) -> None:
    folder = put(
        tmp_path, Größen_Übersicht__txt="Lindhaven\n\nThe throw weighs 900 g.", facts__md="# Facts\n\nOne fact."
    )
    reading = read_folder(folder)
    assert [(one.document_id, one.title) for one in reading.documents] == [
        ("groessen-uebersicht", "Lindhaven"),
        ("facts", "Facts"),
    ]
    passage = passages_of(reading.documents[0])[0]
    assert passage.refused_on(date(2026, 11, 20)) == "groessen-uebersicht is not approved"


def test_files_that_share_a_name_are_told_apart_by_their_path(tmp_path: Path) -> None:
    folder = put(tmp_path, de_in_faq__txt="Eins.", en_in_faq__txt="One.", en_in_faq__md="Two.", other__txt="Three.")
    assert [one.document_id for one in read_folder(folder).documents] == [
        "de-faq-txt",
        "en-faq-md",
        "en-faq-txt",
        "other",
    ]


def test_all_mistakes_of_a_folder_stand_in_one_refusal(tmp_path: Path) -> None:
    put(
        tmp_path,
        dates__md="---\napproved_by: A\napproved_at: 12.03.2026\nexpires_at: 2026-02-30\n---\nText.",
        order__md="---\napproved_at: 2026-05-01\nexpires_at: 2026-04-01\n---\nText.",
        typo__md="---\naproved_by: A\nvalid_until: 2026-01-01\n---\nText.",
        odd__md="---\nid: a/b c\nlocale: english\napproved_by: yes\n---\nText.",
        open__md="---\ntitle: Never closed\n\nText.",
        broken__md="---\ntitle: [a\n---\nText.",
        double__md="---\ntitle: a\ntitle: b\n---\nText.",
        empty__md="---\ntitle: Nothing below\n---\n\n",
        latin__txt="Größe".encode("latin-1"),
        binary__txt=b"a\0b",
        huge__txt=b"a" * (MOST_BYTES + 1),
        one__md="---\nid: twin\n---\nText.",
        two__txt="---\nid: twin\n---\nText.",
        alone__meta__yaml="title: No table",
        ragged__csv="name,price\nMug,14.50,more\n",
        image__caption__md="A photo.",
        object__json='{"name": "Mug"}',
        rows__csv="name,approved_by,approved_at\nMug,A,soon\n",
    )
    said = refused(tmp_path)
    for expected in (
        "dates.md: approved_at is '12.03.2026', which is no day; write it as in 2026-11-20",
        "dates.md: expires_at is '2026-02-30', which is no day",
        "order.md: approved_at 2026-05-01 is after expires_at 2026-04-01",
        "typo.md: there is no field 'aproved_by'; write approved_by",
        "typo.md: there is no field 'valid_until'; write approved_by, approved_at or expires_at",
        "odd.md: id 'a/b c' may only have letters, digits, '-' and '_', at most 80; write a-b-c",
        "odd.md: locale is 'english'",
        "odd.md: approved_by is 'yes'; write the name of the person",
        "open.md: the front matter has no end",
        "broken.md: the front matter is no YAML",
        "double.md: the front matter is no YAML (title stands twice",
        "empty.md: it has fields and no text to cite",
        "latin.txt: it is not UTF-8 (line 1); save it as UTF-8",
        "binary.txt: it is no text",
        "huge.txt: it has 2.0 MB",
        "one.md, two.txt: the id twin stands 2 times",
        "alone.meta.yaml: it has no table beside it",
        "ragged.csv: more cells than the header has in row 2",
        "image.caption.md: image is missing",
        "object.json: it is no table",
        "rows.csv: row 2: approved_at is 'soon'",
    ):
        assert expected in said
    assert f"{tmp_path} has 21 mistakes; mend: " in said


def test_a_lost_approval_is_no_mistake_but_is_told(tmp_path: Path) -> None:
    put(
        tmp_path,
        a__md=f"---\n{PAPERS.replace('approved_by: Ingrid Sommer', 'approved_by: pending')}tags: [x]\n---\nText.",
        b__md="---\napproved_by: ~\n---\nText.",
    )
    reading = read_folder(tmp_path)
    assert [one.approved_by for one in reading.documents] == [None, None]
    assert reading.remarks == (
        "a.md: not used: tags",
        "a.md: approved_at stands without approved_by, so it counts as not approved",
    )


def test_what_is_no_content_is_listed_with_its_reason(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "content",
        README__md="About.",
        below_in_README__md="Read.",
        photo__jpg=b"\xff\xd8\0",
        sheet__xlsx=b"PK\0",
        blank__txt=" \n\n",
        __hidden__md="Hidden.",
        __git_in_notes__md="Hidden.",
        real__md="Real.",
    )
    put(tmp_path / "outside", secret__md="Secret.", deep_in_more__md="Secret.")
    (folder / "out.md").symlink_to(tmp_path / "outside" / "secret.md")
    (folder / "far").symlink_to(tmp_path / "outside")
    (folder / "again.md").symlink_to(folder / "real.md")
    (folder / "gone.md").symlink_to(folder / "nothing.md")
    os.mkfifo(folder / "pipe.txt")
    reading = read_folder(folder)
    assert [one.path for one in reading.documents] == ["below/README.md", "real.md"]
    assert {one.path: one.reason for one in reading.ignored} == {
        "README.md": "tells about the folder",
        "photo.jpg": "is an image; what it shows is read from photo.caption.md",
        "sheet.xlsx": "is of an unknown kind",
        "blank.txt": "holds no text",
        ".hidden.md": "is hidden",
        ".git": "is hidden",
        "out.md": "is a link that leads out of the folder",
        "far": "is a link that leads out of the folder",
        "again.md": "is a link to another file of the folder",
        "gone.md": "is a link that leads nowhere",
        "pipe.txt": "is no ordinary file",
    }


def test_a_mounted_folder_of_links_into_its_hidden_part_is_read(tmp_path: Path) -> None:
    put(tmp_path / "..2026_11", throw__md="Text.")
    (tmp_path / "throw.md").symlink_to(tmp_path / "..2026_11" / "throw.md")
    assert only(read_folder(tmp_path)).text == "Text."


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.write_text("x"), "is a file, not a folder"),
        (lambda path: path.mkdir(), "holds no document"),
        (lambda path: put(path, README__md="x", notes__docx="x"), "holds no document"),
    ],
)
def test_no_folder_with_content_is_refused(tmp_path: Path, make, said: str) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "content")
    assert said in refused(tmp_path / "content")


def test_hashes_tell_changed_words_from_changed_papers(tmp_path: Path) -> None:
    def read(papers: str, text: str) -> Document:
        return only(read_folder(put(tmp_path, throw__md=f"---\n{papers}---\n{text}")))

    before = read(PAPERS, "It costs 79.00 EUR.")
    approved_later = read(PAPERS.replace("03-09", "03-10"), "It costs 79.00 EUR.")
    rewritten = read(PAPERS, "It costs 89.00 EUR.")
    assert approved_later.content_hash == before.content_hash != rewritten.content_hash
    assert approved_later.metadata_hash != before.metadata_hash == rewritten.metadata_hash

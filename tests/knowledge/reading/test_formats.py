"""Each format gives what its reader would see of it, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Piece
from pipelines.knowledge.reading import captions, markdown, plain, tables, webpages


def test_markdown_keeps_what_an_author_set_apart() -> None:
    draft = markdown.read(
        "# Wool throw\n\nFirst *line*\nof one [paragraph](https://example.org).\n\n## Care\n\n"
        "- Air it.\n- Dry it\n  - flat\n\n"
        '### In words\n\n> "Warm."\n> — Clara, Bremen\n\n## Prices\n\n| Product | price (EUR) |\n|---|---|\n'
        "| Throw | ~~99.00~~ 79.00 |\n\n<div hidden>\n\nSecret.\n\n</div>\n<!-- note -->\n"
    )
    assert draft.heading == "Wool throw"
    assert draft.pieces == (
        Piece("First line of one paragraph."),
        Piece("Air it.\nDry it\nflat", "Care"),
        Piece('"Warm." — Clara, Bremen', "Care / In words", "quote"),
        Piece("Throw: price 79.00 EUR.", "Prices", "row"),
    )


# Whatever Markdown is made of, in whatever order; without a tag it is read block by block, without a page.
MARKDOWN = (
    "word", "Zwei Wörter", " ", "  ", "\n", "\n\n", "  \n", "\\\n", "# ", "###### ", "- ", "1. ", "> ", "    ", "\t",
    "`", "```\n", "*", "**", "_", "~~", "[a](http://b)", "[a]", "[a]: http://c\n",
    "![alt *x*](i.png)", "&amp;", "&#8203;", "&nbsp;", "e&#769;",
    "|a|b|\n|-|-|\n|1|2|\n", "---\n", "===\n", "\\*", "\\<", "“q”", "<http://x.y>", "a & b", "< ", ">", "~",
)  # fmt: skip
TAGS = ("<b>", "</b>", "<div hidden>", "</div>", "<!-- c -->", "<main>", "<style>p{display:none}</style>", "<br>")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(MARKDOWN), max_size=20) | st.lists(st.sampled_from(MARKDOWN + TAGS), max_size=20))
def test_markdown_is_what_its_page_is(parts: list[str]) -> None:
    body = "".join(parts)
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(body)
    assert markdown.pieces_of(body) == webpages.pieces_of(page)


def test_html_that_no_parser_takes_is_refused() -> None:
    with pytest.raises(Refusal, match="HTML that cannot be read .*begins with '<!'"):
        markdown.read("The throw weighs 900 g.\n\n<div>\n<![note Secret.\n</div>\n")


def test_a_page_gives_only_what_a_visitor_sees() -> None:
    draft = webpages.read(
        """<html lang="de-DE"><head><title>Shop</title><meta name="approved_by" content="A"><meta name="viewport"
        content="w"><meta name="approved_at" content="2026-01-01"><script>var a = "script";</script>
        <style>@media print { .seen { display: none } } .x, #y { color: red; display: none }</style></head><body>
        <nav>navigation</nav><h1>Throw</h1><p>It costs<br>79&nbsp;EUR<!-- comment -->.</p><p hidden>hidden</p>
        <p style="Display : None">styled</p><div class="x"><p>sheet</p></div><p id="y">sheet</p>
        <p class="seen">Seen.</p>
        <p style="position:absolute; left:-9999px">offscreen</p><p style="opacity: 0.9">Pale.</p>
        <p aria-hidden="true">aria</p><noscript>noscript</noscript><template>template</template>
        <p>Old <del>99</del> price
        <p>Unclosed.<blockquote><p>Warm.</p><footer>Clara</footer></blockquote>
        <table><caption>c</caption><tr><th>Size</th><th>Chest (cm)</th></tr><tr><th>M</th><td>96</td></tr></table>
        <dl><dt>Weight</dt><dd>900 g</dd></dl><figure><img alt="x"><figcaption>In moss.</figcaption></figure>
        <footer>footer</footer></body></html>"""
    )
    assert draft.pieces == (
        Piece("It costs\n79 EUR."),
        Piece("Seen."),
        Piece("Pale."),
        Piece("Old price"),
        Piece("Unclosed."),
        Piece("Warm. Clara", kind="quote"),
        Piece("Size M: Chest 96 cm.", kind="row"),
        Piece("Weight: 900 g.", kind="row"),
        Piece("In moss.", kind="caption"),
    )
    papers = draft.papers
    assert (papers.title, papers.locale, papers.approved_by, papers.mistakes) == ("Shop", "de", "A", ())


def test_a_page_shows_the_number_of_a_list_that_may_be_a_day() -> None:
    _, pieces = webpages.pieces_of(
        "<ol start=24><li><p>Dezember: <b>Schluss</b>.</p></li><li></li></ol><p>Danke.</p><ol><li>Eins<li>Zwei</ol>"
    )
    assert [piece.text for piece in pieces] == ["24. Dezember: Schluss.", "Danke.", "Eins\nZwei"]


def test_a_cell_that_spans_rows_or_columns_shifts_no_label() -> None:
    _, pieces = webpages.pieces_of(
        "<table><tr><th>Product</th><th>Size</th><th>price (EUR)</th></tr>"
        "<tr><td rowspan=2>Throw</td><td>S</td><td>50</td></tr><tr><td>L</td><td>80</td></tr>"
        "<tr><td>Mug</td><td colspan=2>sold out</td></tr><tr><td rowspan=0 colspan=x>Tray</td><td>M</td></tr></table>"
    )
    assert [piece.text for piece in pieces] == [
        "Throw: Size S; price 50 EUR.", "Throw: Size L; price 80 EUR.", "Mug: Size sold out.", "Tray: Size M.",
    ]  # fmt: skip


def test_deep_nesting_exhausts_nothing() -> None:
    _, pieces = webpages.pieces_of("<div>" * 5000 + "Deep." + "</div>" * 5000)
    assert pieces == (Piece("Deep."),)


def test_comments_without_end_are_refused_before_they_are_looked_for() -> None:
    with pytest.raises(Refusal, match="opens 50,000 comments that nothing closes"):
        webpages.pieces_of("<p>Seen.</p><!-- closed -->" + "<!--" * 50_000)
    assert webpages.pieces_of("<!-- one -->" * 200 + "<p>Seen.</p>") == (None, (Piece("Seen."),))


def test_very_many_columns_are_looked_through_once() -> None:
    began = time.process_time()
    with pytest.raises(Refusal, match="k7 stand twice"):
        tables.read_csv("".join(f"k{number}," for number in range(60_000)) + "k7\n", None)
    # Some hundredths of a second; counted anew for each name, it was half a minute.
    assert time.process_time() - began < 3


def test_plain_text_knows_wrapped_lines_from_lines_that_are_meant() -> None:
    draft = plain.read(
        "Questions\n\nCan I return it?\nYes, within 30 days.\n\n"
        "This line is as long as an editor made it before it broke the\n"
        "Sentence here.\n\n- Wool\n- Linen, woven\n  in Portugal\n2. Oak\n\nWool throw 79.00 EUR\nTeapot 34.00 EUR\n"
    )
    assert draft.heading == "Questions"
    assert [piece.text for piece in draft.pieces] == [
        "Can I return it?\nYes, within 30 days.",
        "This line is as long as an editor made it before it broke the Sentence here.",
        "Wool\nLinen, woven in Portugal\nOak",
        "Wool throw 79.00 EUR\nTeapot 34.00 EUR",
    ]


def test_a_first_line_with_a_figure_stays_a_fact() -> None:
    draft = plain.read("Wool throw 79.00 EUR\n\nTeapot 34.00 EUR")
    assert (draft.heading, len(draft.pieces)) == (None, 2)


def test_a_caption_belongs_to_an_image() -> None:
    draft = captions.read("---\nimage: throw.jpg\n---\nThe throw in moss.")
    assert (draft.pieces, draft.papers.source) == ((Piece("The throw in moss.", kind="caption"),), "throw.jpg")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_its_papers_beside_it_is_one_document(delimiter: str) -> None:
    rows = [
        ["name", "product", "price (EUR)", "weight"],
        ["Wool throw", "throw", "79.00", "900 g"],
        ["Gift card", "", "50.00"],
        ["", ""],
    ]
    (draft,) = tables.read_csv("\n".join(map(delimiter.join, rows)), "id: products\napproved_by: A")
    assert draft.papers.document_id == "products"
    assert draft.pieces == (
        Piece("Wool throw: price 79.00 EUR; weight 900 g.", kind="row", product="throw"),
        Piece("Gift card: price 50.00 EUR.", kind="row"),
    )


def test_papers_beside_the_rows_of_a_table_are_not_passed_over() -> None:
    with pytest.raises(Refusal, match="the fields expires_at stand beside the rows, where nobody reads them"):
        tables.read_json('{"Expires at": "2026-12-31", "note": "x", "rows": [{"name": "Mug"}]}', "id: mugs")


def test_rows_with_papers_of_their_own_are_documents_of_their_own() -> None:
    first, second = tables.read_json(
        '{"rows": [{"name": "Mug", "price (EUR)": 14.50, "dishwasher safe": true, "Approved By": "A", '
        '"approved_at": "2026-01-01", "audience": ["business"]}, '
        '{"name": "Cup", "price (EUR)": null, "id": "\\u0000c"}]}',
        None,
    )
    assert first.pieces == (Piece("Mug: price 14.50 EUR; dishwasher safe yes.", kind="row"),)
    assert (first.name, first.papers.approved_by, first.papers.audience) == ("mug", "A", ("business",))
    assert (second.papers.document_id, second.papers.approved_by, second.pieces[0].text) == ("c", None, "Cup.")


@pytest.mark.parametrize("header", ["expires", "Expiry date", "valid until", "approved", "publish_until", "aproved_by"])
def test_a_column_that_means_an_approval_is_no_fact(header: str) -> None:
    (draft,) = tables.read_csv(f"name,price,{header}\nMug,14,2026-12-31\n", None)
    assert "there is no field" in draft.papers.mistakes[0]
    (draft,) = tables.read_csv("name,valid for,validity,products\nGift card,3 years,all shops,2\n", None)
    assert (draft.pieces[0].text, draft.papers.mistakes) == (
        "Gift card: valid for 3 years; validity all shops; products 2.", (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metas", "mistakes", "remarks"),
    [
        ("msvalidate.01 og:locale DC.source google-validation Generator viewport", 0, ()),
        ("Title Approved-By approved_at AUDIENCE", 0, ()),
        ("expires", 1, ()),
        ("titel product-id", 0, ("not used: product_id, titel",)),
    ],
)
def test_of_the_metas_of_a_page_only_those_of_ours_count(metas: str, mistakes: int, remarks: tuple[str, ...]) -> None:
    head = "".join(f'<meta name="{name}" content="2026-01-01">' for name in metas.split())
    papers = webpages.read(f"<html><head>{head}</head><body><p>The throw weighs 900 g.</p></body></html>").papers
    assert (len(papers.mistakes), papers.remarks) == (mistakes, remarks)
    if "Title" in metas:
        assert (papers.title, papers.approved_by, papers.audience) == ("2026-01-01", "2026-01-01", ("2026-01-01",))


def test_columns_of_sentences_are_read_as_sentences() -> None:
    (draft,) = tables.read_csv("question,answer\nIs it wool?,Yes. It is lambswool.\n", None)
    assert draft.pieces[0].text == "Is it wool? Yes. It is lambswool."
    (draft,) = tables.read_json('[{"id": "a", "text": "The throw weighs 900 g."}]', None)
    assert draft.pieces[0].text == "The throw weighs 900 g."


@pytest.mark.parametrize(
    ("text", "sidecar", "said"),
    [
        ("name,,price\na,b,c", None, "column 2 has no name"),
        ("name,price,price\na,b,c", None, "the columns price stand twice"),
        ("name,owner\na,b", "title: T", "the columns owner hold fields, as the .meta.yaml file does"),
        ('name,price\n"a', None, "it is no CSV"),
        ("name,Expires\na,2026-12-31", "id: t", "the columns expires hold fields"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(text: str, sidecar: str | None, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        tables.read_csv(text, sidecar)


@pytest.mark.parametrize("read", [plain.read, markdown.read])
def test_the_day_at_the_beginning_of_a_line_is_no_number_of_a_list(read) -> None:
    said = "24. Dezember 2026 ist der letzte Bestelltag."
    assert [piece.text for piece in read(f"Wir liefern.\n\n{said}\n").pieces] == ["Wir liefern.", said]
    for alone in (said.replace("24", "1"), "3. Liga und Pokal.", "1. Dezember: Start.\n2. Dezember: Versand."):
        assert [piece.text for piece in read(f"Wir liefern.\n\n{alone}\n\nDanke.\n").pieces][1] == alone
    (listed,) = read("1. Warm.\n2. Soft.\n").pieces
    assert listed.text == "Warm.\nSoft."

"""`liftline knowledge …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands import knowledge_documents
from pipelines.commands.screen import AS_JSON, err, out, print_json, print_table

app = typer.Typer(help="Approved content, and what is found in it.", no_args_is_help=True)

TENANT = Annotated[str, typer.Option(help="Whose knowledge.")]
LONGEST_SHOWN = 160


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(help="Folder of approved content: Markdown, HTML, text, CSV, JSON.")],
    tenant: TENANT,
    as_json: AS_JSON = False,
) -> None:
    """Make the tenant's knowledge what the folder holds, all of it in one moment."""
    from pipelines.commands.opening import open_services
    from pipelines.knowledge import run

    show_index(run.index_folder(open_services().library, tenant, folder).to_json(), as_json=as_json)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="The question.")],
    tenant: TENANT,
    limit: Annotated[int, typer.Option("-k", help="How many passages at most.")] = 10,
    audience: Annotated[list[str] | None, typer.Option(help="For whom; may be given several times.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language, as in en, de or fr-CA.")] = None,
    product: Annotated[list[str] | None, typer.Option(help="About which products; may be given several times.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Find the passages that answer best, by words and by meaning."""
    from pipelines.commands.opening import open_services
    from pipelines.contracts import PassageFilters
    from pipelines.knowledge import run

    services = open_services()
    filters = PassageFilters(services.clock().date(), tuple(audience or ()), locale, tuple(product or ()))
    found = run.search(services.library, tenant, text, filters, limit)
    results = [
        {
            "passage_id": hit.passage.passage_id,
            "document_id": hit.passage.document_id,
            "score": round(hit.score, 6),
            "keyword_rank": hit.keyword_rank,
            "vector_rank": hit.vector_rank,
            "text": hit.passage.text,
        }
        for hit in found
    ]
    if as_json:
        print_json({"results": results})
        return
    print_table(
        f"{len(results)} passages",
        ("passage", "score", "by words", "by meaning", "text"),
        [
            (
                hit["passage_id"],
                f"{hit['score']:.4f}",
                _rank(hit["keyword_rank"]),
                _rank(hit["vector_rank"]),
                _short(str(hit["text"])),
            )
            for hit in results
        ],
    )


@app.command()
def evaluate(
    questions: Annotated[Path, typer.Option(help="YAML of questions with the documents that answer them.")],
    tenant: TENANT,
    as_json: AS_JSON = False,
) -> None:
    """Measure how well labelled questions are answered: nDCG@10 of both ways together and of each alone."""
    from pipelines.commands.opening import open_services
    from pipelines.knowledge import run

    measured = run.evaluate(open_services().library, tenant, questions).to_json()
    if as_json:
        print_json(measured)
        return
    ways = [(way, f"{score:.3f}") for way, score in measured["ndcg"].items()]
    print_table(f"nDCG@10 over {measured['questions']} questions", ("search", "nDCG@10"), ways)
    worst = [(text, f"{score:.3f}") for text, score in measured["worst"]]
    print_table("Answered worst", ("question", "nDCG@10"), worst)


for command in ("bring", "documents", "approve", "reject", "withdraw"):
    app.command(command)(getattr(knowledge_documents, command))


def show_index(summary: dict[str, Any], *, as_json: bool) -> None:
    """What came of an indexing, for a person or a machine."""
    if as_json:
        print_json(summary)
        return
    print_table(
        f"{summary['documents']:,} documents, {summary['passages']:,} passages in {summary['seconds']:.1f} s",
        ("passages", "number"),
        [(word, summary[word]) for word in ("added", "changed", "unchanged", "removed", "embedded")],
    )
    if summary["not_citable"]:
        rows = [(one["document_id"], one["reason"]) for one in summary["not_citable"]]
        print_table("Kept, but not found now", ("document", "why"), rows)
    for remark in summary["remarks"]:
        err.print(remark, highlight=False, markup=False)
    for ignored in summary["ignored"]:
        out.print(f"Not read: {ignored['path']} {ignored['reason']}", highlight=False, markup=False)


def _rank(rank: object) -> str:
    return "-" if rank is None else str(rank)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"

"""Marts: what each column means, some of one's own rows, and all of them as a file."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from liftline_console.callers import Caller
from liftline_console.guarding import page_router
from liftline_console.pages.reports import DOCS_POLICY
from liftline_console.permissions import needs
from liftline_console.problems import missing
from liftline_console.rendering import page
from pipelines.reporting import browsing

router = page_router()
Reader = Annotated[Caller, needs("marts.read")]
Name = Annotated[str, Path(pattern="^[a-z0-9_]{1,63}$")]


@router.get("/marts")
def marts(request: Request, caller: Reader) -> HTMLResponse:
    """All marts."""
    newsroom = request.app.state.console.services.newsroom
    return page(
        request, "marts.html", title="Marts", marts=browsing.marts(newsroom.project),
        docs=(newsroom.docs / "index.html").exists(),
    )  # fmt: skip


@router.get("/marts/docs")
def docs(request: Request, caller: Reader) -> Response:
    """The pages that dbt makes of the project; they hold no row of anybody."""
    path = request.app.state.console.services.newsroom.docs / "index.html"
    if not path.exists():
        raise missing("description of the marts yet")
    return Response(path.read_bytes(), media_type="text/html", headers={"Content-Security-Policy": DOCS_POLICY})


@router.get("/marts/{name}")
def mart(request: Request, caller: Reader, name: Name) -> HTMLResponse:
    """One mart, its columns and a sample."""
    newsroom = request.app.state.console.services.newsroom
    found = _found(request, name)
    rows = browsing.sample(newsroom.database, caller.tenant, found)
    return page(
        request, "mart.html", title=name, mart=found, rows=rows, chart=browsing.CHARTS.get(name) if rows else None
    )


@router.get("/marts/{name}/rows.csv")
def rows(request: Request, caller: Reader, name: Name) -> StreamingResponse:
    """All rows of the tenant."""
    newsroom = request.app.state.console.services.newsroom
    lines = browsing.lines(newsroom.database, caller.tenant, _found(request, name))
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=disposition)


@router.get("/marts/{name}/chart.svg")
def chart(
    request: Request, caller: Reader, name: Name, look: Annotated[Literal["light", "dark"], Query()] = "light"
) -> Response:
    """What the sample looks like."""
    newsroom = request.app.state.console.services.newsroom
    drawn = browsing.drawn(newsroom.database, caller.tenant, _found(request, name), dark=look == "dark")
    if drawn is None:
        raise missing("chart of this mart")
    return Response(drawn, media_type="image/svg+xml")


def _found(request: Request, name: str) -> browsing.Mart:
    found = browsing.mart(request.app.state.console.services.newsroom.project, name)
    if found is None:
        raise missing("such mart")
    return found

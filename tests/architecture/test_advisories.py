"""`make advisories` asks about each pin, over uv's own HTTP, and fails where something is known or nobody answers."""

import json

import pytest

from pipelines.settings import PROJECT
from tests.architecture.advisories import main, pins
from tests.doubles.local_server import LocalServer, QuietHandler, serving

KNOWN = {"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}
ABOUT = {**KNOWN, "published": "2026-01-01T00:00:00Z", "summary": "A template leaves its sandbox"}


class Database(LocalServer):
    """Answers in the shape of OSV: of each package and version whether something is known of it."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[tuple[str, str]] = []
        self.knows: set[str] = set()


class _Handler(QuietHandler):
    server: Database

    def do_POST(self) -> None:  # noqa: N802
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        named = [(one["package"]["name"], one["version"]) for one in queries]
        self.server.asked += named
        self._say({"results": [{"vulns": [KNOWN]} if name in self.server.knows else {} for name, _ in named]})

    def do_GET(self) -> None:  # noqa: N802
        self._say(ABOUT)

    def _say(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def osv():
    with serving(Database()) as server:
        yield server


def audit(server):
    return main(["--service-url", server.url])


def test_each_pin_is_asked_about(osv):
    assert audit(osv) == 0
    pinned = pins((PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    assert sorted(osv.asked) == sorted(pinned)
    assert len(pinned) > 250


def test_what_is_known_is_told_by_name_and_fails(osv, capfd):
    osv.knows = {"jinja2"}
    assert audit(osv) == 1
    told = capfd.readouterr().out
    assert "jinja2 3." in told
    assert "A template leaves its sandbox" in told


def test_no_answer_is_no_good_news(osv, monkeypatch):
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with osv.away():
        assert audit(osv) == 2

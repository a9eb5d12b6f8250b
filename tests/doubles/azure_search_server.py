"""Azure AI Search as far as we use it, over real HTTP: it stores, filters and ranks, and fails when told to."""

from __future__ import annotations

import json
import math
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.local_server import LocalServer, QuietHandler, serving
from tests.doubles.odata import BadFilter, compiled

KEY = "an-admin-key"
Document = dict[str, Any]


@dataclass
class Fault:
    """What happens to the next request of that kind: a status, a dropped connection, or documents that fail."""

    on: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    documents: dict[int, int] = field(default_factory=dict)


class Complaint(Exception):
    """A request that the service refuses, with its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class AzureSearchServer(LocalServer):
    """Indexes in memory; `faults` are used up one a request, `lag` searches pass before uploads are found."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.indexes: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, dict[str, Document]] = {}
        self.fresh: list[tuple[str, Document]] = []
        self.faults: list[Fault] = []
        self.lag = 0
        self.requests: list[tuple[str, Any]] = []
        self.working = threading.Lock()

    def stored(self, index: str) -> list[Document]:
        """Every document of an index, found already or not."""
        return [*self.documents.get(index, {}).values(), *(one for name, one in self.fresh if name == index)]

    def fault(self, kind: str) -> Fault | None:
        found = next((fault for fault in self.faults if fault.on == kind), None)
        if found:
            self.faults.remove(found)
        return found

    # --- indexes

    def put_index(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        known = self.indexes.get(name)
        if known:
            old = {f["name"]: (f["type"], f.get("dimensions"), f.get("analyzer")) for f in known["fields"]}
            new = {f["name"]: (f["type"], f.get("dimensions"), f.get("analyzer")) for f in body["fields"]}
            if any(new.get(field) != shape for field, shape in old.items()):
                raise Complaint(400, "Existing field(s) cannot be changed.")
        keys = [f for f in body["fields"] if f.get("key")]
        if len(keys) != 1:
            raise Complaint(400, "An index has one key.")
        self.indexes[name] = body
        self.documents.setdefault(name, {})
        return (200 if known else 201), body

    # --- documents

    def index_documents(self, name: str, actions: list[Document], fails: dict[int, int]) -> tuple[int, Any]:
        if len(actions) > 1000:
            raise Complaint(400, "At most 1000 documents.")
        results = []
        for place, action in enumerate(actions):
            kind = action.pop("@search.action")
            status = fails.get(place) or self._act(name, kind, action)
            done = status < 300
            results.append(
                {
                    "key": action["key"], "status": done, "statusCode": status,
                    "errorMessage": None if done else "it failed",
                }
            )  # fmt: skip
        return (200 if all(one["status"] for one in results) else 207), {"value": results}

    def _act(self, name: str, kind: str, document: Document) -> int:
        fields = {f["name"]: f for f in self.indexes[name]["fields"]}
        if set(document) - set(fields) or not re.fullmatch(r"[A-Za-z0-9_=-]{1,1024}", document["key"]):
            return 400
        vector = document.get("embedding")
        if vector is not None and len(vector) != fields["embedding"]["dimensions"]:
            return 400
        if kind == "delete":
            self.documents[name].pop(document["key"], None)
            return 200
        if self.lag:
            self.fresh.append((name, document))
        else:
            self.documents[name][document["key"]] = document
        return 201

    # --- search

    def search(self, name: str, asked: dict[str, Any]) -> tuple[int, Any]:
        self._age()
        fields = {f["name"]: f for f in self.indexes[name]["fields"]}
        wanted = asked["select"].split(",") if asked.get("select") else []
        if any(field not in fields or fields[field].get("retrievable") is False for field in wanted):
            raise Complaint(400, "A selected field is not retrievable.")
        may = compiled(
            asked.get("filter") or "key ne null", {n for n, f in fields.items() if f.get("filterable")} | {"key"}
        )
        passing = {key: document for key, document in self.documents[name].items() if may(document)}
        if asked.get("vectorQueries") and asked.get("vectorFilterMode") != "preFilter":
            raise Complaint(400, "This double filters first only.")
        everything = asked.get("search") in (None, "", "*")
        words = {} if everything else _by_words(passing, asked["search"], self._searched(asked, fields))
        near: dict[str, float] = {}
        for query in asked.get("vectorQueries") or ():
            near = _by_meaning(passing, query["vector"], query["fields"], query["k"])
        fused = _fused(words, near) if words or near or not everything else dict.fromkeys(passing, 1.0)
        if asked.get("vectorQueries") is None and not everything:
            fused = words
        best = sorted(fused, key=lambda key: (-fused[key], key))
        semantic = asked.get("queryType") == "semantic"
        if semantic and asked.get("semanticConfiguration") not in _configurations(self.indexes[name]):
            raise Complaint(400, "There is no such semantic configuration.")
        hits = [
            self._hit(passing[key], wanted, fused[key], semantic, asked.get("debug"), words.get(key), near.get(key))
            for key in best[: asked.get("top", 50)]
        ]
        answer: dict[str, Any] = {"value": hits}
        if asked.get("count"):
            answer["@odata.count"] = len(best)
        return 200, answer

    def _age(self) -> None:
        if self.lag:
            self.lag -= 1
        if not self.lag:
            for name, document in self.fresh:
                self.documents[name][document["key"]] = document
            self.fresh.clear()

    def _searched(self, asked: dict[str, Any], fields: dict[str, Any]) -> list[str]:
        names = asked["searchFields"].split(",") if asked.get("searchFields") else list(fields)
        return [name for name in names if fields[name].get("searchable") and fields[name]["type"] == "Edm.String"]

    def _hit(self, document, wanted, score, semantic, debug, by_words, by_meaning) -> Document:
        hit = {name: document.get(name) for name in wanted} | {"@search.score": score}
        if semantic:
            hit["@search.rerankerScore"] = min(4.0, 60 * score)
        if debug == "vector":
            parts: dict[str, Any] = {"text": None if by_words is None else {"searchScore": by_words}, "vectors": []}
            if by_meaning is not None:
                parts["vectors"] = [{"embedding": {"searchScore": by_meaning, "vectorSimilarity": by_meaning}}]
            hit["@search.documentDebugInfo"] = {"vectors": {"subscores": parts}}
        return hit


def _configurations(index: dict[str, Any]) -> set[str]:
    return {one["name"] for one in (index.get("semantic") or {}).get("configurations", [])}


def _tokens(text: str) -> list[str]:
    return [word.rstrip("s") if len(word) > 3 else word for word in re.findall(r"\w+", text.lower())]


def _by_words(documents: dict[str, Document], text: str, fields: list[str]) -> dict[str, float]:
    bags = {k: Counter(_tokens(" ".join(d.get(f) or "" for f in fields))) for k, d in documents.items()}
    asked = set(_tokens(text))
    held = {word: sum(word in bag for bag in bags.values()) for word in asked}
    scores = {
        key: sum(
            math.log(1 + (len(bags) - held[word] + 0.5) / (held[word] + 0.5)) * 2.2 * bag[word] / (bag[word] + 1.2)
            for word in asked
        )
        for key, bag in bags.items()
    }
    return {key: score for key, score in scores.items() if score > 0}


def _by_meaning(documents: dict[str, Document], vector: list[float], field: str, k: int) -> dict[str, float]:
    near = {
        key: 1 / (2 - sum(a * b for a, b in zip(document[field], vector, strict=True)))
        for key, document in documents.items()
    }
    return dict(sorted(near.items(), key=lambda pair: -pair[1])[:k])


def _fused(*rankings: dict[str, float]) -> dict[str, float]:
    fused: dict[str, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(sorted(ranking, key=lambda key: (-ranking[key], key)), 1):
            fused[key] = fused.get(key, 0.0) + 1 / (60 + rank)
    return fused


class _Handler(QuietHandler):
    server: AzureSearchServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("list", lambda _: (200, {"value": [{"name": name} for name in self.server.indexes]}))

    def do_PUT(self) -> None:
        name = re.findall(r"/indexes\('([^']+)'\)", self.path)[0]
        self._answer("define", lambda body: self.server.put_index(name, body))

    def do_POST(self) -> None:
        name, action = re.findall(r"/indexes\('([^']+)'\)/docs/search\.(index|post\.search)", self.path)[0]
        if action == "index":
            self._answer("index", lambda body: self._index(name, body))
        else:
            self._answer("search", lambda body: self.server.search(self._known(name), body))

    def _known(self, name: str) -> str:
        if name not in self.server.indexes:
            raise Complaint(404, "There is no such index.")
        return name

    def _index(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        fault = self.server.fault("documents")
        return self.server.index_documents(self._known(name), body["value"], fault.documents if fault else {})

    def _answer(self, kind: str, act: Any) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(sent) if sent else None
        with self.server.working:
            self.server.requests.append((kind, json.loads(sent) if sent else None))
            fault = self.server.fault(kind)
            if fault and fault.drop:
                self.close_connection = True
                self.connection.close()
                return
            status, answer, headers = 403, {"error": {"code": "Forbidden", "message": "No."}}, {}
            if fault:
                status, headers = fault.status, fault.headers
            elif self.headers.get("api-key") == KEY:
                try:
                    status, answer = act(body)
                except (Complaint, BadFilter) as complaint:
                    status = getattr(complaint, "status", 400)
                    answer = {"error": {"code": "BadRequest", "message": str(complaint)}}
        content = json.dumps(answer).encode()
        # Tells no time of day: that of a test stands still.
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def azure_search_server() -> Iterator[AzureSearchServer]:
    """The server, for as long as the block lasts."""
    with serving(AzureSearchServer()) as server:
        yield server

"""What OpenAI would answer: chats, embeddings, models, files and batches, by OpenAI's paths and by Azure's."""

from __future__ import annotations

import base64
import json
import random
import re
import struct
from collections import deque
from collections.abc import Callable

from tests.doubles.openai_copywriter import answer_for
from tests.doubles.openai_replies import Asked, Json, Mood, Reply, completion, fault

KEY = "sk-canary-right-key"


class OpenAIVendor:
    """The controls, and what is answered to which request; all of it may be used while requests are under way."""

    def __init__(self) -> None:
        self.key: str | None = KEY
        self.dimensions = 1536
        self.structured = True
        self.refuses: set[str] = set()
        self.batch_polls = 1
        self.batch_status = "completed"
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Json] = {}
        self._next: deque[Mood] = deque()
        self._rules: list[tuple[Callable[[Asked], bool], Mood]] = []

    def next(self, *moods: Mood) -> None:
        """The next requests are answered so, in the order in which they arrive."""
        self._next.extend(moods)

    def when(self, holds: Callable[[Asked], bool], mood: Mood) -> None:
        """Every request that this holds for is answered so; the first rule that holds is the one."""
        self._rules.append((holds, mood))

    def reply(self, asked: Asked) -> Reply:
        """What is answered to this request."""
        if self._next:
            return self._next.popleft()(asked)
        for holds, mood in self._rules:
            if holds(asked):
                return mood(asked)
        if self.key and self.key not in (asked.headers.get("api-key"), asked.headers.get("authorization", "")[7:]):
            return fault(401, "invalid_api_key", f"Incorrect API key: {asked.headers.get('authorization')}")(asked)
        return self._well(asked)

    def _well(self, asked: Asked) -> Reply:
        path = re.sub(r"^/(v1|openai(/deployments/[^/]+)?)", "", asked.path.partition("?")[0])
        if (asked.method, path) == ("POST", "/chat/completions"):
            return self._chat(asked)
        if (asked.method, path) == ("POST", "/embeddings"):
            return self._embeddings(asked)
        if (asked.method, path) == ("GET", "/models"):
            return _json({"object": "list", "data": [{"id": "gpt-4.1-mini", "object": "model"}]})
        if (asked.method, path) == ("POST", "/files"):
            return self._upload(asked)
        if (asked.method, path) == ("POST", "/batches"):
            return self._batch(asked)
        if asked.method == "GET" and path.startswith("/batches/"):
            name = path.rpartition("/")[2]
            return self._poll(name) if name in self.batches else fault(404, "not_found", f"No batch {name}.")(asked)
        if asked.method == "GET" and path.endswith("/content"):
            content = self.files.get(path.split("/")[2])
            return Reply(404) if content is None else Reply(body=content, content_type="application/octet-stream")
        return fault(404, "not_found", "Unknown path.")(asked)

    def _chat(self, asked: Asked) -> Reply:
        body = asked.json
        for name in self.refuses & set(body):
            words = f"Unsupported parameter: '{name}' is not supported with this model."
            return fault(400, "unsupported_parameter", words, param=name)(asked)
        kind = body.get("response_format", {}).get("type")
        if kind == "json_schema" and not self.structured:
            words = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
            return fault(400, None, words)(asked)
        return completion(asked, json.dumps(answer_for(body), ensure_ascii=False))

    def _embeddings(self, asked: Asked) -> Reply:
        body = asked.json
        inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
        length = body.get("dimensions", self.dimensions)
        listed = []
        for index, text in enumerate(inputs):
            drawn = random.Random(text)
            vector = [drawn.gauss(0, 1) for _ in range(length)]
            packed = base64.b64encode(struct.pack(f"<{length}f", *vector)).decode()
            as_asked = packed if body.get("encoding_format") == "base64" else vector
            listed.append({"object": "embedding", "index": index, "embedding": as_asked})
        # Not in order: the API does not promise it.
        listed.reverse()
        usage = {"prompt_tokens": sum(map(len, inputs)), "total_tokens": sum(map(len, inputs))}
        return _json({"object": "list", "data": listed, "model": body["model"], "usage": usage})

    def _upload(self, asked: Asked) -> Reply:
        boundary = re.search(r'boundary="?([^";]+)', asked.headers["content-type"])
        assert boundary is not None
        parts = asked.body.split(b"--" + boundary[1].encode())
        [content] = [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts if b"filename=" in part]
        return _json({"object": "file", "bytes": len(content), **self._keep(content), "purpose": "batch"})

    def _keep(self, content: bytes) -> Json:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return {"id": name, "filename": f"{name}.jsonl", "created_at": 1795176000, "status": "processed"}

    def _batch(self, asked: Asked) -> Reply:
        batch = {
            "id": f"batch-{len(self.batches) + 1}", "object": "batch", "status": "validating", "polls": 0,
            "created_at": 1795176000, **asked.json,
        }  # fmt: skip
        self.batches[batch["id"]] = batch
        return _json(batch)

    def _poll(self, name: str) -> Reply:
        batch = self.batches[name]
        batch["polls"] += 1
        asks = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        if batch["polls"] < self.batch_polls:
            counts = {"total": len(asks), "completed": 1, "failed": 0}
            return _json(batch | {"status": "in_progress", "request_counts": counts})
        if self.batch_status != "failed" and "output_file_id" not in batch:
            batch |= self._finish(asks)
            self.batches[name] = batch
        if self.batch_status == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "invalid_json_line", "message": "line 1"}]}
        return _json(batch | {"status": self.batch_status})

    def _finish(self, asks: list[Json]) -> Json:
        """Every ask answered as it would be alone, backwards; an expired or cancelled batch only its last half."""
        good, bad = [], []
        for at, ask in enumerate(reversed(asks)):
            line: Json = {"id": f"line-{at}", "custom_id": ask["custom_id"], "response": None, "error": None}
            if self.batch_status == "expired" and at >= len(asks) // 2:
                bad.append(line | {"error": {"code": "batch_expired", "message": "Too late."}})
            elif self.batch_status == "completed" or at < len(asks) // 2:
                head = {"authorization": f"Bearer {self.key}"}
                reply = self.reply(Asked("POST", "/v1/chat/completions", head, json.dumps(ask["body"]).encode()))
                told = {"status_code": reply.status, "request_id": f"req-{at}", "body": json.loads(reply.body)}
                (good if reply.status == 200 else bad).append(line | {"response": told})
        kept = {}
        for place, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                kept[place] = self._keep("".join(json.dumps(line) + "\n" for line in lines).encode())["id"]
        return kept


def _json(body: Json) -> Reply:
    return Reply(body=json.dumps(body).encode())

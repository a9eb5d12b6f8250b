"""The vendors of the copy (model, search, screen) behind their real wire, each of which fails by luck until healed."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, nullcontext
from random import Random
from typing import Any

from tests.doubles import content_safety_moods as screen_moods
from tests.doubles import openai_replies as model_moods
from tests.doubles.azure_search_server import KEY as SEARCH_KEY
from tests.doubles.azure_search_server import AzureSearchServer, Fault, azure_search_server
from tests.doubles.content_safety_server import KEY as SCREEN_KEY
from tests.doubles.content_safety_server import ContentSafetyServer, content_safety_server
from tests.doubles.openai_server import KEY as MODEL_KEY
from tests.doubles.openai_server import OpenAIServer, openai_server

MODEL = (
    model_moods.fault(500), model_moods.fault(503), model_moods.throttled(), model_moods.page(), model_moods.stall(),
    model_moods.drip(), model_moods.half(), model_moods.gone(), model_moods.truncated(), model_moods.raw(b"{}"),
)  # fmt: skip
SCREEN = (
    screen_moods.broken(500), screen_moods.throttled(), screen_moods.html(), screen_moods.ending("stall"),
    screen_moods.ending("gone"), screen_moods.ending("half"), screen_moods.ending("drip"),
    screen_moods.category("Hate"),
)  # fmt: skip
ODDS_OF_A_FAULT, ODDS_OF_AWAY = 0.3, 0.25


class Vendors:
    """Three vendors that fail by luck, each request by itself, until they are healed."""

    def __init__(self, luck: Random, faults: Counter[str], at: ExitStack) -> None:
        self._luck, self._faults, self._lock = luck, faults, threading.Lock()
        self.ill = True
        self.model: OpenAIServer = at.enter_context(openai_server())
        self.search: AzureSearchServer = at.enter_context(azure_search_server())
        self.screen: ContentSafetyServer = at.enter_context(content_safety_server())
        self.model.when(lambda _: self._fails("model"), lambda asked: self._one(MODEL)(asked))
        self.screen.when(lambda _: self._fails("screen"), lambda asked, right: self._one(SCREEN)(asked, right))
        self.search.fault = self._search_fault  # type: ignore[method-assign]

    def environment(self) -> dict[str, str]:
        """All chosen, each asked twice at most, none waited for for long."""
        return {
            "LANGUAGE_MODEL_PROVIDER": "openai", "EMBEDDING_PROVIDER": "openai", "OPENAI_BASE_URL": self.model.url,
            "OPENAI_API_KEY": MODEL_KEY, "OPENAI_TIMEOUT_SECONDS": "2", "OPENAI_TRIES": "2",
            "OPENAI_EMBEDDING_DIMENSIONS": "64", "LIFTLINE_MONTHLY_BUDGET_USD": "5000",
            "SEARCH_PROVIDER": "azure", "AZURE_SEARCH_ENDPOINT": self.search.url, "AZURE_SEARCH_API_KEY": SEARCH_KEY,
            "CONTENT_SAFETY_PROVIDER": "azure", "AZURE_CONTENT_SAFETY_ENDPOINT": self.screen.url,
            "AZURE_CONTENT_SAFETY_API_KEY": SCREEN_KEY, "AZURE_CONTENT_SAFETY_TIMEOUT_SECONDS": "2",
            "AZURE_CONTENT_SAFETY_TRIES": "2",
        }  # fmt: skip

    def one_away(self) -> AbstractContextManager[None]:
        """Perhaps one of them does not listen at all."""
        if not self.ill or self._luck.random() > ODDS_OF_AWAY:
            return nullcontext()
        name, vendor = self._luck.choice([("model", self.model), ("search", self.search), ("screen", self.screen)])
        self._faults[f"{name} away"] += 1
        return vendor.away()

    def _fails(self, name: str) -> bool:
        with self._lock:
            fails = self.ill and self._luck.random() < ODDS_OF_A_FAULT
            self._faults[f"{name} failing"] += fails
        return fails

    def _one(self, moods: tuple[Any, ...]) -> Any:
        with self._lock:
            return self._luck.choice(moods)

    def _search_fault(self, kind: str) -> Fault | None:
        if not self._fails("search"):
            return None
        if kind == "documents":
            return Fault(kind, documents={0: 503})
        return Fault(kind, status=self._luck.choice((429, 500, 503)), drop=self._luck.random() < 0.3)

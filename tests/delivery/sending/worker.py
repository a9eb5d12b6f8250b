"""A worker in a process of its own that is killed, as by the kernel, at a point that its caller names.

python -m tests.delivery.sending.worker JSON
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import datetime
from typing import Any

from pipelines.adapters.email.sendgrid import Account, SendGrid
from pipelines.database import Database
from pipelines.delivery import run as step
from pipelines.delivery.store import Store
from tests.delivery.sending.conftest import CAMPAIGN, NOW, Launch
from tests.doubles.sendgrid_server import KEY


def die() -> None:
    """No handler, no clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """A channel whose process ends before it asks, while it asks, or once it was answered."""

    name = "sendgrid"
    most_per_request = 2

    def __init__(self, inner: SendGrid, point: str) -> None:
        self._inner, self._point, self.taken = inner, point, 0

    def deliver_mailing(self, made: Any) -> Any:
        """The request, with an end at the point."""
        return self._around(lambda: self._inner.deliver_mailing(made))

    def deliver(self, batch: Any) -> Any:
        """The same for messages one by one."""
        return self._around(lambda: self._inner.deliver(batch))

    def _around(self, ask: Any) -> Any:
        if self._point == "after_claim":
            die()
        if self._point == "during_request":
            threading.Timer(0.3, die).start()
        receipts = ask()
        self.taken += len(receipts)
        if self._point == "after_acceptance":
            die()
        return receipts


def main(told: dict[str, Any]) -> None:
    """One run of sending."""
    point = told["point"]
    worker = Launch(Database(**told["database"]), told["tenant"])
    worker.now = datetime.fromisoformat(told["now"]) if "now" in told else NOW
    worker.deliver_by(claim_at_once=told.get("claim_at_once", worker.delivery.claim_at_once))
    worker.channel = Dying(SendGrid(Account(KEY, told["url"], timeout_seconds=told.get("timeout", 5))), point)
    kept = Store.log

    def log(self: Store, action: str, decision: str, reason: str, **more: Any) -> None:
        kept(self, action, decision, reason, **more)
        if action == {"within_claim": "delivery.claim", "within_settlement": "delivery.settle"}.get(point):
            die()

    Store.log = log  # type: ignore[method-assign]
    if told.get("waits"):
        print("ready", flush=True)
        sys.stdin.readline()
    step.send_campaign(worker.post, told["tenant"], CAMPAIGN, by="ada")
    print(worker.channel.taken)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

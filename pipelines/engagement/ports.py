"""What hearing is given: the database, the rules about robots, where it keeps what nobody claims, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.database import Database
from pipelines.engagement.policy import BotRules


@dataclass(frozen=True, slots=True)
class Listener:
    """Where events are heard, judged and passed on."""

    database: Database
    # Read when they are needed: who opts out is heard, whatever is wrong with a policy file.
    read_rules: Callable[[], BotRules]
    # Events that name nothing of ours: kept as files, for no tenant may see them.
    unclaimed: Path
    # Files of events that wait, by tenant.
    inbox: Path
    # Where the truth about simulated events is kept aside.
    simulations: Path
    # The key of the simulator's signatures.
    keys: Path
    public_key: str | None
    # The key of the receipts by which a shop names the message that led to an order.
    receipts: bytes = field(repr=False)
    # How long an answer to a message is waited for before learning counts it.
    read_answers_within: Callable[[], timedelta]
    clock: Callable[[], datetime]

    @property
    def rules(self) -> BotRules:
        """The rules about robots, or a refusal that says what is wrong with them."""
        return self.read_rules()

"""One file a person with the banners that wait for them, in the form of GrowthBook's feature payload, and signed.

What happens: a banner is delivered when it stands in the file, which is replaced in one step; delivered twice, it
stands there once. A page reads the newest as the feature `liftline_banner`, by GrowthBook's SDK or by itself, and all
as `liftline_banners`. The signature is Ed25519 over the bytes of `signed`; the public key stands beside it: a page that
pins that key notices whatever was changed on the way.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.adapters.channel_limits import Limits, rejected
from pipelines.adapters.channel_outbox import make_folder, standing, write_whole
from pipelines.contracts import Json
from pipelines.delivery.ports import OutboundMessage, Receipt

# The address is whatever opaque name the tenant has for the person.
LIMITS = Limits(characters=20_000, address=r"[^\x00-\x1f]{1,500}")
MOST_BANNERS = 20


class BannerFeeds:
    """A `Channel` whose messages are fetched instead of sent."""

    name = "feed"
    most_per_request = 1000

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"banner feed " + key).digest())

    def deliver(self, batch: Sequence[OutboundMessage]) -> Sequence[Receipt]:
        """Put each into the feed of its person."""
        folders = {self._path(message.address).parent for message in batch}
        return standing([self._put(message) for message in batch], {one for one in folders if one.is_dir()}, self._mend)

    def feed(self, address: str) -> Json:
        """What a page fetches for this person; without a banner it is as whole and as signed."""
        path = self._path(address)
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else self._signed([])

    def _put(self, message: OutboundMessage) -> Receipt:
        if objection := LIMITS.objection(message):
            return rejected(message, objection)
        banner = {
            "id": message.message_id, "headline": message.subject, "text": message.text, "html": message.html,
            "topic": message.topic, "from": message.send_at.isoformat() if message.send_at else None,
        }  # fmt: skip
        path = self._path(message.address)
        try:
            make_folder(path.parent)
            with (path.parent / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                others = [one for one in _banners(self.feed(message.address)) if one["id"] != message.message_id]
                feed = self._signed([banner, *others][:MOST_BANNERS])
                write_whole(path, json.dumps(feed, ensure_ascii=False))
        except OSError as error:
            return Receipt(message.message_id, "retry", None, "disk", self._mend(error))
        return Receipt(message.message_id, "accepted", path.stem[:32], "accepted", "It stands in the feed.")

    def _mend(self, error: OSError) -> str:
        return f"{self._folder} cannot be written ({error.strerror}); make room there or mend WEB_FEED_FOLDER."

    def _path(self, address: str) -> Path:
        name = hashlib.sha256(address.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.json"

    def _signed(self, banners: list[Json]) -> Json:
        newest = [{"id": banner["id"], "force": banner} for banner in banners[:1]]
        features = {
            "liftline_banner": {"defaultValue": None, "rules": newest},
            "liftline_banners": {"defaultValue": banners},
        }
        signed = json.dumps(features, ensure_ascii=False, separators=(",", ":"))
        signature = base64.b64encode(self._key.sign(signed.encode())).decode()
        public = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()
        proof = {"algorithm": "Ed25519", "public_key": public, "signature": signature, "signed": signed}
        return {"status": 200, "features": features, "proof": proof}


def _banners(feed: Json) -> list[Json]:
    return list(feed["features"]["liftline_banners"]["defaultValue"])

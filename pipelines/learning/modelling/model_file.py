"""A model as bytes: numbers and words in a zip, no code, never unpickled; the same model is the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.contracts import Json, Refusal
from pipelines.learning.modelling.calibration import Calibration
from pipelines.learning.modelling.encoding import Encoder
from pipelines.learning.modelling.fitting import Model
from pipelines.learning.modelling.linear import Linear
from pipelines.learning.modelling.trees import Arrays, Trees

FORM = "liftline-model-1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A model with what is told of it: its columns, its target, its figures."""

    model: Model
    about: Json

    def to_bytes(self) -> bytes:
        """The file."""
        model = self.model
        said = {
            "form": FORM, "about": self.about, "encoder": model.encoder.to_json(), "share": model.share,
            "calibration": asdict(model.calibration), "has_trees": model.trees is not None,
            "has_linear": model.linear is not None,
        }  # fmt: skip
        arrays = _named("trees", model.trees) | _named("linear", model.linear)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
            _put(packed, "model.json", json.dumps(said, ensure_ascii=False, sort_keys=True).encode())
            for name, array in sorted(arrays.items()):
                held = io.BytesIO()
                np.save(held, array, allow_pickle=False)
                _put(packed, f"{name}.npy", held.getvalue())
        return out.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes, where: str) -> Kept:
        """What a file holds; anything but a model of ours is refused."""
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as packed:
                said = json.loads(packed.read("model.json"))
                if said.get("form") != FORM:
                    raise ValueError(f"its form is {said.get('form')}")
                arrays: dict[str, Any] = {
                    name.removesuffix(".npy"): np.load(io.BytesIO(packed.read(name)), allow_pickle=False)
                    for name in packed.namelist()
                    if name.endswith(".npy")
                }
            model = Model(
                Encoder.from_json(said["encoder"]),
                Trees.from_arrays(_of("trees", arrays)) if said["has_trees"] else None,
                Linear.from_arrays(_of("linear", arrays)) if said["has_linear"] else None,
                said["share"],
                Calibration.from_json(said["calibration"]),
            )
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
            raise Refusal(
                f"{where} is no model of Liftline ({error}); train one with `liftline learning train`."
            ) from error
        return cls(model, said["about"])


def sha256_of(raw: bytes) -> str:
    """What a model's bytes are known by."""
    return hashlib.sha256(raw).hexdigest()


def write_whole(raw: bytes, path: Path) -> None:
    """The file, whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(raw)
        draft.replace(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def read_model(path: Path) -> Kept:
    """The model in a file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refusal(f"The model {path} cannot be read ({error.strerror}); check the path.") from error
    return Kept.from_bytes(raw, str(path))


def _put(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed moment: the same model is the same bytes.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed.writestr(entry, content)


def _named(prefix: str, part: Trees | Linear | None) -> Arrays:
    return {f"{prefix}.{name}": array for name, array in part.arrays().items()} if part else {}


def _of(prefix: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}

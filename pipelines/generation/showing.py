"""A variant as people will get it: previewed for one customer, or exported as templates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.contracts import Json, Refusal
from pipelines.generation import store
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.message import Message
from pipelines.generation.personas import read_personas
from pipelines.generation.ports import Studio
from pipelines.generation.rendering import Rendered, personalised, render
from pipelines.generation.rendering.preview import preview
from pipelines.generation.rendering.template_variants import TemplateVariant, template_variants
from pipelines.generation.rendering.web import body_html

# Nobody is unsubscribed by looking at a preview.
UNSUBSCRIBE, PREFERENCES = "unsubscribe?preview", "preferences?preview"
# A reader of whom nothing is known.
NOBODY: Mapping[str, Any] = dict.fromkeys(
    ("first_name", "last_name", "company", "job_title", "city", "country", "account_name")
)


def preview_variant(
    studio: Studio, tenant: str, variant_id: str, *, customer_id: str | None, folder: Path
) -> dict[str, Any]:
    """The variant as one customer would get it, written to HTML and PNG."""
    with studio.database.transaction(tenant) as connection:
        row = store.variant(connection, variant_id)
        brief = Brief.model_validate(store.campaign(connection, row["campaign_id"])["brief"])
        customer = store.somebody(connection, row, customer_id, read_personas(studio.policies))
    if row["message"] is None:
        raise Refusal(f"Variant {variant_id} has no text to preview: {row['reason']}")
    brand = studio.brand_of(tenant)
    rendered = render(Message.model_validate_json(row["message"]), brief.on(row["channel"]), brand)
    values = values_of(brand, brief, customer)
    page, picture = preview(rendered, values, folder / variant_id)
    filled = personalised(rendered, values)
    return {
        "variant_id": variant_id, "version": row["version"], "customer_id": customer["customer_id"],
        "subject": filled.subject, "html": str(page), "png": str(picture), "text": filled.text,
        "segments": filled.segments, "warnings": list(filled.warnings),
    }  # fmt: skip


def received(
    studio: Studio, tenant: str, variant_id: str, *, customer_id: str | None = None, neutral: bool = False
) -> Rendered:
    """The variant exactly as one customer would get it: the one named, one of whom nothing is known, or the first."""
    with studio.database.transaction(tenant) as connection:
        row = store.variant(connection, variant_id)
        brief = Brief.model_validate(store.campaign(connection, row["campaign_id"])["brief"])
        personas = read_personas(studio.policies)
        customer = NOBODY if neutral else store.somebody(connection, row, customer_id, personas)
    if row["message"] is None:
        raise Refusal(f"Variant {variant_id} has no text to show: {row['reason']}")
    brand = studio.brand_of(tenant)
    message = Message.model_validate_json(row["message"])
    return personalised(render(message, brief.on(row["channel"]), brand), values_of(brand, brief, customer))


def readers(studio: Studio, tenant: str, variant_id: str, *, most: int = 8) -> list[dict[str, Any]]:
    """Some customers whom a variant is for, to look at it as they would get it."""
    with studio.database.transaction(tenant) as connection:
        return store.readers(connection, store.variant(connection, variant_id), most, read_personas(studio.policies))


def audience_of(studio: Studio, tenant: str, campaign_id: str) -> dict[str, Any]:
    """The units of a campaign with how many passages each was given, and what writing for them cost so far."""
    with studio.database.transaction(tenant) as connection:
        brief = store.campaign(connection, campaign_id)["brief"]
        kept = store.kept_units(connection, campaign_id)
        spent = store.campaign_spent(connection, campaign_id)
    units = [
        {"kind": one.unit.kind, "unit_id": one.unit.unit_id, "label": one.unit.label, "size": one.unit.size,
         "description": one.unit.description, "traits": one.unit.traits, "passages": len(one.passage_ids)}
        for one in kept
    ]  # fmt: skip
    distinct = {passage for one in kept for passage in one.passage_ids}
    return {"brief": brief, "units": units, "passages": len(distinct), **spent}


def values_of(brand: Brand, brief: Brief, customer: Mapping[str, Any]) -> dict[str, str | None]:
    """What fills the slots of a message for one customer."""
    names = ("first_name", "last_name", "company", "job_title", "city", "country")
    full = " ".join(filter(None, (customer["first_name"], customer["last_name"])))
    return {
        **brand.values(),
        **{f"contact.{name}": customer[name] for name in names},
        "contact.name": full or None,
        "account.name": customer["account_name"],
        "campaign.link": brief.call_to_action.link,
        "unsubscribe.link": f"{brand.website}{UNSUBSCRIBE}",
        "preferences.link": f"{brand.website}{PREFERENCES}",
    }


def export_templates(studio: Studio, tenant: str, campaign_id: str, folder: Path) -> list[Path]:
    """One JSON file for each audience unit with its drafted variants, each of at most 50 KB; returns their paths."""
    payloads = templates_of(studio, tenant, campaign_id)
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / f"{_file_name(unit_id, payloads)}.json", payloads[unit_id]) for unit_id in payloads]


def templates_of(studio: Studio, tenant: str, campaign_id: str) -> dict[str, Json]:
    """The drafted variants of each audience unit as account-based systems take them, each of at most 50 KB."""
    with studio.database.transaction(tenant) as connection:
        brief = Brief.model_validate(store.campaign(connection, campaign_id)["brief"])
        units = [one.unit for one in store.kept_units(connection, campaign_id)]
        rows = [row for row in store.variants(connection, campaign_id) if row["status"] == "drafted"]
    if not rows:
        raise Refusal(f"Campaign {campaign_id} has no drafted variant to export.")
    brand = studio.brand_of(tenant)
    return {
        unit.unit_id: template_variants(
            unit.unit_id,
            [_template(brand, brief, row) for row in rows if row["unit_id"] == unit.unit_id],
            list(unit.traits),
        )
        for unit in units
    }


def _template(brand: Brand, brief: Brief, row: Mapping[str, Any]) -> TemplateVariant:
    message = Message.model_validate_json(row["message"])
    return TemplateVariant(
        row["variant_id"], message.subject.text, body_html(message, brand), row["strategy"],
        brief.call_to_action.text, row["confidence"],
    )  # fmt: skip


def _written(path: Path, payload: Mapping[str, Any]) -> Path:
    # Without indents: the payload was held to 50 KB as it is.
    path.write_text(json.dumps(payload, ensure_ascii=False), encoding="utf-8")
    return path


def _file_name(unit_id: str, others: Iterable[str]) -> str:
    """A name that the disk takes; where other units would get the same, each bears the digest of its id."""
    name = _as_file(unit_id)
    if sum(_as_file(other).casefold() == name.casefold() for other in others) < 2:
        return name
    return f"{name}-{hashlib.sha256(unit_id.encode()).hexdigest()[:12]}"


def _as_file(unit_id: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in unit_id).lstrip(".") or "unit"

"""Files that people write, spoilt at every place: each reader takes them or refuses in a sentence, and never breaks."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contracts import Refusal
from pipelines.delivery.policy import read_delivery_policy
from pipelines.engagement.policy import read_bot_rules
from pipelines.experiments.policy import read_experiment_policy
from pipelines.generation.brand import read_brand
from pipelines.generation.briefs import read_brief
from pipelines.generation.personas import read_personas
from pipelines.generation.prices import read_prices
from pipelines.generation.scoring import read_prior
from pipelines.learning.policy import read_learning_policy
from pipelines.outreach.policy import read_outreach_policy
from pipelines.policy_files import read_policy
from pipelines.review.policy import read_approval_policy
from pipelines.safety.guardrails.policy import read_guardrail_policies
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.queue_policy import read_queue_policy
from pipelines.safety.rule_file import read_rule_file
from pipelines.segmentation.clusters import ClusterPolicy
from pipelines.segmentation.policies import ProfilePolicy
from pipelines.segmentation.rules import read_rules

DATA = Path(__file__).parents[2] / "data"
IN_FOLDER: dict[str, Callable[[Path], object]] = {
    "approval.yaml": read_approval_policy, "bots.yaml": read_bot_rules, "content_checks.yaml": read_rule_file,
    "delivery.yaml": read_delivery_policy, "experiments.yaml": read_experiment_policy,
    "guardrails.yaml": read_guardrail_policies, "learning.yaml": read_learning_policy,
    "outreach.yaml": read_outreach_policy, "personas.yaml": read_personas, "prices.yaml": read_prices,
    "review_queue.yaml": read_queue_policy, "screening.yaml": read_screening_policy,
}  # fmt: skip
BY_PATH: dict[str, Callable[[Path], object]] = {
    "engagement_prior.yaml": read_prior, "segments_rules.yaml": read_rules, "segments_rfm.yaml": read_rules,
    "profile.yaml": lambda path: read_policy(path, ProfilePolicy, "policy file"),
    "segments_kmeans.yaml": lambda path: read_policy(path, ClusterPolicy, "policy file"),
    "../brand/default.yaml": read_brand, "../briefs/gift_card_journey.yaml": read_brief,
    "../briefs/winter_warmth.yaml": read_brief,
}  # fmt: skip
INSTEAD: tuple[Any, ...] = (["x"], {"x": "y"}, None)


def shortened(content: Any) -> Any:
    """The same with a few of many words."""
    if isinstance(content, dict):
        return {name: shortened(part) for name, part in content.items()}
    return [*map(shortened, content[: 3 if len(content) > 8 else None])] if isinstance(content, list) else content


def places(content: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field, and the first of each list: the others are read alike."""
    steps = content if isinstance(content, dict) else range(min(1, len(content))) if isinstance(content, list) else ()
    for step in steps:
        yield (*before, step)
        yield from places(content[step], (*before, step))


def spoilt(content: Any, place: tuple[Any, ...], instead: Any) -> Any:
    changed = inner = deepcopy(content)
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = instead
    return changed


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("guardrails.yaml", "objection: [objection, direct_marketing]", "objection: []", "purposes.objection"),
        ("guardrails.yaml", "sale: [sale, sharing, data_sale]", "sale: ['?']", "names no purpose"),
        ("guardrails.yaml", "[at_risk, churned]", "[at_risk, churnt]", "'churnt' is not one .*did you mean churned"),
        ("guardrails.yaml", "[at_risk, churned]", "[]", "money.vip.retention_stages"),
        ("guardrails.yaml", "consent_years: 3", "consent_years:", r"consent_years \(line \d+\): is empty"),
        ("guardrails.yaml", 'prefixes: ["+1"]', 'prefixes: ["001"]', "how a number begins, such as .1"),
        ("guardrails.yaml", "{address: email}", '{address: email, forbidden_prefixes: ["+1"]}', "holds nobody back"),
        ("guardrails.yaml", "topics: [offers,", "topics: [Offers,", "a topic such as product_updates"),
        ("guardrails.yaml", "stop_words: [stop,", "stop_words: ['!',", "no letter that an answer could hold"),
        ("guardrails.yaml", "Europe/Berlin", "Europe/Berln", "did you mean Europe/Berlin"),
        ("review_queue.yaml", "roles: [manager, director]}\n  vip", "roles: [manger]}\n  vip", "did you mean manager"),
        ("review_queue.yaml", "vip:", "vips:", "'vips' is not one of them; did you mean vip"),
        ("review_queue.yaml", "SelfHarm:", "self_harm:", "did you mean SelfHarm"),
        ("review_queue.yaml", "roles: [director]}", "roles: []}", "codes.discount_needs_director: nobody may answer"),
        ("screening.yaml", "  offline:", "  ofline:", "did you mean offline"),
        ("screening.yaml", "tenants: {}", "tenants: {Acme: {}}", "the id of a tenant in small letters"),
        ("delivery.yaml", "  default: {", "  Acme: {address: a@b.example}\n  default: {", "the id of a tenant"),
        ("delivery.yaml", "hour: {}", "hour: {'@gmail.com': 9}", "what follows the @"),
        ("delivery.yaml", "a_day: [200, 500, 1000, 2000, 5000, 10000, 20000, 40000]", "a_day: []", "warm_up_a_day"),
        ("bots.yaml", "agents: '(?i)(Google", "agents: '(?i)((Google", "is no regular expression .*; mend it"),
        ("bots.yaml", "mail_programs: '(?i)(BingPreview", "mail_programs: '' #", "finds everything|is empty"),
        ("bots.yaml", "odd_hours: [1, 4]", "odd_hours: [22, 4]", "odd_hours should begin before they end"),
        ("profile.yaml", "unknown: UTC", "unknown: UTCC", "is no time zone"),
        ("segments_rules.yaml", "is: churned", "is: churnd", "did you mean churned"),
        ("segments_rules.yaml", "{field: lifecycle_stage, is: new}", "{field: country, is: de}", "such as DE"),
        ("engagement_prior.yaml", "  sms:", "  smss:", "'smss' is not one of them; did you mean sms"),
        ("engagement_prior.yaml", "  sms: 0.05\n", "", "channels: sms is missing"),
        ("engagement_prior.yaml", "  control:", "  contrl:", "'contrl' is no strategy; did you mean control"),
    ],
)  # fmt: skip
def test_a_word_that_would_switch_a_rule_off_is_refused(
    tmp_path: Path, name: str, right: str, wrong: str, said: str
) -> None:
    text = (DATA / "policies" / name).read_text()
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong, 1))
    with pytest.raises(Refusal, match=said):
        IN_FOLDER[name](tmp_path) if name in IN_FOLDER else BY_PATH[name](tmp_path / name)


def test_words_are_taken_in_any_case_as_the_ledgers_keep_them(tmp_path: Path) -> None:
    text = (DATA / "policies" / "guardrails.yaml").read_text()
    written = text.replace("[objection, direct_marketing]", "[Objection, Direct-Marketing]")
    (tmp_path / "guardrails.yaml").write_text(written.replace("[CA, US-CA, California]", "[ca, us-ca, ' California']"))
    policies = read_guardrail_policies(tmp_path)
    assert policies.general.purposes.objection == ("objection", "direct_marketing")
    assert policies.general.laws["can_spam"].sale_opt_out_regions == ("CA", "US-CA", "CALIFORNIA")


@pytest.mark.parametrize("name", [*IN_FOLDER, *BY_PATH])
def test_whatever_stands_at_a_place_is_taken_or_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / Path(name).name
    content = shortened(yaml.load((DATA / "policies" / name).read_text(), yaml.CBaseLoader))  # noqa: S506
    path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True))
    read = (lambda: IN_FOLDER[name](tmp_path)) if name in IN_FOLDER else (lambda: BY_PATH[name](path))
    read()
    for place in places(content):
        for instead in INSTEAD:
            changed = spoilt(content, place, instead)
            path.write_text(yaml.dump(changed, Dumper=yaml.CSafeDumper, allow_unicode=True))
            with suppress(Refusal):
                read()
                assert instead is not None, f"{place} was taken though nothing stands there"


def test_every_file_that_is_shipped_is_read_by_a_test_here() -> None:
    assert {path.name for path in (DATA / "policies").glob("*.yaml")} <= {*IN_FOLDER, *BY_PATH}

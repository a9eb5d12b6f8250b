import json

import pytest

from pipelines.contracts import Refusal
from pipelines.generation.rendering.template_variants import TemplateVariant, template_variants
from pipelines.generation.rendering.web import body_html
from tests.generation.rendering.letters import BRAND, FULL, letter


def variant(body: str, name: str = "vA") -> TemplateVariant:
    return TemplateVariant(name, "Helping {{account.name}}", body, "consultative", "Book a call", 0.923456)


def test_the_shape_that_account_based_systems_take() -> None:
    made = template_variants("acc_123", [variant("<p>Hi</p>")], ["industry", "lead_stage", "industry"])
    assert made == {
        "account_id": "acc_123",
        "template_variants": [
            {
                "variant_id": "vA",
                "subject": "Helping {{account.name}}",
                "body_html": "<p>Hi</p>",
                "tone": "consultative",
                "cta": "Book a call",
                "confidence": 0.9235,
            }
        ],
        "data_used": ["industry", "lead_stage"],
    }


def test_fifty_kilobytes_an_account_and_not_a_byte_more() -> None:
    empty = len(json.dumps(template_variants("a", [variant("")], [])))
    assert template_variants("a", [variant("x" * (50_000 - empty))], [])
    with pytest.raises(Refusal, match="50,001 bytes and 50,000 is the most"):
        template_variants("a", [variant("x" * (50_001 - empty))], [])


def test_the_body_goes_out_as_safe_as_in_a_mail() -> None:
    body = body_html(FULL, BRAND)
    assert body.startswith("<h2>Evenings in, done properly</h2><p>Hello {{contact.first_name|there}}, the evenings")
    assert "<ul><li>Teapot, 34.00 EUR.</li><li>Enamel mug “Hygge”, 14.50 EUR.</li></ul><blockquote>" in body
    assert body_html(letter("<script>x</script>a <a href='//evil.example'>b</a>"), BRAND) == "<p>a b</p>"
    with pytest.raises(Refusal, match="cannot be exported: block 1.1: {x} is a single brace"):
        body_html(letter("{x}"), BRAND)

"""No value can leave its quotes: read back by a parser of its own, a filter fits what it names and nothing else."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipelines.adapters.search import odata
from pipelines.contracts import PassageFilters
from pipelines.knowledge.ports import Edition
from tests.doubles.odata import compiled

FIELDS = {
    "tenant_id",
    "edition",
    "approved_by",
    "approved_at",
    "expires_at",
    "audience",
    "locale",
    "language",
    "product_key",
    "document_id",
}
nasty = st.one_of(
    st.text(min_size=1, max_size=12), st.sampled_from(["'", "''", "a' or tenant_id ne '", "x') or ('a' eq 'a"])
)


@given(nasty, nasty, nasty, nasty)
def test_a_filter_fits_exactly_what_it_names(tenant, audience, product, document):
    filters = PassageFilters(date(2026, 11, 20), audience=(audience,), products=(product,), documents=(document,))
    fits = compiled(odata.may_be_found(tenant, Edition("e", "m", 1), filters), set(FIELDS))
    right = {
        "tenant_id": tenant, "edition": "e", "approved_by": "Ines", "approved_at": "2026-01-01T00:00:00Z",
        "expires_at": None, "audience": [audience.casefold()], "product_key": product.lower(), "document_id": document,
    }  # fmt: skip
    assert fits(right)
    for field in ("tenant_id", "edition", "product_key", "document_id"):
        assert not fits({**right, field: f"{right[field]}x"})
    assert not fits({**right, "audience": [f"{audience.casefold()}x"]})
    assert fits({**right, "audience": []})
    assert not fits({**right, "approved_by": None})
    assert not fits({**right, "expires_at": "2026-11-19T00:00:00Z"})

"""Filters that name what is not there: each is told by name, with what was probably meant."""

from pipelines.contracts import PassageFilters
from pipelines.knowledge.run import searching
from tests.knowledge.conftest import TODAY


def test_each_name_that_nothing_stands_for_is_told_with_how_to_mend_it(index, shelf, library, tenant):
    shelf.stock()
    shelf.put("plaid", "Das Wollplaid wiegt 900 Gramm.", locale="de-AT", product="Wool throw, 130x170")
    shelf.put("sale", "The Wool throw is 10 EUR cheaper.", expires_at="2026-11-19", product="Sale")
    index()
    with searching(library, tenant) as desk:
        assert (
            desk.missing(PassageFilters(TODAY, ("consumer",), "de", ("wool THROW, 130x170",), ("lamp", "plaid"))) == []
        )
        assert desk.missing(PassageFilters(TODAY, (), "nl", ("wool throw", "Sale"), ("lampe", "sale"))) == [
            "there is no document lampe (did you mean lamp?)",
            "sale expired on 2026-11-19 (have it approved and index it again, or take it out of the brief)",
            "no approved content is about the product wool throw (did you mean Wool throw, 130x170?)",
            "no approved content is about the product Sale (known are Wool throw, 130x170)",
            "no approved content is written in nl (there is de-AT, en)",
        ]

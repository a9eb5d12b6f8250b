"""What the schedule and each campaign's end keep: anchors of every ledger, and the newest export of a campaign."""

import json
from dataclasses import replace

import pytest

from pipelines.adapters.anchor_store import anchor_store
from pipelines.audit import anchoring, folder, run
from pipelines.contracts import Refusal
from pipelines.tenants.run import create_tenant
from tests.audit.test_export import full
from tests.doubles.webhook_server import webhook_server


def test_every_ledger_is_anchored_and_nothing_is_added_while_nothing_happens(book):
    empty = create_tenant(book.archive.database, f"{book.tenant}-empty").tenant_id
    book.append(3)
    for _ in range(2):
        assert run.anchor_all(book.archive, [empty, book.tenant]) == {book.tenant: 3}
    assert len(anchoring.kept(book.archive.anchors, book.tenant)) == 1
    book.append(1)
    assert run.anchor_all(book.archive, [book.tenant]) == {book.tenant: 4}
    assert [one.seq for one in anchoring.kept(book.archive.anchors, book.tenant)] == [3, 4]


@pytest.mark.parametrize("lost", ["seq > 2", "true"])
def test_a_ledger_that_lost_something_is_named_after_the_others_were_anchored(book, lost):
    other = type(book)(book.archive, create_tenant(book.archive.database, f"{book.tenant}-z").tenant_id, book.folder)
    book.append(4)
    run.anchor(book.archive, book.tenant)
    book.tamper(f"DELETE FROM audit_entries WHERE {lost} AND tenant_id = %s")
    other.append(2)
    with pytest.raises(Refusal, match=f"The audit ledger of {book.tenant} no longer holds entry 4"):
        run.anchor_all(book.archive, [book.tenant, other.tenant])
    assert [one.seq for one in anchoring.kept(book.archive.anchors, other.tenant)] == [2]


def test_every_anchor_reaches_the_store_once_and_in_order_whatever_the_store_does(book):
    with webhook_server() as server:
        archive = replace(book.archive, store=anchor_store(f"{server.url}/{{name}}?signature=secret"))
        book.append(2)
        book.export()
        server.mood = "broken"
        with pytest.raises(Refusal, match="answered 500 to a PUT") as refused:
            run.anchor_all(archive, [book.tenant])
        assert "secret" not in str(refused.value)
        server.mood = "well"
        book.append(1)
        for _ in range(2):
            run.anchor_all(archive, [book.tenant])
        stored = b"".join(body for _, body in server.taken)
        assert stored == anchoring.file_of(archive.anchors, book.tenant).read_bytes()
        assert len(server.taken) == 2
        assert server.asked[-1].startswith(f"/hook/{book.tenant}/000000000004-")
        assert server.taken[0][0]["If-None-Match"] == "*"
        # Whoever loses the mark puts everything again, and the store keeps what it has.
        anchoring.file_of(archive.anchors, book.tenant).with_suffix(".forwarded").unlink()
        server.mood = "there already"
        assert run.anchor_all(archive, [book.tenant])
        assert len(server.taken) == 2


@pytest.mark.parametrize("url", ["ftp://store.example/{name}", "https://store.example/anchors"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Refusal, match="LIFTLINE_ANCHORS_URL"):
        anchor_store(url)


def campaign_export(book):
    return run.export_campaign(book.archive, book.tenant, "spring", book.folder / "audit", by="olga")


def test_a_campaign_is_exported_again_only_when_something_was_decided(book):
    book.append(3)
    first = campaign_export(book)
    assert first.folder.parent == book.folder / "audit" / book.tenant / "spring"
    assert book.verdict(first.folder, first.anchor_file).whole
    before = book.rows()
    book.append(2, campaign="autumn")
    again = campaign_export(book)
    assert (again.folder, again.manifest["last"]) == (first.folder, 4)
    assert book.rows()[:4] == before
    assert len(book.rows()) == 6
    book.append(1)
    second = campaign_export(book)
    assert second.folder > first.folder
    assert book.verdict(first.folder).whole
    assert book.verdict(second.folder, second.anchor_file).whole
    assert second.manifest["shown"] == 6


def test_a_full_disk_leaves_the_earlier_export_and_nothing_half_done(book, monkeypatch):
    book.append(1)
    first = campaign_export(book)
    book.append(1)
    monkeypatch.setattr(folder, "write_readable", full)
    with pytest.raises(Refusal, match="nothing was left there"):
        campaign_export(book)
    assert list(first.folder.parent.iterdir()) == [first.folder]
    monkeypatch.undo()
    assert campaign_export(book).folder > first.folder


def test_a_broken_ledger_stops_the_campaign(book):
    book.append(5)
    body = book.rows()[1][4]
    book.tamper("UPDATE audit_entries SET body = 'a,b' WHERE seq = 2 AND tenant_id = %s")
    # However often it is asked: an export that shows a fault is never taken for the newest.
    for _ in range(2):
        with pytest.raises(Refusal, match="is broken: entry 2 was changed"):
            campaign_export(book)
    book.tamper("UPDATE audit_entries SET body = %s WHERE seq = 2 AND tenant_id = %s", body)
    made = campaign_export(book)
    assert (made.fault, campaign_export(book).folder) == (None, made.folder)
    # One of old does not say whether the ledger was broken.
    manifest = json.loads((made.folder / "manifest.json").read_text())
    del manifest["fault"]
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    assert campaign_export(book).folder > made.folder


def test_a_manifest_that_somebody_changed_is_not_believed(book):
    book.append(1)
    made = campaign_export(book)
    (made.folder / "manifest.json").write_text("{}")
    with pytest.raises(Refusal, match="somebody changed it"):
        campaign_export(book)

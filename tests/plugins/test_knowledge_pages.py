"""Documents that people bring, over the pages and the API."""

import time

KETTLE = b"The Kettle boils a litre of water in two minutes.\n"
DOCUMENTS = "/api/v1/knowledge/documents"


def brought(client, name="kettle.md", content=KETTLE):
    answer = client.post(DOCUMENTS, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()["contribution_id"]


def found(client):
    answer = client.get("/api/v1/knowledge/search", params={"q": "How fast does the kettle boil?"})
    return [hit["passage"]["text"] for hit in answer.json().get("items", ())]


def until(client, path, **wanted):
    for _ in range(200):
        told = client.get(path).json()
        if wanted.items() <= told.items():
            return
        time.sleep(0.05)
    raise AssertionError(told)


def test_what_one_brings_another_approves_and_only_then_it_is_found(browser):
    mark, vera = browser("operator", "reviewer"), browser("compliance")
    path = f"{DOCUMENTS}/{brought(mark)}"
    page = path.replace("/api/v1", "").replace("/documents", "")
    assert "You brought it, so somebody else has to approve it." in mark.get(page).text
    assert mark.post(f"{path}/decision", json={"decision": "approve"}).status_code == 422
    assert ("kettle.md" in mark.get("/").text, "kettle.md" in vera.get("/").text) == (False, True)
    assert 'value="approve"' in vera.get(page).text
    assert found(mark) == []
    assert vera.post(f"{path}/decision", json={"decision": "approve"}).json()["approved_by"] == vera.user
    until(mark, path, indexed=True)
    assert len(found(mark)) == 1
    assert "boils a litre" in mark.get("/knowledge", params={"q": "kettle"}).text
    assert mark.get(f"{path}/file").content == KETTLE
    assert vera.post(f"{path}/decision", json={"decision": "reject"}).status_code == 409
    assert mark.post(f"{path}/withdrawal", json={}).json()["state"] == "withdrawn"
    until(mark, path, indexed=False)
    assert found(mark) == []


def test_no_key_approves_and_a_file_that_cannot_be_read_says_why(browser, machine, tenant):
    mark, key = browser("operator"), machine(tenant, "compliance", "manager")
    answer = key.post(f"{DOCUMENTS}/{brought(mark)}/decision", json={"decision": "approve"})
    assert answer.status_code == 422
    assert "has no role that decides on documents" in answer.json()["detail"]
    refused = mark.post(DOCUMENTS, files={"file": ("photo.png", b"\x89PNG")})
    assert refused.status_code == 422
    assert "ends in one of" in refused.json()["detail"]
    assert [row["name"] for row in mark.get(DOCUMENTS).json()["items"]] == ["kettle.md"]

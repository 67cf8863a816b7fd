"""The version documents, as clients read them before they have a token."""

import pytest

from tests.integration.compute.rig import Json, Rig

BASE = "http://compute.example:8774"


async def ask(rig: Rig, path: str) -> Json:
    answer = await rig.http.get(path)
    assert answer.status == 200
    body: Json = await answer.json()
    return body


async def test_the_root_lists_the_version_and_its_old_name(bare: Rig) -> None:
    assert await ask(bare, "/") == {
        "versions": [
            {
                "id": "v2.0",
                "status": "SUPPORTED",
                "version": "",
                "min_version": "",
                "updated": "2011-01-21T11:33:21Z",
                "links": [{"rel": "self", "href": f"{BASE}/v2/"}],
            },
            {
                "id": "v2.1",
                "status": "CURRENT",
                "version": "2.96",
                "min_version": "2.1",
                "updated": "2013-07-23T11:33:21Z",
                "links": [{"rel": "self", "href": f"{BASE}/v2.1/"}],
            },
        ]
    }


@pytest.mark.parametrize("path", ["/v2.1", "/v2.1/"])
async def test_the_version_shows_itself_with_and_without_a_slash(bare: Rig, path: str) -> None:
    version = (await ask(bare, path))["version"]
    assert version["links"][0] == {"rel": "self", "href": f"{BASE}/v2.1/"}
    assert version["links"][1]["rel"] == "describedby"
    assert version["media-types"] == [
        {
            "base": "application/json",
            "type": "application/vnd.openstack.compute+json;version=2.1",
        }
    ]
    assert (version["status"], version["min_version"]) == ("CURRENT", "2.1")


async def test_the_old_name_leads_to_the_same_api(bare: Rig) -> None:
    for path in ("/v2", "/v2/"):
        version = (await ask(bare, path))["version"]
        assert (version["id"], version["version"]) == ("v2.0", "")
        assert version["links"][0] == {"rel": "self", "href": f"{BASE}/v2/"}
    answer = await bare.http.get("/v2/servers", headers={"X-Auth-Token": "demo"})
    assert await answer.json() == {"servers": []}


@pytest.mark.parametrize("path", ["/v2/nothing", "/v2.1/nothing", "/v3", "/foo"])
async def test_urls_that_lead_nowhere_are_not_found(bare: Rig, path: str) -> None:
    answer = await bare.http.get(path, headers={"X-Auth-Token": "demo"})
    assert answer.status == 404

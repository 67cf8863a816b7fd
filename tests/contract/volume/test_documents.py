"""What clients look up: versions, services, zones, extensions; and what is not here."""

import pytest

from services.volume.api.not_here import EMPTY
from tests.integration.volume.rig import OTHER, OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_version_document_needs_no_token(rig: Rig) -> None:
    for path, status in (("/", 300), ("/v3/", 200), ("/v3", 200)):
        answer = await rig.http.get(path, allow_redirects=False)
        assert answer.status == status
        (version,) = (await answer.json())["versions"]
        base = f"http://{rig.http.host}:{rig.http.port}"
        assert version == {
            "id": "v3.0",
            "status": "CURRENT",
            "version": "3.70",
            "min_version": "3.0",
            "updated": "2023-08-31T00:00:00Z",
            "links": [
                {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
                {"rel": "self", "href": f"{base}/v3/"},
            ],
            "media-types": [
                {
                    "base": "application/json",
                    "type": "application/vnd.openstack.volume+json;version=3",
                }
            ],
        }


async def test_everything_else_needs_one(rig: Rig) -> None:
    answer = await rig.http.get("/v3/volumes")
    assert answer.status == 401
    assert "Keystone" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (None, 200, "volume 3.0"),
        ("3.0", 200, "volume 3.0"),
        ("3.70", 200, "volume 3.70"),
        ("latest", 200, "volume 3.70"),
        ("3.71", 406, "volume 3.71"),
        ("2.99", 406, "volume 2.99"),
        ("4.0", 406, "volume 4.0"),
        ("junk", 400, "volume 3.0"),
        ("3.07", 400, "volume 3.0"),
    ],
)
async def test_a_microversion_is_heeded_or_refused(
    rig: Rig, asked: str | None, status: int, said: str
) -> None:
    answer = await rig.call("GET", "/volumes", at=asked)
    assert (answer.status, answer.headers["OpenStack-API-Version"]) == (status, said)
    assert "OpenStack-API-Version" in answer.headers["Vary"]
    assert answer.headers["X-Compute-Request-Id"] == answer.headers["X-Openstack-Request-Id"]
    if status == 406:
        assert answer.body["computeFault"]["message"] == (
            f"Version {asked} is not supported by the API. Minimum is 3.0 and maximum is 3.70."
        )


async def test_the_url_may_hold_the_callers_project_and_no_other(rig: Rig) -> None:
    assert (await rig.call("GET", "/volumes", root=f"/v3/{OWN}")).status == 200
    answer = await rig.call("GET", "/volumes", root=f"/v3/{OTHER}")
    assert (answer.status, "doesn't match Context's project_id" in answer.fault) == (400, True)


async def test_administrators_list_services_that_are_up(rig: Rig) -> None:
    await rig.know_cluster()
    shown = (await rig.get("/os-services", "admin"))["services"]
    assert [(one["binary"], one["state"], one["status"]) for one in shown] == [
        ("cinder-scheduler", "up", "enabled"),
        ("cinder-volume", "up", "enabled"),
        ("cinder-volume", "up", "enabled"),
    ]
    assert [one["host"] for one in shown] == ["cyclades", "cyclades@unplaced", "athens@ext"]
    scheduler, volume, _cluster = (set(one) for one in shown)
    assert scheduler == {
        "binary", "host", "zone", "status", "state", "updated_at", "disabled_reason", "cluster",
    }  # fmt: skip
    assert volume - scheduler == {
        "replication_status", "active_backend_id", "frozen", "backend_state",
    }  # fmt: skip
    old = (await rig.get("/os-services?binary=cinder-volume", "admin", "3.0"))["services"]
    assert [set(one) for one in old] == 2 * [volume - {"cluster", "backend_state"}]
    assert (await rig.get("/os-services?host=nowhere", "admin"))["services"] == []
    assert (await rig.call("GET", "/os-services")).status == 403


async def test_the_zones_are_the_clusters(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    await rig.know_cluster("athens")
    zones = (await rig.get("/os-availability-zone"))["availabilityZoneInfo"]
    assert [each["zoneName"] for each in zones] == ["az-athens", "az-berlin"]


async def test_without_a_cluster_there_is_one_zone(rig: Rig) -> None:
    assert await rig.get("/os-availability-zone") == {
        "availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}}]
    }


async def test_every_extension_listed_is_shown(rig: Rig) -> None:
    every = (await rig.get("/extensions"))["extensions"]
    assert {"os-quota-sets", "os-volume-type-access", "os-types-manage"} <= {
        one["alias"] for one in every
    }
    for one in every:
        assert set(one) == {"alias", "name", "description", "updated", "links"}
        assert (await rig.get(f"/extensions/{one['alias']}"))["extension"] == one
    assert (await rig.call("GET", "/extensions/os-odd")).status == 404


async def test_every_filter_told_of_is_heeded(rig: Rig) -> None:
    (told,) = (await rig.get("/resource_filters?resource=volume"))["resource_filters"]
    await rig.make()
    for key in set(told["filters"]) - {"metadata", "created_at", "updated_at"}:
        junk = await rig.call("GET", f"/volumes?{key}=junk", at="3.70")
        assert junk.status == 400 or junk.body["volumes"] == [], key
    assert (await rig.get("/resource_filters?resource=odd"))["resource_filters"] == []


@pytest.mark.parametrize("collection", sorted(EMPTY))
async def test_what_is_not_here_lists_nothing_and_makes_nothing(rig: Rig, collection: str) -> None:
    key, sentence = EMPTY[collection]
    before = await rig.everything()
    for path in (f"/{collection}", f"/{collection}/detail"):
        assert await rig.get(path) == {key: []}
    refused = await rig.call("POST", f"/{collection}", {"anything": {}})
    assert (refused.status, refused.fault) == (400, sentence)
    for method in ("GET", "DELETE", "PUT"):
        absent = await rig.call(method, f"/{collection}/5d8f", {} if method == "PUT" else None)
        assert (absent.status, list(absent.body)) == (404, ["itemNotFound"])
    assert await rig.everything() == before


async def test_unknown_urls_and_methods_are_refused_in_the_same_words(rig: Rig) -> None:
    assert (await rig.call("GET", "/nonsense")).fault == "The resource could not be found."
    wrong = await rig.call("PATCH", "/volumes")
    assert (wrong.status, list(wrong.body)) == (405, ["badMethod"])

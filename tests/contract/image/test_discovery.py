"""What clients ask before they ask for images."""

import jsonschema
import pytest

from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Rig

BREAKS = "<br /><br />\n\n\n"
VERSIONS = (16, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)


async def test_versions_are_told_to_everybody(rig: Rig) -> None:
    choices = await rig.client.get("/")
    href = str(rig.client.base_url).rstrip("/") + "/v2/"
    assert choices.status_code == 300
    assert choices.json() == {
        "versions": [
            {
                "id": f"v2.{minor}",
                "status": "CURRENT" if minor == 16 else "SUPPORTED",
                "links": [{"rel": "self", "href": href}],
            }
            for minor in VERSIONS
        ]
    }
    plain = await rig.client.get("/versions")
    assert (plain.status_code, plain.content) == (200, choices.content)


async def test_links_come_from_the_public_url(rig_with: MakesRigs) -> None:
    async with rig_with(public_url="https://images.example/") as rig:
        versions = (await rig.client.get("/versions")).json()["versions"]
        assert versions[0]["links"][0]["href"] == "https://images.example/v2/"
        made = await rig.ask("POST", "/v2/images", json={})
        assert made.headers["Location"] == f"https://images.example{made.json()['self']}"
        image = await rig.active()
        ticket = await rig.ticket(image["id"])
        assert ticket["url"].startswith("https://images.example/internal/v1/data/")


async def test_images_are_as_their_schema_says(rig: Rig) -> None:
    schema = (await rig.ask("GET", "/v2/schemas/image")).json()
    assert schema["name"] == "image"
    assert schema["additionalProperties"] == {"type": "string"}
    for image in (await rig.create(mine="1"), await rig.active()):
        jsonschema.validate(image, schema)
        assert set(image) - {"mine"} <= set(schema["properties"])


@pytest.mark.parametrize("name", ["images", "member", "members", "task", "tasks"])
async def test_there_is_a_schema_of_everything_shown(rig: Rig, name: str) -> None:
    answer = await rig.ask("GET", f"/v2/schemas/{name}")
    assert (answer.status_code, answer.json()["name"]) == (200, name)
    jsonschema.Draft7Validator.check_schema(answer.json())


async def test_there_is_no_schema_of_what_is_not_there(rig: Rig) -> None:
    assert (await rig.ask("GET", "/v2/schemas/volume")).status_code == 404


async def test_ways_to_import_are_told(rig: Rig) -> None:
    methods = ["glance-direct", "web-download"]
    assert (await rig.ask("GET", "/v2/info/import")).json() == {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": methods,
        }
    }
    made = await rig.ask("POST", "/v2/images", json={})
    assert made.headers["OpenStack-image-import-methods"] == ",".join(methods)


async def test_what_is_not_built_says_so(rig: Rig) -> None:
    for path, message in (("/v2/info/stores", "Multi backend is not supported at this site."),):
        answer = await rig.ask("GET", path)
        assert (answer.status_code, answer.json()["message"]) == (404, f"{message}{BREAKS}")


async def test_usage_is_told_beside_its_limits(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_size_total": 100, "image_count_total": 5}) as rig:
        await rig.active(b"u" * 3 * 1024 * 1024)
        await rig.create()
        await rig.create("b")
        assert (await rig.ask("GET", "/v2/info/usage")).json() == {
            "usage": {
                "image_size_total": {"limit": 100, "usage": 3},
                "image_stage_total": {"limit": -1, "usage": 0},
                "image_count_total": {"limit": 5, "usage": 2},
                "image_count_uploading": {"limit": -1, "usage": 0},
            }
        }


async def test_health_is_told_without_a_token(rig: Rig) -> None:
    ready = await rig.client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "bus": "ok"})

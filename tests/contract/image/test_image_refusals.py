"""What creating and deleting images is refused for, in Glance's words."""

from collections.abc import Sequence
from typing import Any

from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import PROJECTS, Rig

SCHEMA = "Provided object does not match schema 'image': "


def fault(code: str, message: str) -> dict[str, str]:
    return {
        "message": f"{message}<br /><br />\n\n\n",
        "code": code,
        "title": code.partition(" ")[2],
    }


BODIES: Sequence[tuple[Any, str, str | None]] = (
    ({"status": "active"}, "403 Forbidden", "Attribute 'status' is read-only."),
    ({"checksum": "x"}, "403 Forbidden", "Attribute 'checksum' is read-only."),
    ({"self": "x"}, "403 Forbidden", "Attribute 'self' is read-only."),
    ({"deleted": True}, "403 Forbidden", "Attribute 'deleted' is reserved."),
    ({"locations": []}, "403 Forbidden", "Attribute 'locations' is reserved."),
    ({"os_glance_x": "1"}, "403 Forbidden", "Attribute 'os_glance_x' is reserved."),
    (
        {"visibility": "public"},
        "403 Forbidden",
        "You are not authorized to complete publicize_image action.",
    ),
    (
        {"owner": "f" * 32},
        "403 Forbidden",
        f"You are not permitted to create images owned by '{'f' * 32}'.",
    ),
    ({"min_disk": -1}, "400 Bad Request", None),
    ({"min_ram": 2**31}, "400 Bad Request", None),
    ({"min_disk": "1"}, "400 Bad Request", None),
    ({"min_disk": True}, "400 Bad Request", None),
    ({"name": "n" * 256}, "400 Bad Request", None),
    ({"name": 5}, "400 Bad Request", None),
    ({"name": "a\0b"}, "400 Bad Request", "Strings must not contain NUL characters."),
    ({"tags": ["t" * 256]}, "400 Bad Request", None),
    ({"tags": "t"}, "400 Bad Request", None),
    ({"visibility": "everybody"}, "400 Bad Request", None),
    ({"disk_format": "wrong"}, "400 Bad Request", None),
    ({"container_format": "wrong"}, "400 Bad Request", None),
    ({"protected": "yes"}, "400 Bad Request", None),
    ({"id": "5"}, "400 Bad Request", None),
    ({"id": "g" * 36}, "400 Bad Request", None),
    ({"mine": 5}, "400 Bad Request", f"{SCHEMA}5 is not of type 'string' (mine)"),
    ({"mine": None}, "400 Bad Request", None),
    ({"mine": "v" * 256}, "400 Bad Request", None),
    ({"": "v"}, "400 Bad Request", None),
    ({"p" * 256: "v"}, "400 Bad Request", None),
    ([], "400 Bad Request", f"{SCHEMA}it is not an object"),
)


async def test_a_body_that_breaks_a_rule_makes_no_image(rig: Rig) -> None:
    for body, status, message in BODIES:
        answer = await rig.ask("POST", "/v2/images", json=body)
        said = answer.json()
        assert (answer.status_code, said["code"]) == (int(status[:3]), status), body
        if message is not None:
            assert said == fault(status, message)
    assert await rig.listed() == []
    assert await rig.events() == []


async def test_what_is_no_json_is_told_apart(rig: Rig) -> None:
    broken = await rig.ask(
        "POST", "/v2/images", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.json() == fault("400 Bad Request", "Malformed request body")
    other = await rig.ask("POST", "/v2/images", content=b"{}", headers={"Content-Type": "text/xml"})
    assert other.status_code == 415


async def test_an_id_is_given_once(rig: Rig) -> None:
    image = await rig.create(id="5" * 8 + "-5555-5555-5555-" + "5" * 12)
    for deleted in (False, True):
        answer = await rig.ask("POST", "/v2/images", json={"id": image["id"]})
        assert answer.json() == fault("409 Conflict", f"Image ID {image['id']} already exists!")
        if not deleted:
            await rig.ask("DELETE", image["self"])


async def test_a_protected_image_stays(rig: Rig) -> None:
    image = await rig.create(protected=True)
    answer = await rig.ask("DELETE", image["self"])
    assert answer.json() == fault(
        "403 Forbidden", f"Image {image['id']} is protected and cannot be deleted."
    )
    assert (await rig.show(image["id"]))["status"] == "queued"


async def test_readers_look_and_touch_nothing(rig: Rig) -> None:
    image = await rig.active()
    refused = [
        await rig.ask("POST", "/v2/images", "reader", json={}),
        await rig.ask("DELETE", image["self"], "reader"),
        await rig.patch(
            image["id"], {"op": "replace", "path": "/name", "value": "x"}, user="reader"
        ),
        await rig.upload(image["id"], b"x", "reader"),
        await rig.ask("PUT", f"{image['self']}/tags/t", "reader"),
        await rig.ask("POST", f"{image['self']}/actions/deactivate", "reader"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 6
    assert refused[0].json() == fault(
        "403 Forbidden", "You are not authorized to complete add_image action."
    )
    assert await rig.show(image["id"], "reader") == image


async def test_clients_that_want_a_page_get_one(rig: Rig) -> None:
    answer = await rig.ask("GET", "/v2/images/none", headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert "<h1>404 Not Found</h1>\n  No image found with ID none<br />" in answer.text


async def test_unknown_paths_methods_and_tokens(rig: Rig) -> None:
    assert (await rig.ask("GET", "/v2/nothing")).status_code == 404
    wrong = await rig.ask("POST", "/v2/images/x")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "DELETE,GET,PATCH")
    assert (await rig.ask("GET", "/v2/images", "nobody")).status_code == 401
    assert (await rig.ask("GET", "/v2/")).status_code == 404


async def test_too_many_parts_of_an_image_are_over_its_limit(
    rig_with: MakesRigs,
) -> None:
    async with rig_with(max_tags=1, max_properties=1, max_members=1) as rig:
        answer = await rig.ask("POST", "/v2/images", json={"tags": ["a", "b"]})
        assert answer.json() == fault(
            "413 Request Entity Too Large",
            "The limit has been exceeded on the number of allowed image tags. "
            "Attempted: 2, Maximum: 1",
        )
        image = await rig.create(tags=["a"], mine="1")
        more = {"op": "add", "path": "/yours", "value": "2"}
        assert (await rig.patch(image["id"], more)).status_code == 413
        assert (await rig.ask("PUT", f"{image['self']}/tags/b")).status_code == 413
        for member, status in (("m1", 200), ("m2", 413)):
            body = {"member": member}
            added = await rig.ask("POST", f"{image['self']}/members", json=body)
            assert added.status_code == status
        assert (await rig.show(image["id"]))["tags"] == ["a"]


async def test_a_project_has_as_many_images_as_it_may(
    rig_with: MakesRigs,
) -> None:
    async with rig_with(quotas={"image_count_total": 1}) as rig:
        image = await rig.create()
        answer = await rig.ask("POST", "/v2/images", json={})
        assert answer.json() == fault(
            "413 Request Entity Too Large",
            f"Project {PROJECTS['a']} is over a limit for [Resource image_count_total is over "
            "limit of 1 due to current usage 1 and delta 1]",
        )
        await rig.create("b")
        await rig.ask("DELETE", image["self"])
        await rig.create()

"""With whom images are shared, exactly as clients read it."""

from tests.contract.image.rig import PROJECTS, Rig

BREAKS = "<br /><br />\n\n\n"
B = PROJECTS["b"]


async def test_a_member_is_pending_until_it_says_something(rig: Rig) -> None:
    image = await rig.create()
    path = f"{image['self']}/members"
    added = await rig.ask("POST", path, json={"member": B})
    member = added.json()
    assert added.status_code == 200
    assert member == {
        "created_at": member["created_at"],
        "image_id": image["id"],
        "member_id": B,
        "schema": "/v2/schemas/member",
        "status": "pending",
        "updated_at": member["updated_at"],
    }
    for user in ("a", "b"):
        assert (await rig.ask("GET", path, user)).json() == {
            "members": [member],
            "schema": "/v2/schemas/members",
        }
        assert (await rig.ask("GET", f"{path}/{B}", user)).json() == member
    said = await rig.ask("PUT", f"{path}/{B}", "b", json={"status": "accepted"})
    assert (said.status_code, said.json()["status"]) == (200, "accepted")
    removed = await rig.ask("DELETE", f"{path}/{B}")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await rig.ask("GET", f"{path}/{B}")).status_code == 404
    assert (await rig.ask("GET", path, "b")).status_code == 404


async def test_the_owner_shares_and_the_member_accepts(rig: Rig) -> None:
    image = await rig.create()
    path = f"{image['self']}/members"
    await rig.ask("POST", path, json={"member": B})
    owner = await rig.ask("PUT", f"{path}/{B}", "a", json={"status": "accepted"})
    assert (owner.status_code, owner.json()["message"]) == (
        403,
        f"Not allowed to update members for image {image['id']}.{BREAKS}",
    )
    more = await rig.ask("POST", path, "b", json={"member": "x"})
    assert (more.status_code, more.json()["message"]) == (
        403,
        f"Not allowed to create members for image {image['id']}.{BREAKS}",
    )
    assert (await rig.ask("DELETE", f"{path}/{B}", "b")).status_code == 403
    assert (await rig.ask("GET", f"{path}/{PROJECTS['a']}", "b")).status_code == 404


async def test_members_are_refused_what_makes_no_sense(rig: Rig) -> None:
    image = await rig.create()
    path = f"{image['self']}/members"
    await rig.ask("POST", path, json={"member": B})
    for method, url, user, body, status in (
        ("POST", path, "a", {"member": B}, 409),
        ("POST", path, "a", {"member": ""}, 400),
        ("POST", path, "a", {"member": 5}, 400),
        ("POST", path, "a", {}, 400),
        ("POST", path, "a", [], 400),
        ("PUT", f"{path}/{B}", "b", {"status": "maybe"}, 400),
        ("PUT", f"{path}/{B}", "b", {}, 400),
        ("PUT", f"{path}/{'f' * 32}", "a", {"status": "accepted"}, 404),
    ):
        answer = await rig.ask(method, url, user, json=body)
        assert answer.status_code == status, (method, url, body)
    assert (await rig.ask("DELETE", f"{path}/{'f' * 32}")).status_code == 404


async def test_only_shared_images_have_members(rig: Rig) -> None:
    image = await rig.create(visibility="private")
    path = f"{image['self']}/members"
    for answer in (
        await rig.ask("POST", path, json={"member": B}),
        await rig.ask("GET", path),
    ):
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            f"Only shared images have members.{BREAKS}",
        )

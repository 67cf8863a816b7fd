"""What tests of groups have in common."""

from typing import Any

from tests.integration.volume.rig import Answer, Json, Rig


async def group_type(rig: Rig, name: str = "plain", **fields: Any) -> Json:
    """Have a type of groups."""
    body = {"group_type": {"name": name, **fields}}
    answer = await rig.call("POST", "/group_types", body, who="admin", at="3.70")
    assert answer.status == 202, answer.raw
    made: Json = answer.body["group_type"]
    return made


async def ask_group(rig: Rig, who: str = "demo", at: str = "3.70", **fields: Any) -> Answer:
    """Ask for a group of volumes of type ``standard``."""
    known = (await rig.get("/group_types?is_public=None", "admin"))["group_types"]
    kind = known[0] if known else await group_type(rig)
    given = {"group_type": kind["id"], "volume_types": ["standard"], "name": "set", **fields}
    return await rig.call("POST", "/groups", {"group": given}, who=who, at=at)


async def group(rig: Rig, who: str = "demo", **fields: Any) -> str:
    """Have a group; return its id."""
    answer = await ask_group(rig, who, **fields)
    assert answer.status == 202, answer.raw
    ident: str = answer.body["group"]["id"]
    return ident


async def member(rig: Rig, group_id: str, **fields: Any) -> Json:
    """Have a volume in a group."""
    return await rig.make(volume_type="standard", group_id=group_id, **fields)


async def show(rig: Rig, group_id: str, who: str = "demo", at: str = "3.70") -> Json:
    """Return a group with its volumes."""
    shown: Json = (await rig.get(f"/groups/{group_id}?list_volume=True", who, at))["group"]
    return shown


async def act(rig: Rig, group_id: str, name: str, with_: Any = None, **how: Any) -> Answer:
    """Ask an action of a group."""
    how.setdefault("at", "3.70")
    return await rig.call("POST", f"/groups/{group_id}/action", {name: with_ or {}}, **how)


async def drop(rig: Rig, group_id: str, *, volumes: bool = True) -> Answer:
    """Delete a group."""
    return await act(rig, group_id, "delete", {"delete-volumes": volumes})


async def snapshot(rig: Rig, group_id: str, **fields: Any) -> Answer:
    """Ask for a snapshot of a group."""
    body = {"group_snapshot": {"group_id": group_id, "name": "now", **fields}}
    return await rig.call("POST", "/group_snapshots", body, at="3.70")

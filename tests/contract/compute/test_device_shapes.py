"""What clients send and read about volumes and interfaces, microversion by microversion."""

from typing import Any

import pytest

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import NETWORK, Rig, fresh_id

Json = dict[str, Any]
OLD = {"id", "volumeId", "serverId", "device"}
SHAPES = {
    "2.1": OLD,
    "2.69": OLD,
    "2.70": OLD | {"tag"},
    "2.78": OLD | {"tag"},
    "2.79": OLD | {"tag", "delete_on_termination"},
    "2.88": OLD | {"tag", "delete_on_termination"},
    "2.89": (OLD | {"tag", "delete_on_termination", "attachment_id", "bdm_uuid"}) - {"id"},
    "2.96": (OLD | {"tag", "delete_on_termination", "attachment_id", "bdm_uuid"}) - {"id"},
}


async def with_volume(rig: Rig) -> tuple[str, str]:
    """Have a server with a volume; return the address of its attachments, and the volume."""
    path = f"/servers/{await rig.active()}/os-volume_attachments"
    volume = rig.world.volumes.own()
    body = {"volumeAttachment": {"volumeId": volume}}
    assert (await rig.call("POST", path, body)).status == 200
    await rig.run_sagas()
    await rig.end_jobs()
    return path, volume


async def test_attachments_have_the_shape_of_each_microversion(rig: Rig) -> None:
    path, volume = await with_volume(rig)
    for mv, shape in SHAPES.items():
        (listed,) = (await rig.get(path, mv=mv))["volumeAttachments"]
        shown = (await rig.get(f"{path}/{volume}", mv=mv))["volumeAttachment"]
        assert (set(listed), listed) == (shape, shown), mv


async def test_attaching_answers_in_the_old_shape_with_the_new_members(rig: Rig) -> None:
    server = await rig.active()
    for mv, more in {
        "2.1": set(),
        "2.70": {"tag"},
        "2.96": {"tag", "delete_on_termination"},
    }.items():
        body = {"volumeAttachment": {"volumeId": rig.world.volumes.own(), "device": None}}
        answer = await rig.call("POST", f"/servers/{server}/os-volume_attachments", body, mv=mv)
        assert (answer.status, set(answer.body["volumeAttachment"])) == (200, OLD | more)


async def test_members_are_refused_before_their_microversion(rig: Rig) -> None:
    server = await rig.active()
    volumes, nics = f"/servers/{server}/os-volume_attachments", f"/servers/{server}/os-interface"
    wanted = {"volumeId": rig.world.volumes.own()}
    early = [
        ("2.48", volumes, {"volumeAttachment": wanted | {"tag": "data"}}),
        ("2.78", volumes, {"volumeAttachment": wanted | {"delete_on_termination": True}}),
        ("2.48", nics, {"interfaceAttachment": {"net_id": NETWORK, "tag": "lan"}}),
    ]
    for mv, path, body in early:
        answer = await rig.call("POST", path, body, mv=mv)
        assert answer.status == 400
        assert "was unexpected" in answer.body["badRequest"]["message"]


async def test_volumes_of_several_servers_need_2_60(rig: Rig) -> None:
    path = f"/servers/{await rig.active()}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": rig.world.volumes.own(multiattach=True)}}
    answer = await rig.call("POST", path, body, mv="2.59")
    assert (answer.status, "2.60" in answer.body["badRequest"]["message"]) == (400, True)
    assert (await rig.call("POST", path, body, mv="2.60")).status == 200


async def test_a_volume_is_kept_or_not_from_2_85_on(rig: Rig) -> None:
    path, volume = await with_volume(rig)
    body: Json = {"volumeAttachment": {"volumeId": volume, "delete_on_termination": True}}
    assert (await rig.call("PUT", f"{path}/{volume}", body, mv="2.84")).status == 400
    assert (await rig.call("PUT", f"{path}/{volume}", body, mv="2.85")).status == 202
    (listed,) = (await rig.get(path, mv="2.96"))["volumeAttachments"]
    assert listed["delete_on_termination"] is True
    changed = {"volumeAttachment": {"volumeId": volume, "device": "/dev/sdz"}}
    assert (await rig.call("PUT", f"{path}/{volume}", changed, mv="2.85")).status == 400


async def test_volumes_are_never_swapped(rig: Rig) -> None:
    path, volume = await with_volume(rig)
    other = {"volumeAttachment": {"volumeId": rig.world.volumes.own()}}
    assert (await rig.call("PUT", f"{path}/{volume}", other)).status == 403
    assert (await rig.call("PUT", f"{path}/{volume}", other, who="admin")).status == 409
    unknown = {"volumeAttachment": {"volumeId": fresh_id()}}
    assert (await rig.call("PUT", f"{path}/{volume}", unknown, who="admin")).status == 400
    assert (await rig.call("PUT", f"{path}/{fresh_id()}", other, who="admin")).status == 404


async def test_unknown_query_keys_are_refused_from_2_75_on(rig: Rig) -> None:
    path = f"/servers/{await rig.active()}/os-volume_attachments"
    assert (await rig.call("GET", f"{path}?x=1", mv="2.74")).status == 200
    assert (await rig.call("GET", f"{path}?x=1", mv="2.75")).status == 400
    assert (await rig.call("GET", f"{path}?limit=no")).status == 400


async def test_readers_may_look_and_not_touch(rig: Rig) -> None:
    path, volume = await with_volume(rig)
    server = path.split("/")[2]
    assert (await rig.call("GET", path, who="reader")).status == 200
    assert (await rig.call("GET", f"{path}/{volume}", who="reader")).status == 200
    action = {"addSecurityGroup": {"name": "default"}}
    denied = [
        ("POST", path, {"volumeAttachment": {"volumeId": volume}}),
        ("DELETE", f"{path}/{volume}", None),
        ("POST", f"/servers/{server}/os-interface", {}),
        ("DELETE", f"/servers/{server}/os-interface/{fresh_id()}", None),
        ("POST", f"/servers/{server}/action", action),
    ]
    assert await answered_otherwise(rig, 403, denied, who="reader") == []


WRONG: tuple[Any, ...] = (
    None, [], "x", 7, {}, {"volumeAttachment": None}, {"volumeAttachment": []},
    {"volumeAttachment": {}}, {"volumeAttachment": {"volumeId": 1}},
    {"volumeAttachment": {"volumeId": "no"}}, {"volumeAttachment": {"volumeId": "a\u0000b"}},
    {"volumeAttachment": {"volumeId": fresh_id(), "device": "/dev/../x"}},
    {"volumeAttachment": {"volumeId": fresh_id(), "device": "x" * 10000}},
    {"volumeAttachment": {"volumeId": fresh_id(), "device": 1}},
    {"volumeAttachment": {"volumeId": fresh_id(), "tag": "a,b"}},
    {"volumeAttachment": {"volumeId": fresh_id(), "stranger": 1}},
    {"volumeAttachment": {"volumeId": fresh_id()}, "more": 1},
)  # fmt: skip
WRONG_NICS: tuple[Any, ...] = (
    [], "x", {"interfaceAttachment": []}, {"interfaceAttachment": {"net_id": "no"}},
    {"interfaceAttachment": {"net_id": NETWORK, "port_id": fresh_id()}},
    {"interfaceAttachment": {"fixed_ips": [{"ip_address": "10.0.0.9"}]}},
    {"interfaceAttachment": {"net_id": NETWORK, "fixed_ips": []}},
    {"interfaceAttachment": {"net_id": NETWORK, "fixed_ips": [{"ip_address": "ten"}]}},
    {"interfaceAttachment": {"net_id": NETWORK, "fixed_ips": [{"ip_address": 1}]}},
    {"interfaceAttachment": {"stranger": 1}},
)  # fmt: skip
WRONG_ACTIONS: tuple[Json, ...] = (
    {"addSecurityGroup": None}, {"addSecurityGroup": {"name": ""}},
    {"addSecurityGroup": {"name": "a\u0000"}}, {"addSecurityGroup": {"name": 1}},
    {"removeSecurityGroup": {"name": "x" * 256}}, {"removeSecurityGroup": []},
    {"addFixedIp": {"networkId": "no"}}, {"addFixedIp": {}}, {"removeFixedIp": {"address": "x"}},
    {"addFloatingIp": {"address": None}}, {"removeFloatingIp": {"address": "1.2.3"}},
    {"addFloatingIp": {"address": "1.2.3.4", "more": 1}},
)  # fmt: skip


async def test_bad_bodies_are_refused_and_change_nothing(rig: Rig) -> None:
    server = await rig.active()
    url = f"/servers/{server}"
    calls = [("POST", f"{url}/os-volume_attachments", body) for body in WRONG if body is not None]
    calls += [("POST", f"{url}/os-interface", body) for body in WRONG_NICS]
    calls += [("POST", f"{url}/action", body) for body in WRONG_ACTIONS]
    assert await answered_otherwise(rig, 400, calls, mv="2.43") == []
    (row,) = await rig.sql("SELECT volumes::text, jsonb_array_length(nics) AS nics FROM servers")
    assert (row["volumes"], row["nics"]) == ("[]", 1)
    assert len(rig.world.network.ports) == 1


@pytest.mark.parametrize("ident", ["no", "%00", "x" * 300])
async def test_ids_that_are_none_are_not_found(rig: Rig, ident: str) -> None:
    server = await rig.active()
    calls = [
        (method, path, None)
        for method in ("GET", "DELETE")
        for path in (
            f"/servers/{server}/os-volume_attachments/{ident}",
            f"/servers/{server}/os-interface/{ident}",
            f"/servers/{ident}/os-volume_attachments/{fresh_id()}",
            f"/servers/{ident}/os-interface/{fresh_id()}",
        )
    ]
    assert await answered_otherwise(rig, 404, calls) == []

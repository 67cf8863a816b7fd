"""Volumes that grow on servers: told by the bus, or as Cinder tells Nova."""

from typing import Any

from shared.contracts.resources import VolumeChanged
from tests.integration.compute.rig import Rig

DEMO = "d" * 32


def a_volume(ident: str, server: str, size: int, **fields: Any) -> VolumeChanged:
    """Return what the volume service tells of a volume."""
    document = {
        "id": ident, "size": size, "status": "in-use", "attachments": [{"server_id": server}],
    }  # fmt: skip
    return VolumeChanged(id=ident, project_id=DEMO, version=size, document=document | fields)


async def with_volume(rig: Rig) -> tuple[str, str]:
    """Have a server with a volume of 1 GiB."""
    ident = await rig.active()
    volume = rig.world.volumes.own(size=1)
    path = f"/servers/{ident}/os-volume_attachments"
    answer = await rig.call("POST", path, {"volumeAttachment": {"volumeId": volume}}, mv="2.96")
    assert answer.status == 200, answer.body
    await rig.run_sagas()
    await rig.end_jobs()
    return ident, volume


async def extensions(rig: Rig, ident: str) -> list[Any]:
    """Return the records of volumes of the server that grew."""
    path = f"/servers/{ident}/os-instance-actions"
    done = (await rig.get(path, who="admin", mv="2.96"))["instanceActions"]
    return [
        (await rig.get(f"{path}/{each['request_id']}", who="admin", mv="2.96"))["instanceAction"]
        for each in done
        if each["action"] == "extend_volume"
    ]


async def test_a_volume_that_grew_is_seen_at_its_server(rig: Rig) -> None:
    ident, volume = await with_volume(rig)
    await rig.hear(a_volume(volume, ident, 1), a_volume("other", "nobody's", 9))
    assert await extensions(rig, ident) == []
    for _ in range(2):
        await rig.hear(a_volume(volume, ident, 2))
    (done,) = await extensions(rig, ident)
    (event,) = done["events"]
    assert (event["event"], event["result"]) == ("compute_extend_volume", "Success")
    assert event["finish_time"] is not None
    await rig.hear(a_volume(volume, ident, 3), a_volume(volume, ident, 3, attachments=None))
    assert len(await extensions(rig, ident)) == 2
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_what_cinder_would_tell_is_recorded_too(rig: Rig) -> None:
    ident, volume = await with_volume(rig)
    for tag, mv, status, known in (
        (volume, "2.50", 400, 0), ("other", "2.51", 200, 0), (volume, "2.51", 200, 1),
    ):  # fmt: skip
        event = {"name": "volume-extended", "server_uuid": ident, "tag": tag}
        body = {"events": [event]}
        answer = await rig.call("POST", "/os-server-external-events", body, who="admin", mv=mv)
        assert answer.status == status, answer.body
        assert len(await extensions(rig, ident)) == known

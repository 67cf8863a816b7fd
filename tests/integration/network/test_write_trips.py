"""How often writes go to the database: each trip costs about what the first does."""

import pytest

from tests.integration.network.rig import Json, Rig
from tests.parts.trips import trips

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_port_takes_four_trips(rig: Rig) -> None:
    network, _subnet = await rig.network()
    await rig.make("ports", network_id=network["id"])  # the project has its default group
    with trips() as noted:
        await rig.make("ports", network_id=network["id"])
    begin, ground, plug, commit = noted
    assert begin.startswith("BEGIN; SELECT pg_advisory_xact_lock(")
    assert "FOR KEY SHARE" in ground
    assert "INSERT INTO ports" in plug
    assert commit == "COMMIT"


async def test_a_port_with_addresses_of_both_versions_takes_no_more(rig: Rig) -> None:
    network, _subnet = await rig.network()
    subnet: Json = {"cidr": "2001:db8::/64", "ip_version": 6}
    await rig.make("subnets", network_id=network["id"], **subnet)
    await rig.make("ports", network_id=network["id"])
    with trips() as noted:
        port = await rig.make("ports", network_id=network["id"])
    assert len(port["fixed_ips"]) == 2
    assert len(noted) == 4


async def test_a_change_of_a_port_takes_seven_trips_at_most(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    with trips() as noted:
        await rig.call("demo", "PUT", f"/ports/{port['id']}", {"port": {"name": "n"}})
    assert len(noted) <= 7, noted


async def test_the_end_of_a_port_takes_eight_trips_at_most(rig: Rig) -> None:
    network, _subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"])
    with trips() as noted:
        status, _none = await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    assert status == 204
    assert len(noted) <= 8, noted

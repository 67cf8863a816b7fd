"""Servers carry floating addresses by NICs of their own, as the network service says."""

from typing import Any

from shared.contracts.ganeti import Failure
from shared.contracts.resources import FloatingIpChanged, FloatingNic
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import Rig, fresh_id

Json = dict[str, Any]
ADDRESS = "172.24.4.9"


class FloatingIp:
    """A floating IP of the network service."""

    def __init__(self, rig: Rig) -> None:
        self.id, self.port, self.version = fresh_id(), fresh_id(), 0
        self._rig = rig

    async def at(self, server: str | None, *, ready: bool = True, gone: bool = False) -> None:
        """Tell that it is this server's, and its NIC ready or not."""
        self.version += 1
        await self._rig.hear(self.fact(server, self.version, ready=ready, gone=gone))

    def fact(
        self, server: str | None, version: int, *, ready: bool = True, gone: bool = False
    ) -> FloatingIpChanged:
        """Return the news of it."""
        port = next(
            (
                each
                for each in self._rig.world.network.ports.values()
                if each["device_id"] == server
            ),
            {"network_id": None, "mac_address": None},
        )
        nic = FloatingNic(
            port_id=self.port,
            mac_address="fa:16:3e:00:09:09",
            ip_address=ADDRESS,
            cluster="athens",
            ganeti_network="cyc-public",
        )
        return FloatingIpChanged(
            verb="deleted" if gone else "updated",
            id=self.id,
            project_id=DEMO_PROJECT,
            version=version,
            document={
                "id": self.id,
                "floating_ip_address": ADDRESS,
                "port_details": {
                    "network_id": port["network_id"],
                    "mac_address": port["mac_address"],
                },
            },
            server_id=server,
            nic=nic if server and ready else None,
        )


async def floating(rig: Rig, server: str) -> list[str]:
    """Return the floating addresses that are shown."""
    shown = (await rig.show(server))["addresses"]
    return [
        each["addr"]
        for addresses in shown.values()
        for each in addresses
        if each["OS-EXT-IPS:type"] == "floating"
    ]


def moves(rig: Rig) -> list[tuple[str, str]]:
    """Return what was done to NICs, and on which server."""
    return [
        (each["operation"], each["instance"].removeprefix("cyc-"))
        for each in rig.world.gateway.operations("nic.")
    ]


async def settled(rig: Rig) -> None:
    """Let everything under way end."""
    await rig.run_sagas()
    await rig.end_jobs()


async def test_an_address_is_shown_at_once_and_carried_when_its_nic_is_ready(rig: Rig) -> None:
    server, fip = await rig.active(), FloatingIp(rig)
    await fip.at(server, ready=False)
    assert await floating(rig, server) == [ADDRESS]
    await settled(rig)
    assert moves(rig) == []
    await fip.at(server)
    await settled(rig)
    assert moves(rig) == [("nic.add", server)]
    (added,) = rig.world.gateway.operations("nic.")
    assert (added["nic"]["ip"], added["nic"]["network"]) == (ADDRESS, "cyc-public")
    await fip.at(server)  # said again: nothing moves
    await settled(rig)
    assert moves(rig) == [("nic.add", server)]
    shown = (await rig.show(server))["addresses"]["private"]
    assert {each["OS-EXT-IPS-MAC:mac_addr"] for each in shown} == {"fa:16:3e:00:00:01"}
    assert len((await rig.get(f"/servers/{server}/os-interface"))["interfaceAttachments"]) == 1


async def test_an_address_that_goes_takes_its_nic_along(rig: Rig) -> None:
    server, fip = await rig.active(), FloatingIp(rig)
    await fip.at(server)
    await settled(rig)
    await fip.at(None)
    assert await floating(rig, server) == []
    await settled(rig)
    assert moves(rig) == [("nic.add", server), ("nic.remove", server)]


async def test_an_address_moves_from_one_server_to_the_other(rig: Rig) -> None:
    first, second, fip = await rig.active(), await rig.active(), FloatingIp(rig)
    await fip.at(first)
    await settled(rig)
    await fip.at(second)
    assert (await floating(rig, first), await floating(rig, second)) == ([], [ADDRESS])
    await settled(rig)
    assert moves(rig) == [("nic.add", first), ("nic.remove", first), ("nic.add", second)]


async def test_who_moves_on_before_the_nic_is_there_leaves_none_behind(rig: Rig) -> None:
    first, second, fip = await rig.active(), await rig.active(), FloatingIp(rig)
    await fip.at(first)
    await rig.run_sagas()  # its job is on its way
    await fip.at(second)
    await fip.at(None)
    await settled(rig)
    removed = {server for kind, server in moves(rig) if kind == "nic.remove"}
    assert first in removed
    assert (await floating(rig, first), await floating(rig, second)) == ([], [])


async def test_old_news_changes_nothing(rig: Rig) -> None:
    server, fip = await rig.active(), FloatingIp(rig)
    await rig.hear(fip.fact(server, 5))
    await rig.hear(fip.fact(None, 4))
    await settled(rig)
    assert await floating(rig, server) == [ADDRESS]
    assert moves(rig) == [("nic.add", server)]


async def test_a_server_that_is_still_made_gets_its_address_afterwards(rig: Rig) -> None:
    server, fip = await rig.create(), FloatingIp(rig)
    await rig.run_sagas()
    await fip.at(server)
    await rig.run_sagas()
    assert moves(rig) == []
    await rig.end_jobs()
    await rig.wake()
    await settled(rig)
    assert moves(rig) == [("nic.add", server)]
    assert await floating(rig, server) == [ADDRESS]


async def test_a_deleted_server_is_left_alone(rig: Rig) -> None:
    server, fip = await rig.active(), FloatingIp(rig)
    await fip.at(server)
    await rig.call("DELETE", f"/servers/{server}")
    await settled(rig)
    await fip.at(None, gone=True)
    await settled(rig)
    assert [kind for kind, _ in moves(rig)] in ([], ["nic.add"])
    assert (await rig.call("GET", f"/servers/{server}")).status == 404


async def test_a_nic_that_is_there_already_is_content(rig: Rig) -> None:
    server, fip = await rig.active(), FloatingIp(rig)
    await fip.at(server)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.EXISTS)
    await settled(rig)
    (row,) = await rig.sql("SELECT floating -> 0 ->> 'state' AS state FROM servers")
    assert row["state"] == "attached"

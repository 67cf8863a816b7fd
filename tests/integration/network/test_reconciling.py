"""Ganeti's networks and our subnets: what they disagree on is found, and put right if it lasts."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.network.api.deps import DEPS
from services.network.effects.reconciler import FIELDS, Reconciler
from services.network.usecases import reconciling
from shared.contracts.gateway import Cluster, Query, Rows
from shared.errors import Unavailable
from tests.integration.network.rig import Rig
from tests.integration.network.test_ports_meet_clusters import a_bound_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Ganeti:
    """The networks of one cluster: name, and the node groups it is connected to."""

    networks: dict[str, list[str]] = field(default_factory=dict)
    reserved: dict[str, str] = field(default_factory=dict)
    away: bool = False

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Answer as the gateway does."""
        assert (cluster, resource, query.fields) == ("athens", "network", list(FIELDS))
        if self.away:
            raise Unavailable("athens does not answer.")
        rows = [
            [
                (0, name),
                (0, [[group, "bridged", "br0", ""] for group in groups]),
                (0, self.reserved.get(name, "")),
            ]
            for name, groups in self.networks.items()
        ]
        return Rows(rows=rows)

    async def clusters(self) -> list[Cluster]:
        """Nobody asks here."""
        return []


@dataclass
class Bench:
    """A subnet that is ready on a cluster, and who compares."""

    rig: Rig
    subnet: str
    ganeti: Ganeti
    reconciler: Reconciler

    @property
    def name(self) -> str:
        """What the subnet is called in Ganeti."""
        return f"cyc-{self.subnet}"

    async def rounds(self, number: int = 2) -> int:
        """Compare so many times; return how much was put right."""
        return sum([await self.reconciler.round("athens") for _ in range(number)])

    async def done(self) -> list[str]:
        """Let sagas work; return what they submitted meanwhile."""
        before = len(self.rig.gateway.operations)
        await self.rig.settle()
        return [each["operation"] for each in self.rig.gateway.operations[before:]]

    async def state(self) -> str:
        """What is recorded of the subnet on the cluster."""
        found = await self.rig.service.parts.reads.value(
            "SELECT state FROM cluster_subnets WHERE subnet_id = $1", UUID(self.subnet)
        )
        return str(found)


@pytest_asyncio.fixture(loop_scope="module")
async def bench(rig: Rig) -> Bench:
    """A subnet that is where it should be."""
    await rig.know_cluster()
    network, subnet = await rig.network()
    await a_bound_port(rig, network)
    await rig.settle()
    deps = rig.service.app[DEPS]
    ganeti = Ganeti(networks={f"cyc-{subnet['id']}": ["default"]})
    reconciler = Reconciler(transaction=deps.transaction, gateway=ganeti, ganeti=deps.around.ganeti)
    return Bench(rig=rig, subnet=subnet["id"], ganeti=ganeti, reconciler=reconciler)


async def test_nothing_is_done_where_all_agree(bench: Bench) -> None:
    assert await bench.rounds(3) == 0
    assert await bench.done() == []


async def test_a_network_that_was_removed_is_made_again_in_the_second_round(bench: Bench) -> None:
    bench.ganeti.networks.clear()
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    assert await bench.rounds(1) == 0, "a saga is at it"
    assert await bench.done() == ["network.create", "network.connect"]
    assert await bench.state() == "ready"


async def test_what_was_so_for_one_round_only_is_left_alone(bench: Bench) -> None:
    there = dict(bench.ganeti.networks)
    for _ in range(3):
        bench.ganeti.networks.clear()
        assert await bench.rounds(1) == 0
        bench.ganeti.networks |= there
        assert await bench.rounds(1) == 0
    assert await bench.done() == []


async def test_a_network_that_hangs_is_connected(bench: Bench) -> None:
    bench.ganeti.networks[bench.name] = []
    assert await bench.rounds() == 1
    assert "network.connect" in await bench.done()


async def test_a_network_that_is_there_after_all_is_ready(bench: Bench) -> None:
    await bench.rig.service.parts.reads.rows("UPDATE cluster_subnets SET state = 'failed'")
    assert await bench.rounds() == 1
    await bench.done()
    assert await bench.state() == "ready"


async def test_a_network_of_a_living_subnet_is_taken_over(bench: Bench) -> None:
    await bench.rig.service.parts.reads.rows("DELETE FROM cluster_subnets")
    assert await bench.rounds() == 1
    await bench.done()
    assert await bench.state() == "ready"


async def test_networks_of_others_are_left_alone(bench: Bench) -> None:
    bench.ganeti.networks |= {"office": [], f"cyc-{uuid4()}": ["default"], "cyc-snow": []}
    assert await bench.rounds(3) == 0
    assert await bench.done() == []


async def test_nothing_is_concluded_of_a_cluster_that_does_not_answer(bench: Bench) -> None:
    bench.ganeti.away = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            await bench.rounds(1)
    bench.ganeti.away = False
    assert await bench.rounds() == 0


async def test_a_subnet_on_its_way_out_is_left_to_its_saga(bench: Bench) -> None:
    for port in (await bench.rig.get("/ports", "admin"))["ports"]:
        await bench.rig.call("admin", "DELETE", f"/ports/{port['id']}")
    status, _ = await bench.rig.call("demo", "DELETE", f"/subnets/{bench.subnet}")
    assert status == 204
    bench.ganeti.networks[bench.name] = []
    assert await bench.rounds(3) == 0
    assert await bench.done() == ["network.disconnect", "network.delete"]


async def free_address(bench: Bench) -> str:
    """An address that the subnet would give out next."""
    found = await bench.rig.service.parts.reads.value(
        "SELECT host(min(first)) FROM free_ranges WHERE subnet_id = $1 AND first <= last",
        UUID(bench.subnet),
    )
    return str(found)


async def test_what_ganeti_reserves_itself_is_no_difference(bench: Bench) -> None:
    subnet = (await bench.rig.get(f"/subnets/{bench.subnet}", "demo"))["subnet"]
    first, last = ip_network(subnet["cidr"])[0], ip_network(subnet["cidr"])[-1]
    bench.ganeti.reserved[bench.name] = f"{first}, {subnet['gateway_ip']}, {last}"
    assert await bench.rounds(3) == 0


async def test_an_address_that_was_reserved_in_ganeti_is_given_to_nobody(bench: Bench) -> None:
    address = await free_address(bench)
    bench.ganeti.reserved[bench.name] = f"10.0.0.0, {address}"
    assert await bench.rounds(1) == 0
    assert await free_address(bench) == address, "it may be a moment's"
    assert await bench.rounds(1) == 1
    assert await free_address(bench) != address
    network = (await bench.rig.get(f"/subnets/{bench.subnet}", "demo"))["subnet"]["network_id"]
    wanted = {"network_id": network, "fixed_ips": [{"ip_address": address}]}
    status, fault = await bench.rig.call("demo", "POST", "/ports", {"port": wanted})
    assert (status, fault["NeutronError"]["type"]) == (409, "IpAddressInUse")
    assert await bench.rounds(2) == 0, "it is known"

    bench.ganeti.reserved.clear()
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    assert await free_address(bench) == address, "it is free again"


async def test_an_address_that_was_reserved_for_one_round_only_stays_free(bench: Bench) -> None:
    address = await free_address(bench)
    for reserved in (address, "", address, ""):
        bench.ganeti.reserved[bench.name] = reserved
        assert await bench.rounds(1) == 0
    assert await free_address(bench) == address


async def test_an_address_that_a_port_has_is_told_and_stays_with_it(bench: Bench) -> None:
    (port,) = (await bench.rig.get("/ports", "admin"))["ports"]
    bench.ganeti.reserved[bench.name] = port["fixed_ips"][0]["ip_address"]
    assert await bench.rounds(3) == 0
    shown = await drift(bench)
    assert [each["kind"] for each in shown] == ["reserved"]
    assert (await bench.rig.get("/ports", "admin"))["ports"] == [port]


async def test_a_subnet_with_a_reserved_address_can_be_deleted(bench: Bench) -> None:
    bench.ganeti.reserved[bench.name] = await free_address(bench)
    assert await bench.rounds() == 1
    for port in (await bench.rig.get("/ports", "admin"))["ports"]:
        await bench.rig.call("admin", "DELETE", f"/ports/{port['id']}")
    status, _ = await bench.rig.call("demo", "DELETE", f"/subnets/{bench.subnet}")
    assert status == 204


async def test_what_a_cluster_that_is_gone_reserved_is_free_again(bench: Bench) -> None:
    address = await free_address(bench)
    bench.ganeti.reserved[bench.name] = address
    assert await bench.rounds() == 1
    await reconciling.forget(bench.reconciler.transaction, ["sparta"])
    assert await free_address(bench) == address


async def test_the_network_of_a_subnet_that_was_deleted_is_removed_again(bench: Bench) -> None:
    for port in (await bench.rig.get("/ports", "admin"))["ports"]:
        await bench.rig.call("admin", "DELETE", f"/ports/{port['id']}")
    await bench.rig.call("demo", "DELETE", f"/subnets/{bench.subnet}")
    assert await bench.done() == ["network.disconnect", "network.delete"]
    assert await bench.rounds(1) == 0, "somebody restored it"
    assert await bench.rounds(1) == 1
    assert await bench.rounds(1) == 0, "a saga is at it"
    assert await bench.done() == ["network.disconnect", "network.delete"]


async def drift(bench: Bench) -> list[dict[str, Any]]:
    """What administrators are shown."""
    answer = await bench.rig.http.get("/v1/drift", headers={"X-Auth-Token": "admin"})
    assert answer.status == 200
    shown: list[dict[str, Any]] = (await answer.json())["drift"]
    return shown


async def test_operators_see_what_drifts_and_users_do_not(bench: Bench) -> None:
    stranger = str(uuid4())
    bench.ganeti.networks[f"cyc-{stranger}"] = ["default"]
    await bench.rounds(1)
    assert await drift(bench) == [], "it may be a moment's"
    await bench.rounds(2)
    await bench.reconciler.count()
    (shown,) = await drift(bench)
    assert shown | {"since": ""} == {
        "cluster": "athens", "kind": "orphan", "id": stranger, "what": f"cyc-{stranger}",
        "looks": 3, "since": "", "is_healed": False,
    }  # fmt: skip
    answer = await bench.rig.http.get("/v1/drift", headers={"X-Auth-Token": "demo"})
    assert answer.status == 403
    del bench.ganeti.networks[f"cyc-{stranger}"]
    await bench.rounds(1)
    assert await drift(bench) == []
    told = await bench.rig.service.parts.reads.rows(
        "SELECT routing_key FROM outbox WHERE routing_key LIKE 'network.drift.%' ORDER BY id"
    )
    assert [row["routing_key"] for row in told] == [
        f"network.drift.found.-.{stranger}",
        f"network.drift.ended.-.{stranger}",
    ]


async def test_two_replicas_that_look_at_once_are_one_look(bench: Bench) -> None:
    bench.ganeti.networks.clear()
    slow = replace(bench.reconciler, apart=timedelta(minutes=1))
    assert [await slow.round("athens") for _ in range(3)] == [0, 0, 0]
    assert await bench.rounds(1) == 1

"""What servers and instances disagree on is found, and put right when it lasts."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from services.compute.effects.reconciler import Reconciler
from services.compute.main import transactions
from services.compute.settings import ComputeSettings
from shared.contracts.gateway import Cluster, Query, Rows
from shared.contracts.instance_rows import FIELDS, observed
from shared.errors import Unavailable
from shared.ids import derived
from tests.integration.compute.rig import KEY, Rig, uuid
from tests.integration.compute.test_volumes import attached

Json = dict[str, Any]


@dataclass
class Ganeti:
    """The instances of one cluster, as query2 tells of them."""

    instances: dict[str, Json] = field(default_factory=dict)
    away: bool = False

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Answer as the gateway does."""
        assert (cluster, resource) == ("athens", "instance")
        if self.away:
            raise Unavailable("athens does not answer.")
        names = [query.filter[2]] if query.filter else sorted(self.instances)
        found = [self.instances[name] for name in names if name in self.instances]
        return Rows(rows=[[(0, each.get(name)) for name in query.fields] for each in found])

    async def clusters(self) -> list[Cluster]:
        """Nobody asks here."""
        return []


@dataclass
class Bench:
    """A server that runs, its instance, and who compares them."""

    rig: Rig
    ident: str
    ganeti: Ganeti
    reconciler: Reconciler

    @property
    def name(self) -> str:
        """What the instance is called."""
        return f"cyc-{self.ident}"

    async def seen(self, **changes: Any) -> None:
        """Have the instance be, and be seen, as it is but for the changes."""
        self.ganeti.instances[self.name] |= changes
        there = self.ganeti.instances[self.name]
        there["disk.uuids"] = [f"uuid of {name}" for name in there["disk.names"]]
        zipped = zip(there["nic.names"], there["nic.macs"], there["nic.ips"], strict=True)
        await self.rig.observe(
            self.ident,
            there["status"],
            vcpus=there["be/vcpus"],
            memory=there["be/maxmem"],
            nics=[{"name": name, "mac": mac, "ip": ip} for name, mac, ip in zipped],
            disks=[{"name": name} for name in there["disk.names"]],
            tags=there["tags"],
            boots=observed("athens", [(0, there.get(name)) for name in FIELDS]).boots,
        )
        await self.age()

    async def age(self) -> None:
        """Let what was told be a while ago."""
        await self.rig.sql("UPDATE instances SET seen_at = seen_at - interval '1 minute'")
        await self.rig.sql("DELETE FROM drift_marks")

    async def rounds(self, number: int = 2) -> int:
        """Look so many times; return how much was put right."""
        return sum([await self.reconciler.heal_once() for _ in range(number)])

    async def drifts(self) -> list[str]:
        """What is known to differ."""
        rows = await self.rig.sql("SELECT kind FROM drifts ORDER BY kind")
        return [row["kind"] for row in rows]


@pytest.fixture
async def bench(rig: Rig) -> Bench:
    """A server whose instance is as it should be."""
    ident = await rig.active()
    server = await rig.show(ident)
    (port,) = rig.world.network.ports.values()
    (address,) = server["addresses"]["private"]
    ganeti = Ganeti()
    settings = ComputeSettings(secret_key=SecretStr(KEY), database_url=SecretStr("postgresql://x"))
    reconciler = Reconciler(
        transaction=transactions(settings, rig.service.parts),
        gateway=ganeti,
        prefix="cyc-",
        group_tags="cyclades:group",
    )
    made = Bench(rig=rig, ident=ident, ganeti=ganeti, reconciler=reconciler)
    whole: Json = dict.fromkeys(FIELDS)
    ganeti.instances[made.name] = whole | {
        "name": made.name,
        "status": "running",
        "pnode": "node1.athens",
        "be/vcpus": 1,
        "be/maxmem": 2048,
        "nic.names": [port["id"]],
        "nic.macs": [address["OS-EXT-IPS-MAC:mac_addr"]],
        "nic.ips": [address["addr"]],
        "tags": [f"cyclades:server:{ident}", "cyclades:intent:one", "of:administrators"],
        "hv/boot_order": "disk",
        "disk.names": [str(derived(uuid(ident), "root")), str(derived(uuid(ident), "seed"))],
    }
    await made.seen()
    return made


async def test_nothing_is_done_where_all_agree(bench: Bench) -> None:
    before = await bench.rig.show(bench.ident)
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == []
    assert await bench.rig.show(bench.ident) == before


async def test_a_difference_is_put_right_in_the_second_round_only(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == ["state"]
    assert await bench.rounds(1) == 1
    assert await bench.rig.state(bench.ident) == ("ACTIVE", None)
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == []
    actions = await bench.rig.get(f"/servers/{bench.ident}/os-instance-actions", mv="2.84")
    assert actions["instanceActions"][0]["action"] == "external"


async def test_what_is_no_longer_so_in_ganeti_is_left_alone(bench: Bench) -> None:
    await bench.seen(status="ADMIN_down")
    await bench.rig.sql("UPDATE servers SET vm_state = 'active', power_state = 1")
    await bench.age()
    bench.ganeti.instances[bench.name]["status"] = "running"  # news of it is on its way
    assert await bench.rounds(3) == 0
    ((state,),) = await bench.rig.sql("SELECT vm_state FROM servers")
    assert state == "active"


async def test_a_server_that_changed_between_two_looks_is_looked_at_anew(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    assert await bench.rounds(1) == 0
    await bench.rig.sql("UPDATE servers SET version = version + 1")
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1


async def test_a_server_that_something_is_done_to_is_left_alone(bench: Bench) -> None:
    await bench.rig.act(bench.ident, **{"os-stop": None})
    await bench.seen(status="ERROR_wrongnode")
    assert await bench.rounds(3) == 0
    assert await bench.rig.state(bench.ident) == ("ACTIVE", "powering-off")
    assert await bench.drifts() == ["busy"], "it is looked at again"


async def test_a_cluster_that_does_not_answer_is_asked_again(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'stopped', power_state = 4")
    await bench.age()
    bench.ganeti.away = True
    assert await bench.rounds(3) == 0
    bench.ganeti.away = False
    assert await bench.rounds(1) == 1


async def test_an_instance_that_was_removed_makes_its_server_an_error(bench: Bench) -> None:
    del bench.ganeti.instances[bench.name]
    assert await bench.reconciler.verify("athens") == 1
    await bench.age()
    assert await bench.rounds() == 1
    shown = await bench.rig.show(bench.ident)
    assert (shown["status"], shown["fault"]["message"]) == (
        "ERROR",
        "The instance vanished from its cluster.",
    )
    assert len(bench.rig.world.network.ports) == 1, "its address is held"


async def test_news_that_never_came_is_found_by_comparing_the_whole_cluster(bench: Bench) -> None:
    assert await bench.reconciler.verify("athens") == 0
    bench.ganeti.instances[bench.name]["status"] = "USER_down"
    assert await bench.reconciler.verify("athens") == 1
    await bench.age()
    assert await bench.rounds() == 1
    assert await bench.rig.state(bench.ident) == ("SHUTOFF", None)
    assert await bench.reconciler.verify("athens") == 0


async def test_another_size_is_taken_over_when_there_is_a_flavor_of_it(bench: Bench) -> None:
    await bench.seen(**{"be/vcpus": 4, "be/maxmem": 4096})
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == ["flavor"], "told, for no flavor is like that"
    flavor = {"name": "m1.big", "ram": 4096, "vcpus": 4, "disk": 20, "id": "big"}
    answer = await bench.rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")
    assert answer.status == 200
    assert await bench.rounds(1) == 1
    assert (await bench.rig.show(bench.ident))["flavor"]["original_name"] == "m1.big"
    limits = (await bench.rig.get("/limits"))["limits"]["absolute"]
    assert (limits["totalCoresUsed"], limits["totalRAMUsed"]) == (4, 4096)


async def test_an_interface_that_was_taken_out_is_let_go_of(bench: Bench) -> None:
    await bench.seen(**{"nic.names": [], "nic.macs": [], "nic.ips": []})
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert bench.rig.world.network.ports == {}
    assert (await bench.rig.show(bench.ident))["addresses"] == {}


async def test_strange_devices_are_told_and_left_alone(bench: Bench) -> None:
    there = bench.ganeti.instances[bench.name]
    await bench.seen(
        **{
            "nic.names": [*there["nic.names"], "eth9"],
            "nic.macs": [*there["nic.macs"], "aa:00:00:00:00:09"],
            "nic.ips": [*there["nic.ips"], None],
            "disk.names": [*there["disk.names"], "scratch"],
        }
    )
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == ["disk_strange", "nic_strange"]
    await bench.reconciler.count()


async def test_the_instance_of_a_deleted_server_is_removed(bench: Bench) -> None:
    assert (await bench.rig.call("DELETE", f"/servers/{bench.ident}")).status == 204
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert (await bench.rig.call("GET", f"/servers/{bench.ident}")).status == 404
    before = len(bench.rig.world.gateway.operations("instance.delete"))
    await bench.seen()  # somebody restored it
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    assert len(bench.rig.world.gateway.operations("instance.delete")) == before + 1
    await bench.rig.end_jobs()
    await bench.rig.observe(bench.ident, None)
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == []


async def test_a_deleted_servers_instance_with_disks_of_others_is_left_alone(bench: Bench) -> None:
    await bench.rig.call("DELETE", f"/servers/{bench.ident}")
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    before = len(bench.rig.world.gateway.operations("instance.delete"))
    await bench.seen(**{"disk.names": ["precious"]})
    assert await bench.rounds(3) == 0
    await bench.rig.run_sagas()
    assert len(bench.rig.world.gateway.operations("instance.delete")) == before
    assert await bench.drifts() == ["orphan"]


async def test_unknown_instances_are_ignored(bench: Bench) -> None:
    stranger = "cyc-00000000-0000-4000-8000-000000000000"
    bench.ganeti.instances[stranger] = bench.ganeti.instances[bench.name] | {"name": stranger}
    await bench.reconciler.verify("athens")
    await bench.age()
    assert await bench.rounds(3) == 0
    assert bench.rig.world.gateway.operations("instance.delete") == []


async def test_an_action_that_nobody_carries_out_is_ended(bench: Bench) -> None:
    await bench.rig.act(bench.ident, **{"os-stop": None})
    await bench.rig.sql("UPDATE sagas SET ended_at = now() WHERE ended_at IS NULL")
    assert await bench.rounds(3) == 0, "it may be about to be carried out"
    await bench.rig.sql("UPDATE servers SET updated_at = now() - interval '10 minutes'")
    assert await bench.rounds() == 1
    assert await bench.rig.state(bench.ident) == ("ACTIVE", None)


async def test_a_delete_that_nobody_carries_out_is_begun_again(bench: Bench) -> None:
    await bench.rig.call("DELETE", f"/servers/{bench.ident}")
    await bench.rig.sql("UPDATE sagas SET ended_at = now() WHERE ended_at IS NULL")
    await bench.rig.sql("UPDATE servers SET updated_at = now() - interval '10 minutes'")
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert (await bench.rig.call("GET", f"/servers/{bench.ident}")).status == 404


def mended(bench: Bench) -> list[Json]:
    """What Ganeti was told besides the server's create."""
    told = bench.rig.world.gateway.operations()
    return [each for each in told if each["operation"] != "instance.create"]


async def test_a_tag_of_ours_that_was_taken_off_is_put_back(bench: Bench) -> None:
    await bench.seen(tags=["cyclades:intent:one"])
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    (told,) = mended(bench)
    assert (told["operation"], told["instance"], told["tag"]) == (
        "instance.tag", bench.name, f"cyclades:server:{bench.ident}",
    )  # fmt: skip


async def test_a_tag_that_makes_it_another_server_is_taken_off_and_others_stay(
    bench: Bench,
) -> None:
    there = bench.ganeti.instances[bench.name]["tags"]
    await bench.seen(tags=[*there, "cyclades:server:another", "cyclades:group:none"])
    assert await bench.rounds() == 2
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    told = sorted((each["operation"], each["tag"]) for each in mended(bench))
    assert told == [
        ("instance.untag", "cyclades:group:none"),
        ("instance.untag", "cyclades:server:another"),
    ]


async def test_a_tag_that_is_back_before_the_second_look_is_left_alone(bench: Bench) -> None:
    there = bench.ganeti.instances[bench.name]["tags"]
    none: list[str] = []
    for tags in (none, there, none, there):
        await bench.seen(tags=tags)
        assert await bench.rounds(1) == 0
    assert mended(bench) == []


async def test_the_tag_that_keeps_a_group_apart_is_put_on(bench: Bench) -> None:
    body = {"server_group": {"name": "apart", "policies": ["anti-affinity"]}}
    made = await bench.rig.call("POST", "/os-server-groups", body)
    group = made.body["server_group"]["id"]
    await bench.rig.know_cluster(exclusion_prefixes=["cyclades:group"], version=9)
    await bench.rig.sql("UPDATE servers SET group_id = $1", uuid(group))
    await bench.age()
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    assert [each["tag"] for each in mended(bench)] == [f"cyclades:group:{group}"]


async def test_another_address_in_ganeti_is_ours_again(bench: Bench) -> None:
    (right,) = bench.ganeti.instances[bench.name]["nic.ips"]
    await bench.seen(**{"nic.ips": ["10.66.6.6"]})
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    (told,) = mended(bench)
    assert (told["operation"], told["ip"]) == ("nic.change", right)


async def test_a_rescue_whose_image_was_taken_out_is_over(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'rescued'")
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == ["rescue"]
    assert await bench.rounds(1) == 1
    ((state,),) = await bench.rig.sql("SELECT vm_state FROM servers")
    assert state == "active"
    assert await bench.rounds(1) == 0


SIGNED_ADDRESS = "http://image/internal/v1/data/one?exp=1&sig=secret"


async def test_a_rescued_server_that_boots_from_its_image_is_left_alone(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'rescued'")
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": SIGNED_ADDRESS})
    assert await bench.rounds(3) == 0
    kept = await bench.rig.sql("SELECT fact::text AS fact FROM instances")
    assert "secret" not in str(kept), "the address goes no further"


async def test_the_image_of_a_rescue_that_is_over_is_let_go_of(bench: Bench) -> None:
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": SIGNED_ADDRESS})
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    (told,) = mended(bench)
    assert told["hypervisor_parameters"] == {
        "boot_order": "default", "cdrom_image_path": "default",
    }  # fmt: skip


async def test_what_administrators_boot_from_is_theirs(bench: Bench) -> None:
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": "/srv/tools.iso"})
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == []


async def test_operators_see_what_drifts_and_users_do_not(bench: Bench) -> None:
    async def drift(who: str) -> tuple[int, Any]:
        answer = await bench.rig.http.get("/v1/drift", headers={"X-Auth-Token": who})
        return answer.status, await answer.json()

    there = bench.ganeti.instances[bench.name]
    await bench.seen(**{"disk.names": [*there["disk.names"], "scratch"]})
    await bench.rounds(1)
    assert await drift("admin") == (200, {"drift": []}), "it may be a moment's"
    await bench.rounds(1)
    _status, body = await drift("admin")
    (shown,) = body["drift"]
    assert shown | {"since": ""} == {
        "cluster": "athens", "kind": "disk_strange", "id": bench.ident, "what": "scratch",
        "looks": 2, "since": "", "is_healed": False,
    }  # fmt: skip
    assert (await drift("demo"))[0] == 403
    await bench.seen(**{"disk.names": there["disk.names"][:-1]})
    await bench.rounds(1)
    assert await drift("admin") == (200, {"drift": []})
    told = await bench.rig.sql(
        "SELECT routing_key FROM outbox WHERE routing_key LIKE 'compute.drift.%' ORDER BY id"
    )
    assert [row["routing_key"] for row in told] == [
        f"compute.drift.found.-.{bench.ident}",
        f"compute.drift.ended.-.{bench.ident}",
    ]


async def test_a_volume_that_was_taken_out_is_detached(bench: Bench) -> None:
    volume = await attached(bench.rig, bench.ident)
    there = bench.ganeti.instances[bench.name]
    await bench.seen(**{"disk.names": [*there["disk.names"], volume]})
    assert await bench.rounds(3) == 0
    await bench.seen(**{"disk.names": there["disk.names"][:-1]})
    assert await bench.rounds(1) == 0
    assert bench.rig.world.volumes.volumes[volume]["status"] == "in-use"
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    assert bench.rig.world.volumes.volumes[volume]["status"] == "available"
    assert (await bench.rig.show(bench.ident))["os-extended-volumes:volumes_attached"] == []

"""A server, its instance, and who compares them: what tests of reconciliation begin with."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from services.compute.effects.reconciler import Reconciler
from services.compute.main import transactions
from services.compute.settings import ComputeSettings
from shared.contracts.gateway import Cluster, Query, Rows
from shared.contracts.instance_rows import FIELDS, observed
from shared.errors import Unavailable
from shared.ids import derived
from tests.integration.compute.rig import KEY, Rig, uuid

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


async def set_up(rig: Rig) -> Bench:
    """Return a server whose instance is as it should be."""
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

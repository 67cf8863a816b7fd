"""Disks that administrators add in Ganeti are told, and never taken for volumes."""

from dataclasses import replace

import pytest

from services.compute.domain.devices import BlockDevice
from services.compute.domain.drift import strange_disks
from services.compute.domain.lifecycle import Action
from services.compute.domain.server import Server
from shared.contracts.ganeti import DiskObserved, InstanceObserved
from shared.ids import derived
from tests.unit.compute.making import a_server

VOLUME = "701d0000-0000-4000-8000-000000000001"


def seen(server: Server, *names: str | None, cluster: str = "athens") -> InstanceObserved:
    """Return an observation of the server's own disks, and of these."""
    own = [str(derived(server.id, "root")), str(derived(server.id, "seed")), *names]
    disks = [DiskObserved(name=name, uuid="d1" if name is None else None) for name in own]
    return InstanceObserved(cluster=cluster, name=f"cyc-{server.id}", sequence=1, disks=disks)


@pytest.fixture
def server() -> Server:
    """Return an idle server with a volume."""
    device = BlockDevice(id=VOLUME, volume_id=VOLUME)
    return replace(a_server(), action=None, cluster="athens", volumes=(device,))


def test_what_the_server_knows_is_not_strange(server: Server) -> None:
    assert strange_disks(server, seen(server, VOLUME)) == []


def test_what_nobody_knows_is_told_by_its_name_or_else_its_uuid(server: Server) -> None:
    assert strange_disks(server, seen(server, VOLUME, "scratch", None)) == ["scratch", "d1"]


def test_a_busy_server_and_another_cluster_are_not_judged(server: Server) -> None:
    busy = replace(server, action=Action.REBUILD)
    assert strange_disks(busy, seen(server, "scratch")) == []
    assert strange_disks(server, seen(server, "scratch", cluster="berlin")) == []

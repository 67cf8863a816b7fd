"""How long things take where they take as long as in reality."""

import random
from dataclasses import replace
from statistics import median
from typing import Any

import pytest

from deploy.simulator.clock import Ids
from deploy.simulator.cluster import found
from deploy.simulator.logic.durations import CREATES, Scale, real, scale_of
from deploy.simulator.model import Cluster, Disk, Instance
from deploy.simulator.settings import SimulatorSettings

GIB = 1024


def _usual(opcode: str, scale: Scale) -> float:
    chance = random.Random(1)
    return median(real(opcode, chance, scale) for _ in range(2001))


def _cluster(**instance: Any) -> Cluster:
    cluster = found(1, SimulatorSettings(state_dir="/nowhere"), Ids("x"))
    disk = Disk(uuid="d", size=20 * GIB, template="drbd", ctime=0)
    given: dict[str, Any] = {
        "disk_template": "drbd",
        "disks": [disk],
        "snodes": ["n2"],
        "beparams": {"maxmem": 4 * GIB},
        **instance,
    }
    cluster.instances["i"] = Instance(
        name="i", uuid="i", os="o", hypervisor="fake", pnode="n1", ctime=0, mtime=0, **given
    )
    return cluster


def _scale(opcode: str, cluster: Cluster, **params: Any) -> Scale:
    return scale_of({"OP_ID": opcode, "instance_name": "i", **params}, cluster)


def _create(template: str, **params: Any) -> Scale:
    disks = [{"size": 20 * GIB}]
    opcode = {"OP_ID": "OP_INSTANCE_CREATE", "disk_template": template, "disks": disks, **params}
    return scale_of(opcode, _cluster())


def test_a_create_takes_as_long_as_its_disks_want() -> None:
    usual = {t: _usual("OP_INSTANCE_CREATE", _create(t)) for t in ("plain", "ext", "rbd", "drbd")}
    assert usual["plain"] == pytest.approx(20, rel=0.1)
    assert usual["ext"] == usual["rbd"] == pytest.approx(CREATES["ext"][0], rel=0.1)
    assert usual["drbd"] == pytest.approx(60, rel=0.1)


def test_a_mirror_that_is_waited_for_takes_as_long_as_it_is_big() -> None:
    waited = _create("drbd", wait_for_sync=True)
    assert waited.synced == 20 * GIB
    assert _create("plain", wait_for_sync=True).synced == 0
    seconds = _usual("OP_INSTANCE_CREATE", waited)
    assert seconds == pytest.approx(20 + 20 * GIB / 60 * 1.25, rel=0.1)


@pytest.mark.parametrize(
    ("opcode", "mib", "rate"),
    [
        ("OP_INSTANCE_MIGRATE", 4 * GIB, 32),
        ("OP_INSTANCE_REPLACE_DISKS", 20 * GIB, 60),
        ("OP_BACKUP_EXPORT", 20 * GIB, 100),
    ],
)
def test_what_copies_takes_as_long_as_it_copies(opcode: str, mib: int, rate: float) -> None:
    scale = _scale(opcode, _cluster())
    assert scale.copied == mib
    chance = random.Random(1)
    found = [real(opcode, chance, scale) for _ in range(200)]
    assert mib / rate <= min(found)
    assert max(found) <= mib / rate * 1.5


def test_a_guest_has_no_longer_to_shut_down_than_it_is_given() -> None:
    chance = random.Random(1)
    scale = _scale("OP_INSTANCE_SHUTDOWN", _cluster(), timeout=5)
    found = [real("OP_INSTANCE_SHUTDOWN", chance, scale) for _ in range(200)]
    assert max(found) == 5.0
    assert min(found) < 5.0


def test_growing_a_mirror_waits_for_what_is_new_of_it() -> None:
    grow = {"disk": 0, "wait_for_sync": True}
    opcode = "OP_INSTANCE_GROW_DISK"
    by_absolute = _scale(opcode, _cluster(), amount=30 * GIB, absolute=True, **grow)
    assert by_absolute.synced == _scale(opcode, _cluster(), amount=10 * GIB, **grow).synced
    assert by_absolute.synced == 10 * GIB
    assert _scale(opcode, _cluster(snodes=[]), amount=GIB, **grow).synced == 0
    assert _scale(opcode, _cluster(), amount=GIB, **{**grow, "wait_for_sync": False}).synced == 0


def test_a_device_of_a_running_instance_takes_a_second_more() -> None:
    opcode = "OP_INSTANCE_SET_PARAMS"
    running = _scale(opcode, _cluster(running=True), hotplug=True)
    stopped = _scale(opcode, _cluster(), hotplug=True)
    assert (running.plugged, stopped.plugged) == (True, False)
    same = random.Random(1), random.Random(1)
    extra = real(opcode, same[0], running) - real(opcode, same[1], replace(running, plugged=False))
    assert extra == pytest.approx(1.0)

"""What a job's result says, as recorded from Ganeti 3.0.2 with kvm."""

from typing import Any

import pytest

from shared.contracts.ganeti import hotplug_failed


@pytest.mark.parametrize(
    "result",
    [
        [[["nic.1", "add:mac=aa:00:01:7a:f0:c6,ip=None,mode=bridged"], ["nic.1", "hotplug:done"]]],
        [[["disk/1", "remove"], ["disk/1", "hotplug:done"]]],
        [[["NIC/2", "remove"]]],
        [[["be/vcpus", 2], ["hv/boot_order", "cdrom"]]],
        [None, None, None],
        [["node1.example"]],
        [True, [True]],
        [],
    ],
)
def test_a_result_without_a_failed_plug_says_so(result: list[Any]) -> None:
    assert not hotplug_failed(result)


@pytest.mark.parametrize(
    "result",
    [
        [[["disk/1", "add:size=32,mode=rw"], ["disk/1", "hotplug:failed"]]],
        [[["NIC/1", "remove"], ["NIC/1", "hotplug:failed"]]],
        [[["disk/1", "attach:size=32,mode=rw"], ["disk/1", "assemble:failed"]]],
    ],
)
def test_a_failed_plug_is_seen_in_a_job_that_is_a_success(result: list[Any]) -> None:
    assert hotplug_failed(result)

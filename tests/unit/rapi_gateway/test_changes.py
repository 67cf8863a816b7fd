"""Requests that change an instance that is there: parameters, devices, OS, node."""

from typing import Any

import pytest

from services.rapi_gateway.domain.submission import intent_of, whole
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import BUILDERS, SUMMARIES, request_for
from shared.contracts.operations import (
    DiskAdd,
    DiskSpec,
    InstanceConfigure,
    InstanceExport,
    InstanceMigrate,
    InstanceReinstall,
    NicChange,
    Operation,
)
from tests.unit.rapi_gateway.test_opcodes import (
    AROUND,
    CHANGES,
    CONFIGURE,
    CREATE,
    DISK,
    KEY,
    MARK,
    body_of,
    check,
)


def changes(operation: Operation) -> dict[str, Any]:
    """Return what the body asks for, without our marks."""
    return {name: value for name, value in body_of(operation).items() if name != "comment"}


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_are_marked_requests_that_the_opcode_takes(kind: str) -> None:
    call = request_for(CHANGES[kind], AROUND)
    assert (call.method, call.path) == ("PUT", "/2/instances/i/modify")
    assert dict(call.query)["reason"] == f"{MARK};req-1"
    assert call.body is not None
    check("OP_INSTANCE_SET_PARAMS", call.body)


def test_every_operation_has_a_request_and_a_summary() -> None:
    assert {kind.model_fields["operation"].default for kind in BUILDERS} == set(SUMMARIES)


def test_only_what_is_asked_for_is_changed() -> None:
    assert changes(CONFIGURE) == {
        "beparams": {"vcpus": 4, "minmem": 2048, "maxmem": 2048},
        "hvparams": {"boot_order": "cdrom"},
        "osparams": {"image_id": "x"},
        "osparams_private": {"upload_url": "https://hush"},
        "offline": False,
        "hotplug": False,
    }
    one = InstanceConfigure(instance="i", vcpus=1)
    assert changes(one) == {"beparams": {"vcpus": 1}, "hotplug": False}


@pytest.mark.parametrize("kind", CHANGES)
def test_plugging_is_asked_for_or_refused_whatever_the_versions_default(kind: str) -> None:
    wanted = getattr(CHANGES[kind], "hotplug", False)
    assert changes(CHANGES[kind])["hotplug"] is wanted


def test_devices_are_addressed_by_name() -> None:
    devices = {
        kind: (changes(operation).get("disks") or changes(operation).get("nics"))
        for kind, operation in CHANGES.items()
    }
    volume = {"size": 64, "name": "vol", "provider": "cyclades", "volume": "v", "keep": "yes"}
    nic = {"name": "port", "mac": "aa:00:00:00:00:01", "ip": "10.0.0.5", "network": "cyc-net"}
    assert devices == {
        "instance.configure": None,
        "disk.add": [["add", -1, volume]],
        "disk.attach": [["attach", 0, {"uuid": "u"}]],
        "disk.detach": [["detach", "vol", {}]],
        "disk.remove": [["remove", "vol", {}]],
        "nic.add": [["add", -1, nic]],
        "nic.remove": [["remove", "port", {}]],
        "nic.change": [["modify", "port", {"ip": "10.0.0.6"}]],
    }


def test_a_nic_can_be_left_without_an_address() -> None:
    bare = NicChange(instance="i", nic="port")
    assert changes(bare)["nics"] == [["modify", "port", {"ip": "none"}]]


def test_a_disk_names_a_provider_only_where_there_is_one() -> None:
    plain = DiskAdd(instance="i", disk=DiskSpec(name="d", size=8))
    assert changes(plain)["disks"] == [["add", -1, {"size": 8, "name": "d"}]]
    ext = request_for(plain, Surroundings(key=KEY, disk_template="ext", ext_provider="cyclades"))
    assert ext.body is not None
    assert ext.body["disks"][0][2]["provider"] == "cyclades"


def test_a_disk_with_content_is_not_written_over() -> None:
    bootable = CREATE.model_copy(update={"disk_template": "ext", "disks": [DISK], "install": False})
    body = body_of(bootable)
    assert (body["no_install"], body["start"]) == (True, False)
    assert body["disks"][0]["keep"] == "yes"


def test_a_reinstall_bears_no_mark_because_rapi_takes_none() -> None:
    again = InstanceReinstall(instance="i", os="debian+default", os_parameters={"image_id": "x"})
    call = request_for(again, Surroundings(key=KEY, request_id="req-1", after=(7,)))
    assert (call.method, call.path, call.query) == ("POST", "/2/instances/i/reinstall", ())
    assert call.body == {
        "os": "debian+default",
        "osparams": {"image_id": "x"},
        "start": True,
    }


def test_an_export_stays_on_the_primary_node() -> None:
    live = changes(InstanceExport(instance="i"))
    assert (live["target_node"], live["shutdown"], live["long_sleep"]) == ("n1", False, False)
    down = changes(InstanceExport(instance="i", node="n2", shutdown=True))
    assert (down["target_node"], down["shutdown"], down["long_sleep"]) == ("n2", True, True)


def test_a_migration_without_a_target_leaves_it_to_ganeti() -> None:
    anywhere = changes(InstanceMigrate(instance="i", live=False, allow_failover=True))
    assert anywhere == {
        "mode": "non-live",
        "allow_failover": True,
        "allow_runtime_changes": False,
    }


def test_private_parameters_are_sealed_and_come_back() -> None:
    intent = intent_of("c", KEY, CONFIGURE, None)
    assert intent.secrets == {"upload_url": "https://hush"}
    assert "hush" not in repr(intent.operation)
    assert whole(intent.operation, intent.secrets) == CONFIGURE
    other = CONFIGURE.model_copy(update={"os_private": {}})
    assert intent_of("c", KEY, other, None).fingerprint != intent.fingerprint

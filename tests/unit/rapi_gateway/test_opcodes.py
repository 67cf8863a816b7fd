"""Every request the gateway sends has only parameters that Ganeti's opcodes take."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

import deploy.simulator
from deploy.simulator.validation import fill
from services.rapi_gateway.domain.submission import intent_of
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import request_for, summary_of
from shared.contracts.operations import (
    DiskAdd,
    DiskAttach,
    DiskDetach,
    DiskGrow,
    DiskRemove,
    DiskSpec,
    InstanceConfigure,
    InstanceCreate,
    InstanceDelete,
    InstanceExport,
    InstanceFailover,
    InstanceMigrate,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    NicAdd,
    NicChange,
    NicRemove,
    NicSpec,
    Operation,
)

KEY = UUID("11111111-2222-4333-8444-555555555555")
MARK = f"cyclades:{KEY}"
AROUND = Surroundings(
    key=KEY,
    request_id="req-1",
    disk_template="plain",
    os="debian+default",
    ext_provider="cyclades",
    primary="n1",
)

# As introspected from Ganeti 3.0.2.
INTROSPECTED = json.loads(
    (Path(deploy.simulator.__file__).parent / "data" / "opcodes.json").read_text()
)
COMMON = {name for name, _type, _default in INTROSPECTED["common"]}
NOT_PARAMETERS = {"__version__"}

CREATE = InstanceCreate(
    instance="cyc-1",
    vcpus=2,
    memory=512,
    disks=[DiskSpec(name="disk", size=1024)],
    nics=[
        NicSpec(name="port", mac="aa:00:00:00:00:01", ip="10.0.0.5", network="cyc-net", link="x"),
        NicSpec(name="six", mac="aa:00:00:00:00:02", mode="bridged", link="br0"),
    ],
    os_parameters={"image_id": "i"},
    os_secrets={"image_url": SecretStr("https://hush")},
    tags=["cyclades:server:s"],
)
NETWORK = NetworkCreate(
    network="cyc-net", cidr="10.0.0.0/24", gateway="10.0.0.1", cidr6="fd00::/64", mac_prefix="aa:00"
)
CONFIGURE = InstanceConfigure(
    instance="i",
    vcpus=4,
    memory=2048,
    hypervisor_parameters={"boot_order": "cdrom"},
    os_parameters={"image_id": "x"},
    os_private={"upload_url": SecretStr("https://hush")},
    offline=False,
)
DISK = DiskSpec(name="vol", size=64, provider="cyclades", parameters={"volume": "v", "keep": "yes"})
NIC = NicSpec(name="port", mac="aa:00:00:00:00:01", ip="10.0.0.5", network="cyc-net")
MODIFY = ("PUT", "/2/instances/i/modify")
# Operations whose job is OP_INSTANCE_SET_PARAMS, by their names.
CHANGES: dict[str, Operation] = {
    "instance.configure": CONFIGURE,
    "disk.add": DiskAdd(instance="i", disk=DISK, hotplug=True),
    "disk.attach": DiskAttach(instance="i", uuid="u", index=0),
    "disk.detach": DiskDetach(instance="i", disk="vol", hotplug=True),
    "disk.remove": DiskRemove(instance="i", disk="vol"),
    "nic.add": NicAdd(instance="i", nic=NIC, hotplug=True),
    "nic.remove": NicRemove(instance="i", nic="port", hotplug=True),
    "nic.change": NicChange(instance="i", nic="port", ip="10.0.0.6"),
}
OPERATIONS: dict[str, tuple[Operation, str, str]] = {
    "OP_INSTANCE_GROW_DISK": (
        DiskGrow(instance="i", index=1, size=2048),
        "POST",
        "/2/instances/i/disk/1/grow",
    ),
    "OP_BACKUP_EXPORT": (InstanceExport(instance="i"), "PUT", "/2/instances/i/export"),
    "OP_INSTANCE_MIGRATE": (
        InstanceMigrate(instance="i", node="n2"),
        "PUT",
        "/2/instances/i/migrate",
    ),
    "OP_INSTANCE_FAILOVER": (
        InstanceFailover(instance="i", node="n2", ignore_consistency=True),
        "PUT",
        "/2/instances/i/failover",
    ),
    "OP_INSTANCE_CREATE": (CREATE, "POST", "/2/instances"),
    "OP_INSTANCE_REMOVE": (InstanceDelete(instance="i"), "DELETE", "/2/instances/i"),
    "OP_INSTANCE_STARTUP": (InstanceStart(instance="i"), "PUT", "/2/instances/i/startup"),
    "OP_INSTANCE_SHUTDOWN": (InstanceStop(instance="i"), "PUT", "/2/instances/i/shutdown"),
    "OP_INSTANCE_REBOOT": (InstanceReboot(instance="i"), "POST", "/2/instances/i/reboot"),
    "OP_NETWORK_ADD": (NETWORK, "POST", "/2/networks"),
    "OP_NETWORK_CONNECT": (
        NetworkConnect(network="n", group="default", mode="bridged", link="br0", vlan="7"),
        "PUT",
        "/2/networks/n/connect",
    ),
    "OP_NETWORK_DISCONNECT": (
        NetworkDisconnect(network="n", group="default"),
        "PUT",
        "/2/networks/n/disconnect",
    ),
    "OP_NETWORK_REMOVE": (NetworkDelete(network="n"), "DELETE", "/2/networks/n"),
}


def body_of(operation: Operation, around: Surroundings = AROUND) -> dict[str, Any]:
    body = request_for(operation, around).body
    assert body is not None
    return body


def check(opcode: str, body: dict[str, Any]) -> None:
    """Hold a body against the opcode as introspected, names and types of its parameters."""
    known = {name for name, _type, _default in INTROSPECTED["opcodes"][opcode]["params"]}
    assert set(body) <= known | COMMON | NOT_PARAMETERS
    name = {} if {"instance_name", "network_name"} & set(body) else {NAMES[opcode]: "i"}
    given = {key: value for key, value in body.items() if key not in NOT_PARAMETERS}
    fill(opcode, {**given, **name, **IN_URL.get(opcode, {})}, {})


IN_URL: dict[str, dict[str, Any]] = {
    "OP_INSTANCE_GROW_DISK": {"disk": 0},
    "OP_INSTANCE_REBOOT": {"reboot_type": "hard"},
}


NAMES = {
    opcode: next(p[0] for p in about["params"] if p[0] in {"instance_name", "network_name"})
    for opcode, about in INTROSPECTED["opcodes"].items()
    if {"instance_name", "network_name"} & {p[0] for p in about["params"]}
}


@pytest.mark.parametrize("opcode", OPERATIONS)
@pytest.mark.parametrize("after", [(), (7,)])
def test_requests_have_only_parameters_the_opcode_takes(
    opcode: str, after: tuple[int, ...]
) -> None:
    operation, method, path = OPERATIONS[opcode]
    call = request_for(operation, Surroundings(key=KEY, after=after, primary="n1"))
    assert (call.method, call.path) == (method, path)
    check(opcode, call.body or {})


@pytest.mark.parametrize("opcode", OPERATIONS)
def test_requests_bear_our_mark_and_the_request_they_serve(opcode: str) -> None:
    call = request_for(OPERATIONS[opcode][0], AROUND)
    assert dict(call.query)["reason"] == f"{MARK};req-1"
    if call.body is not None:
        assert call.body["comment"] == MARK


@pytest.mark.parametrize("opcode", OPERATIONS)
def test_requests_wait_for_jobs_by_absolute_id_however_they_end(opcode: str) -> None:
    body = body_of(OPERATIONS[opcode][0], Surroundings(key=KEY, after=(7,)))
    assert body["depends"] == [[7, ["success", "error", "canceled"]]]


@pytest.mark.parametrize("opcode", OPERATIONS)
def test_summaries_are_those_of_ganeti(opcode: str) -> None:
    operation = OPERATIONS[opcode][0]
    document = intent_of("c", KEY, operation, None).operation
    name = document.get("instance") or document["network"]
    assert summary_of(document) == f"{opcode.removeprefix('OP_')}({name})"


def test_a_create_says_everything_whose_default_differs_between_versions() -> None:
    body = body_of(CREATE)
    explicit = ("name_check", "ip_check", "conflicts_check", "wait_for_sync", "start")
    assert {name: body[name] for name in explicit} == {
        "name_check": False,
        "ip_check": False,
        "conflicts_check": False,
        "wait_for_sync": False,
        "start": True,
    }
    assert body["beparams"] == {"vcpus": 2, "minmem": 512, "maxmem": 512}
    assert (body["os_type"], body["disk_template"]) == ("debian+default", "plain")
    assert body["tags"] == ["cyclades:server:s", f"cyclades:intent:{KEY}"]
    assert body["osparams_secret"] == {"image_url": "https://hush"}


def test_nics_on_a_network_leave_link_and_mode_to_it() -> None:
    on_network, alone = body_of(CREATE)["nics"]
    assert set(on_network) == {"name", "mac", "ip", "network"}
    assert set(alone) == {"name", "mac", "mode", "link"}


def test_disks_of_template_ext_name_their_provider() -> None:
    ext = CREATE.model_copy(update={"disk_template": "ext"})
    assert body_of(ext)["disks"] == [{"size": 1024, "name": "disk", "provider": "cyclades"}]
    diskless = CREATE.model_copy(update={"disk_template": "diskless"})
    assert body_of(diskless)["disks"] == []


def test_opportunistic_locking_is_for_many_nodes_and_never_for_a_named_one() -> None:
    many = Surroundings(key=KEY, nodes=3)
    assert body_of(CREATE, many)["opportunistic_locking"] is True
    assert body_of(CREATE)["opportunistic_locking"] is False
    named = body_of(CREATE.model_copy(update={"node": "n1", "group": "g"}), many)
    assert named["opportunistic_locking"] is False
    assert named["pnode"] == "n1"
    assert "group_name" not in named
    assert body_of(CREATE.model_copy(update={"group": "g"}), many)["group_name"] == "g"


def test_names_are_quoted_in_paths() -> None:
    assert request_for(InstanceStart(instance="a/b"), AROUND).path == "/2/instances/a%2Fb/startup"

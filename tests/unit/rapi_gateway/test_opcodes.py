"""Every request the gateway sends has only parameters that Ganeti's opcodes take."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

import deploy.simulator
from services.rapi_gateway.domain.submission import intent_of
from services.rapi_gateway.ganeti.opcodes import SUMMARIES, Surroundings, request_for, summary_of
from shared.contracts.operations import (
    DiskSpec,
    InstanceCreate,
    InstanceDelete,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    NicSpec,
    Operation,
)

KEY = UUID("11111111-2222-4333-8444-555555555555")
MARK = f"cyclades:{KEY}"
AROUND = Surroundings(key=KEY, request_id="req-1", disk_template="plain", os="debian+default")

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
OPERATIONS: dict[str, tuple[Operation, str, str]] = {
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


@pytest.mark.parametrize("opcode", OPERATIONS)
@pytest.mark.parametrize("after", [(), (7,)])
def test_requests_have_only_parameters_the_opcode_takes(
    opcode: str, after: tuple[int, ...]
) -> None:
    operation, method, path = OPERATIONS[opcode]
    call = request_for(operation, Surroundings(key=KEY, after=after))
    known = {name for name, _type, _default in INTROSPECTED["opcodes"][opcode]["params"]}
    assert (call.method, call.path) == (method, path)
    assert set(call.body or {}) <= known | COMMON | NOT_PARAMETERS


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
    assert len(SUMMARIES) == len(OPERATIONS)


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

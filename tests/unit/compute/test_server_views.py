"""A server as Nova shows it, in every microversion; stored answers are rendered answers."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from services.compute.api.views import servers as views
from services.compute.domain.lifecycle import Action, VmState
from services.compute.domain.server import Fault, Server
from services.compute.store.documents import filled_in, id_of
from tests.unit.compute.making import NOW, a_server

BASE = "http://api/compute"
MEMBER_MIN = {
    "id", "name", "status", "tenant_id", "user_id", "hostId", "image", "flavor", "created",
    "updated", "addresses", "accessIPv4", "accessIPv6", "links", "metadata", "OS-DCF:diskConfig",
    "progress", "OS-EXT-AZ:availability_zone", "config_drive", "key_name",
    "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
    "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state",
    "os-extended-volumes:volumes_attached",
}  # fmt: skip
ADDED = {
    9: {"locked"}, 19: {"description"}, 26: {"tags"}, 63: {"trusted_image_certificates"},
    73: {"locked_reason"}, 90: {"OS-EXT-SRV-ATTR:hostname"}, 96: {"pinned_availability_zone"},
}  # fmt: skip
ADMIN_ADDED = {
    1: {"host", "instance_name", "hypervisor_hostname"},
    3: {"kernel_id", "ramdisk_id", "launch_index", "reservation_id", "root_device_name",
        "user_data"},
}  # fmt: skip

STATES = [
    a_server(vm_state=vm_state, action=action, fault=fault)
    for vm_state in VmState
    for action in (None, *Action)
    for fault in (None, Fault(message="no", created=NOW, details="gnt said no"))
]


def shown(server: Server, minor: int) -> dict[str, Any]:
    """Return the view as a client reads it."""
    body = filled_in(orjson.dumps(views.server_view(server, minor)), BASE)
    found: dict[str, Any] = orjson.loads(body)
    return found


def test_stored_answers_are_what_rendering_gives_in_every_state() -> None:
    render = views.rendering("cyc-")
    for server in STATES:
        documents = render(server)
        for stored, admin, minor in (
            (documents.view_min, documents.admin_min, views.LEAST),
            (documents.view_max, documents.admin_max, views.HIGHEST),
        ):
            assert stored == orjson.dumps(views.server_view(server, minor))
            assert admin == views.members(views.admin_view(server, minor, "cyc-"))
            assert id_of(stored) == str(server.id)


@pytest.mark.parametrize("minor", [1, 2, 3, 8, 9, 18, 19, 25, 26, 47, 62, 63, 73, 79, 90, 95, 96])
def test_each_microversion_shows_its_own_keys_and_no_others(minor: int) -> None:
    wanted = set(MEMBER_MIN)
    for since, keys in ADDED.items():
        wanted |= keys if since <= minor else set()
    assert set(shown(a_server(vm_state=VmState.ACTIVE), minor)) == wanted


@pytest.mark.parametrize("minor", [1, 2, 3, 15, 16, 89, 90, 96])
def test_administrators_see_more(minor: int) -> None:
    wanted = {
        f"OS-EXT-SRV-ATTR:{key}"
        for since, keys in ADMIN_ADDED.items()
        if since <= minor
        for key in keys
    }
    wanted |= {"OS-EXT-SRV-ATTR:hostname"} if 3 <= minor < 90 else set()
    wanted |= {"host_status"} if minor >= 16 else set()
    assert set(views.admin_view(a_server(), minor, "cyc-")) == wanted


def test_the_flavor_is_a_link_before_2_47_and_a_copy_since() -> None:
    server = a_server(vm_state=VmState.ACTIVE)
    assert shown(server, 46)["flavor"] == {
        "id": "1",
        "links": [{"rel": "bookmark", "href": f"{BASE}/flavors/1"}],
    }
    assert shown(server, 47)["flavor"] == {
        "vcpus": 1, "ram": 512, "disk": 5, "ephemeral": 0, "swap": 0,
        "original_name": "m1.tiny", "extra_specs": {},
    }  # fmt: skip


def test_the_whole_of_it_at_the_highest_microversion() -> None:
    found = shown(a_server(vm_state=VmState.ACTIVE), 96)
    assert found["addresses"] == {
        "private": [
            {
                "version": 4,
                "addr": "10.0.0.5",
                "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:05",
            }
        ]
    }
    assert found["created"] == "2026-01-02T03:04:05Z"
    assert found["OS-SRV-USG:launched_at"] == "2026-01-02T03:04:05.678901"
    assert found["links"][0] == {"rel": "self", "href": f"{BASE}/v2.1/servers/{found['id']}"}
    assert len(found["hostId"]) == 56
    assert (found["config_drive"], found["accessIPv4"]) == ("", "")


def test_there_are_no_addresses_while_it_is_being_built() -> None:
    assert shown(a_server(vm_state=VmState.BUILDING), 1)["addresses"] == {}


def test_users_cannot_forge_our_address() -> None:
    server = a_server(details={"note": "\x01, \x02 and \x03"}, name="\x03")
    found = shown(server, 96)
    assert found["metadata"] == {"note": "\x01, \x02 and \x03"}
    assert found["name"] == "\x03"


def test_where_a_server_is_is_a_riddle_that_differs_by_project_and_node() -> None:
    here = views.host_id(a_server())
    assert here == views.host_id(a_server(name="other"))
    assert here != views.host_id(a_server(node="node2.athens"))
    assert here != views.host_id(a_server(project_id="e" * 32))
    assert views.host_id(a_server(cluster=None)) == ""


def test_details_of_a_fault_are_for_administrators_unless_it_is_the_users() -> None:
    fault = Fault(message="no", created=NOW, details="gnt said no")
    assert "details" not in views.fault_view(fault, detailed=False)
    assert views.fault_view(fault, detailed=True)["details"] == "gnt said no"
    theirs = Fault(message="no", created=NOW, details="d", code=400)
    assert views.fault_view(theirs, detailed=False)["details"] == "d"


def test_the_event_tells_what_owners_see_and_no_hosts() -> None:
    event = views.rendering("cyc-")(a_server(vm_state=VmState.ACTIVE, group_id=UUID(int=3))).event
    assert event["flavor"]["id"] == "1"
    assert "node1.athens" not in str(event)


@pytest.mark.parametrize("project", ["", "/p1"])
def test_answers_that_were_stored_before_get_their_addresses_too(project: str) -> None:
    now = filled_in(b'["\x03/v2.1/servers/1","\x03/images/2"]', "http://host", project)
    before = filled_in(b'["\x01/servers/1","\x02/images/2"]', "http://host", project)
    assert now == before
    assert orjson.loads(now) == [
        f"http://host/v2.1{project}/servers/1",
        f"http://host{project}/images/2",
    ]

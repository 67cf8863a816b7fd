"""What observations of an instance mean for an idle server."""

from datetime import timedelta
from typing import Any

import pytest

from services.compute.domain.lifecycle import Action, PowerState, VmState
from services.compute.domain.reconcile import HELD, MEANINGS, VANISHED, reconcile
from services.compute.domain.server import Fault
from shared.contracts.ganeti import InstanceObserved
from tests.unit.compute.making import NOW, a_server

LATER = NOW + timedelta(seconds=5)


def seen(status: str | None, **changes: Any) -> InstanceObserved:
    """Return an observation; status None: the instance is gone."""
    given: dict[str, Any] = {
        "cluster": "athens",
        "name": "cyc-x",
        "sequence": 1,
        "present": status is not None,
        "status": status,
        "node": "node1.athens",
    }
    return InstanceObserved(**(given | changes))


@pytest.mark.parametrize("vm_state", [VmState.ACTIVE, VmState.STOPPED, VmState.ERROR])
@pytest.mark.parametrize("status", MEANINGS)
def test_every_status_of_ganeti_has_one_meaning(vm_state: VmState, status: str) -> None:
    meaning = MEANINGS[status]
    gone = Fault(message=VANISHED, created=NOW) if vm_state is VmState.ERROR else None
    found = reconcile(a_server(vm_state=vm_state, fault=gone), seen(status), LATER)
    assert found.vm_state is (meaning.vm_state or vm_state)
    assert found.power_state is meaning.power
    if found.vm_state is not VmState.ERROR:
        assert found.fault is None


def test_an_unknown_status_tells_nothing_of_the_power() -> None:
    found = reconcile(a_server(vm_state=VmState.ACTIVE), seen("ERROR_new"), LATER)
    assert (found.vm_state, found.power_state) == (VmState.ACTIVE, PowerState.UNKNOWN)


def test_an_instance_that_vanished_is_an_error() -> None:
    found = reconcile(a_server(vm_state=VmState.STOPPED), seen(None), LATER)
    assert found.vm_state is VmState.ERROR
    assert found.fault == Fault(message="The instance vanished from its cluster.", created=LATER)
    assert found.updated_at == LATER


def test_the_first_fault_stays() -> None:
    first = Fault(message="first", created=NOW)
    broken = a_server(vm_state=VmState.ERROR, fault=first)
    assert reconcile(broken, seen(None), LATER).fault == first


def test_an_instance_that_comes_back_heals_the_server() -> None:
    broken = a_server(vm_state=VmState.ERROR, fault=Fault(message=VANISHED, created=NOW))
    healed = reconcile(broken, seen("running"), LATER)
    assert (healed.vm_state, healed.fault) == (VmState.ACTIVE, None)


@pytest.mark.parametrize("fault", [None, Fault(message="The action failed.", created=NOW)])
def test_an_error_that_was_not_seen_is_not_healed_by_looking(fault: Fault | None) -> None:
    broken = a_server(vm_state=VmState.ERROR, fault=fault)
    found = reconcile(broken, seen("running"), LATER)
    assert (found.vm_state, found.fault) == (VmState.ERROR, fault)
    assert found.power_state is PowerState.RUNNING


@pytest.mark.parametrize("held", sorted(HELD, key=str))
@pytest.mark.parametrize("status", ["running", "ADMIN_down", "USER_down", "ADMIN_offline"])
def test_what_is_seen_ends_no_state_that_a_user_chose(held: VmState, status: str) -> None:
    found = reconcile(a_server(vm_state=held), seen(status), LATER)
    assert (found.vm_state, found.power_state) == (held, MEANINGS[status].power)
    assert reconcile(a_server(vm_state=held), seen(None), LATER).vm_state is VmState.ERROR


def test_what_changes_nothing_is_the_same_server() -> None:
    server = a_server(vm_state=VmState.ACTIVE, power_state=PowerState.RUNNING)
    assert reconcile(server, seen("running"), LATER) is server


@pytest.mark.parametrize(
    "ignored",
    [
        {"action": Action.STOP},
        {"vm_state": VmState.DELETED},
        {"vm_state": VmState.BUILDING},
        {"cluster": "berlin"},
        {"cluster": None},
        {"last_job": 8},
    ],
    ids=str,
)
def test_some_observations_are_not_about_the_server_as_it_stands(ignored: dict[str, Any]) -> None:
    server = a_server(**({"vm_state": VmState.ACTIVE} | ignored))
    assert reconcile(server, seen("ADMIN_down", job_id=7), LATER) is server


def test_a_migration_moves_the_server() -> None:
    moved = reconcile(a_server(vm_state=VmState.ACTIVE), seen("running", node="node2"), LATER)
    assert moved.node == "node2"

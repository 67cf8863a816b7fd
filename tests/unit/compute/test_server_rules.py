"""Every cell of the table of a server's life."""

from datetime import timedelta

import pytest

from services.compute.domain.lifecycle import (
    RULES,
    Action,
    ActionNotAllowed,
    PowerState,
    ServerBusy,
    ServerLocked,
    Task,
    VmState,
    status_of,
)
from services.compute.domain.server import Fault
from tests.unit.compute.making import NOW, a_server

LATER = NOW + timedelta(seconds=5)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("vm_state", VmState)
def test_every_action_is_either_allowed_or_refused_by_the_table(
    action: Action, vm_state: VmState
) -> None:
    server = a_server(vm_state=vm_state)
    if vm_state in RULES[action].allowed:
        assert server.begin(action, LATER).task == RULES[action].task
    else:
        with pytest.raises(ActionNotAllowed, match=f"in vm_state {vm_state.value}"):
            server.begin(action, LATER)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("busy_with", Action)
def test_a_busy_server_refuses_all_but_delete(action: Action, busy_with: Action) -> None:
    server = a_server(vm_state=VmState.ACTIVE, action=busy_with)
    if action is Action.DELETE:
        assert server.begin(action, LATER).task == "deleting"
    else:
        with pytest.raises(ServerBusy, match="while it is in task_state"):
            server.begin(action, LATER)


@pytest.mark.parametrize("action", Action)
def test_success_ends_where_the_table_says(action: Action) -> None:
    rule = RULES[action]
    for vm_state in rule.allowed:
        settled = a_server(vm_state=vm_state, action=action).settle(LATER, succeeded=True, job=7)
        back = VmState.ACTIVE if vm_state is VmState.ERROR else vm_state
        assert (settled.vm_state, settled.task) == (rule.done or back, None)
        assert settled.power_state == (rule.power or PowerState.UNKNOWN)
        assert settled.last_job == 7


@pytest.mark.parametrize("stood", [VmState.ACTIVE, VmState.STOPPED])
def test_a_resize_is_taken_back_or_confirmed_to_where_the_server_stood(stood: VmState) -> None:
    resizing = a_server(vm_state=stood).begin(Action.RESIZE, LATER)
    resized = resizing.settle(LATER, succeeded=True)
    assert (resized.vm_state, resized.stood) == (VmState.RESIZED, stood)
    for action in (Action.REVERT_RESIZE, Action.CONFIRM_RESIZE):
        after = resized.begin(action, LATER).settle(LATER, succeeded=True)
        assert (after.vm_state, after.stood) == (stood, None)
    failed = resizing.settle(LATER, succeeded=False)
    assert (failed.vm_state, failed.stood) == (stood, None)
    kept = resized.begin(Action.REVERT_RESIZE, LATER).settle(LATER, succeeded=False)
    assert (kept.vm_state, kept.stood) == (VmState.RESIZED, stood)


def test_a_broken_server_that_is_rebuilt_runs() -> None:
    rebuilding = a_server(vm_state=VmState.ERROR).begin(Action.REBUILD, LATER)
    assert rebuilding.settle(LATER, succeeded=True).vm_state is VmState.ACTIVE


def test_a_lock_stops_all_but_administrators() -> None:
    locked = a_server(locked_by="owner")
    locked.require_unlocked(is_admin=True)
    a_server().require_unlocked(is_admin=False)
    with pytest.raises(ServerLocked, match=f"Instance {locked.id} is locked"):
        locked.require_unlocked(is_admin=False)


@pytest.mark.parametrize("action", Action)
def test_failure_ends_where_the_table_says(action: Action) -> None:
    rule, fault = RULES[action], Fault(message="no", created=LATER)
    for vm_state in rule.allowed:
        server = a_server(vm_state=vm_state, action=action)
        settled = server.settle(LATER, succeeded=False, fault=fault)
        assert settled.vm_state == (rule.failed or vm_state)
        assert settled.task is None
        assert settled.fault == (fault if rule.failed else None)


def test_the_end_of_nothing_changes_nothing() -> None:
    server = a_server()
    assert server.settle(LATER, succeeded=False) is server


def test_only_the_first_run_is_the_launch() -> None:
    fresh = a_server(vm_state=VmState.BUILDING, action=Action.CREATE, launched_at=None)
    assert fresh.settle(LATER, succeeded=True).launched_at == LATER
    again = a_server(vm_state=VmState.STOPPED, action=Action.START)
    assert again.settle(LATER, succeeded=True).launched_at == NOW


def test_the_phase_of_a_create_is_its_task() -> None:
    server = a_server(vm_state=VmState.BUILDING, action=Action.CREATE)
    assert server.task == "scheduling"
    assert server.enter(Task.SPAWNING, LATER).task == "spawning"
    assert server.enter(Task.SPAWNING, LATER).begin(Action.DELETE, LATER).task == "deleting"


@pytest.mark.parametrize(
    ("vm_state", "task", "status"),
    [
        (VmState.BUILDING, "spawning", "BUILD"),
        (VmState.ACTIVE, None, "ACTIVE"),
        (VmState.ACTIVE, "powering-off", "ACTIVE"),
        (VmState.ACTIVE, "deleting", "ACTIVE"),
        (VmState.ACTIVE, "rebooting", "REBOOT"),
        (VmState.ACTIVE, "rebooting_hard", "HARD_REBOOT"),
        (VmState.STOPPED, None, "SHUTOFF"),
        (VmState.STOPPED, "powering-on", "SHUTOFF"),
        (VmState.ERROR, "deleting", "ERROR"),
        (VmState.ERROR, "rebuilding", "REBUILD"),
        (VmState.STOPPED, "resize_prep", "RESIZE"),
        (VmState.ACTIVE, "resize_finish", "RESIZE"),
        (VmState.RESIZED, None, "VERIFY_RESIZE"),
        (VmState.RESIZED, "resize_reverting", "REVERT_RESIZE"),
        (VmState.RESCUED, None, "RESCUE"),
        (VmState.SHELVED_OFFLOADED, "unshelving", "SHELVED_OFFLOADED"),
        (VmState.ACTIVE, "migrating", "MIGRATING"),
        (VmState.ACTIVE, "image_uploading", "ACTIVE"),
        (VmState.DELETED, None, "DELETED"),
    ],
)
def test_the_status_is_derived(vm_state: VmState, task: str | None, status: str) -> None:
    assert status_of(vm_state, task) == status


def test_users_do_not_see_a_broken_server_being_deleted() -> None:
    broken = a_server(vm_state=VmState.ERROR, action=Action.DELETE)
    assert not broken.is_visible
    assert a_server(vm_state=VmState.ACTIVE, action=Action.DELETE).is_visible
    never_placed = a_server(vm_state=VmState.BUILDING, action=Action.DELETE, cluster=None)
    assert not never_placed.is_visible
    assert a_server(vm_state=VmState.ERROR).is_visible


def test_nothing_is_left_of_a_deleted_server() -> None:
    gone = a_server(vm_state=VmState.ACTIVE, action=Action.DELETE).settle_deleted(LATER)
    assert (gone.vm_state, gone.nics, gone.node) == (VmState.DELETED, (), None)
    assert gone.terminated_at == gone.deleted_at == LATER
    assert gone.power_state is PowerState.UNKNOWN
    assert not gone.is_visible

"""Locks, and what administrators set right."""

from typing import Any

from tests.integration.compute.rig import Rig, fresh_id


async def act(rig: Rig, ident: str, body: Any, *, who: str = "demo", mv: str = "2.96") -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, who=who, mv=mv)


async def test_a_lock_stops_its_owner_until_it_is_taken_off(rig: Rig) -> None:
    ident = await rig.active()
    assert (await act(rig, ident, {"lock": {"locked_reason": "busy"}})).status == 202
    shown = await rig.show(ident)
    assert (shown["locked"], shown["locked_reason"]) == (True, "busy")
    for body in ({"os-stop": None}, {"reboot": {"type": "HARD"}}, {"forceDelete": None}):
        answer = await act(rig, ident, body)
        assert answer.status == 409
        assert answer.body["conflictingRequest"]["message"] == f"Instance {ident} is locked"
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 409
    url = f"/servers/{ident}/metadata"
    assert (await rig.call("POST", url, {"metadata": {"a": "b"}})).status == 409
    assert (await rig.call("PUT", f"/servers/{ident}", {"server": {"name": "x"}})).status == 200
    assert await rig.state(ident) == ("ACTIVE", None)
    assert (await act(rig, ident, {"unlock": None})).status == 202
    shown = await rig.show(ident)
    assert (shown["locked"], shown["locked_reason"]) == (False, None)
    assert (await act(rig, ident, {"os-stop": None})).status == 202


async def test_administrators_pass_locks_and_theirs_stay(rig: Rig) -> None:
    ident = await rig.active()
    assert (await act(rig, ident, {"lock": None}, who="admin")).status == 202
    answer = await act(rig, ident, {"unlock": None})
    assert answer.status == 403
    assert "os-lock-server:unlock:unlock_override" in answer.body["forbidden"]["message"]
    assert (await act(rig, ident, {"os-stop": None}, who="admin")).status == 202
    await rig.run_sagas()
    await rig.end_jobs()
    assert (await act(rig, ident, {"unlock": None}, who="admin")).status == 202
    assert (await rig.show(ident))["locked"] is False


async def test_locks_are_listed_and_recorded(rig: Rig) -> None:
    ident, other = await rig.active(), await rig.active()
    await act(rig, ident, {"lock": None})
    await act(rig, ident, {"lock": {"locked_reason": "again"}})
    found = await rig.get("/servers?locked=true", mv="2.73")
    assert [each["id"] for each in found["servers"]] == [ident]
    found = await rig.get("/servers?locked=false", mv="2.73")
    assert [each["id"] for each in found["servers"]] == [other]
    assert (await rig.show(ident))["locked_reason"] is None
    done = (await rig.get(f"/servers/{ident}/os-instance-actions"))["instanceActions"]
    assert [each["action"] for each in done] == ["lock", "create"]


async def test_reasons_of_locks_came_with_2_73(rig: Rig) -> None:
    ident = await rig.active()
    assert (await act(rig, ident, {"lock": {"locked_reason": "x"}}, mv="2.72")).status == 400
    wrong: Any
    for wrong in ({"locked_reason": ""}, {"locked_reason": "x" * 256}, {"reason": "x"}, [], "x"):
        assert (await act(rig, ident, {"lock": wrong})).status == 400, wrong
    assert (await rig.show(ident))["locked"] is False


async def test_administrators_say_where_a_server_stands(rig: Rig) -> None:
    ident = await rig.active()
    await act(rig, ident, {"os-stop": None})
    assert (await act(rig, ident, {"os-resetState": {"state": "error"}})).status == 403
    answer = await act(rig, ident, {"os-resetState": {"state": "error"}}, who="admin")
    assert answer.status == 202
    assert await rig.state(ident) == ("ERROR", None)
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ERROR", None)
    await rig.observe(ident, "running", job_id=900)
    assert await rig.state(ident) == ("ERROR", None)
    await act(rig, ident, {"os-resetState": {"state": "active"}}, who="admin")
    assert await rig.state(ident) == ("ACTIVE", None)
    for wrong in ({"state": "off"}, {"state": 1}, {}, None):
        answer = await act(rig, ident, {"os-resetState": wrong}, who="admin")
        assert answer.status == 400, wrong
    gone = await act(rig, fresh_id(), {"os-resetState": {"state": "error"}}, who="admin")
    assert gone.status == 404


async def test_a_forced_delete_deletes_and_nothing_is_restored(rig: Rig) -> None:
    ident = await rig.active()
    answer = await act(rig, ident, {"restore": None})
    assert answer.body["conflictingRequest"]["message"] == (
        f"Cannot 'restore' instance {ident} while it is in vm_state active"
    )
    assert (await act(rig, ident, {"forceDelete": None})).status == 202
    await rig.run_sagas()
    await rig.end_jobs()
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404


async def test_network_info_is_for_administrators_to_refresh(rig: Rig) -> None:
    ident = await rig.active()
    before = (await rig.show(ident))["addresses"]
    assert (await act(rig, ident, {"injectNetworkInfo": None})).status == 403
    assert (await act(rig, ident, {"injectNetworkInfo": None}, who="admin")).status == 202
    assert (await rig.show(ident))["addresses"] == before


async def test_what_ganeti_cannot_do_is_said_in_a_sentence(rig: Rig) -> None:
    ident = await rig.active()
    for name, status in (("pause", 501), ("suspend", 400), ("changePassword", 501)):
        answer = await act(rig, ident, {name: None})
        ((_, fault),) = answer.body.items()
        assert answer.status == status
        assert fault["message"].startswith(f"The action {name} is not possible: ")

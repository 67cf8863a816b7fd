"""The checker of a tormented cloud: what it lets pass, and everything it must find."""

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.checker import Reality, check
from tests.chaos.history import History, Outcome

Json = dict[str, Any]


def history(*told: tuple[str, str, Outcome]) -> History:
    """A history of (operation, name, outcome)."""
    made = History()
    for operation, name, outcome in told:
        made.add(
            client=0, operation=operation, name=name, server=None, outcome=outcome, status=None
        )
    return made


def server(name: str, status: str = "ACTIVE", **more: Any) -> Json:
    shown = {"id": f"id-{name}", "name": name, "status": status, "OS-EXT-STS:task_state": None}
    return shown | more


def reality(*servers: Json) -> Reality:
    """All that belongs to these servers, and nothing else."""
    well = [each for each in servers if each["status"] != "ERROR"]
    return Reality(
        servers=servers,
        ports=[
            {"device_id": each["id"], "fixed_ips": [{"ip_address": f"10.0.0.{number}"}]}
            for number, each in enumerate(well)
        ],
        instances=[
            {
                "name": f"cyc-{each['id']}",
                "status": "running" if each["status"] == "ACTIVE" else "ADMIN_down",
            }
            for each in well
        ],
        creations={f"cyc-{each['id']}": 1 for each in well},
        used={"instances": len(servers), "cores": len(servers), "ports": len(well)},
    )


MADE = ("create", "a", Outcome.ACCEPTED)


def test_nothing_is_wrong_where_everything_agrees() -> None:
    told = history(
        MADE,
        ("create", "b", Outcome.ACCEPTED),
        ("stop", "b", Outcome.REFUSED),
        ("stop", "b", Outcome.ACCEPTED),
        ("create", "c", Outcome.ACCEPTED),
        ("delete", "c", Outcome.ACCEPTED),
        ("create", "d", Outcome.REFUSED),
    )
    verdict = check(told, reality(server("a"), server("b", "SHUTOFF")))
    assert verdict.problems == []
    assert verdict.statuses == {"ACTIVE": 1, "SHUTOFF": 1}
    assert verdict.outcomes["create accepted"] == 3


@pytest.mark.parametrize("there", [True, False])
def test_a_create_whose_answer_was_lost_may_have_been_done_or_not(there: bool) -> None:
    told = history(("create", "a", Outcome.UNKNOWN))
    assert check(told, reality(*([server("a")] if there else []))).problems == []


@pytest.mark.parametrize("status", ["ACTIVE", "SHUTOFF"])
def test_a_stop_whose_answer_was_lost_may_have_been_done_or_not(status: str) -> None:
    told = history(MADE, ("stop", "a", Outcome.UNKNOWN))
    assert check(told, reality(server("a", status))).problems == []


def test_an_accepted_request_that_is_lost_is_found() -> None:
    assert check(history(MADE), reality()).problems == ["a: ACTIVE was accepted, and it is gone"]
    stopped = history(MADE, ("stop", "a", Outcome.ACCEPTED))
    assert check(stopped, reality(server("a"))).problems == [
        "a: ACTIVE, but SHUTOFF was accepted, and no action has failed"
    ]
    deleted = history(MADE, ("delete", "a", Outcome.ACCEPTED))
    assert len(check(deleted, reality(server("a"))).problems) == 1


def test_an_accepted_stop_may_fail_when_the_api_says_so() -> None:
    told = history(MADE, ("stop", "a", Outcome.ACCEPTED))
    found = replace(reality(server("a")), failed_actions={"id-a": ["stop"]})
    assert check(told, found).problems == []


@pytest.mark.parametrize(
    ("servers", "problem"),
    [
        ([server("a"), server("b")], "b: nobody asked for it"),
        ([server("a"), server("a", id="id-2")], "a: there are 2 of it"),
        ([server("a", "BUILD")], "a: still BUILD (None)"),
        (
            [server("a", **{"OS-EXT-STS:task_state": "powering-off"})],
            "a: still ACTIVE (powering-off)",
        ),
        ([server("a", "ERROR")], "a: ERROR without a fault"),
    ],
)
def test_servers_that_should_not_be_so_are_found(servers: list[Json], problem: str) -> None:
    assert problem in check(history(MADE), reality(*servers)).problems


def test_an_error_with_its_fault_is_an_end() -> None:
    told = reality(server("a", "ERROR", fault={"message": "no room"}))
    assert check(history(MADE), told).problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"instances": []}, "a: ACTIVE without an instance"),
        (
            {"instances": [{"name": "cyc-id-a", "status": "ADMIN_down"}]},
            "a: ACTIVE, but its instance is not",
        ),
        (
            {"instances": [{"name": "cyc-id-a", "status": "running"}] * 2},
            "cyc-id-a: 2 instances of it",
        ),
        (
            {
                "instances": [
                    {"name": "cyc-id-a", "status": "running"},
                    {"name": "cyc-id-z", "status": "running"},
                ]
            },
            "cyc-id-z: an instance without a server",
        ),
        ({"creations": {"cyc-id-a": 2}}, "cyc-id-a: created 2 times"),
        ({"ports": []}, "a: 0 ports"),
        (
            {"ports": [{"device_id": "id-a", "fixed_ips": [{"ip_address": "10.0.0.1"}] * 2}]},
            "10.0.0.1: given 2 times",
        ),
        (
            {
                "ports": [
                    {"device_id": "id-a", "fixed_ips": []},
                    {"device_id": "id-z", "fixed_ips": []},
                ]
            },
            "port of server id-z: it is gone",
        ),
        (
            {"used": {"instances": 2, "cores": 1, "ports": 1}},
            "quota counts 2 instances, there are 1",
        ),
    ],
)
def test_what_is_lost_or_doubled_beside_servers_is_found(
    change: dict[str, Any], problem: str
) -> None:
    found = replace(reality(server("a")), **change)
    assert problem in check(history(MADE), found).problems

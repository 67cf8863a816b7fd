"""An instance as the state channel shows it, and what is news of it."""

from typing import Any

from services.ganeti_watcher.domain.seen import Doubts, Kept, everyone, touched
from shared.contracts.instance_rows import FIELDS, observed


def cells(**changes: Any) -> list[tuple[int, Any]]:
    values: dict[str, Any] = {
        "name": "cyc-1",
        "uuid": "u1",
        "status": "running",
        "admin_state": "up",
        "oper_state": True,
        "pnode": "node1",
        "snodes": ["node2", None],
        "be/vcpus": 2,
        "be/maxmem": 512,
        "nic.names": ["port-1", None],
        "nic.uuids": ["n1", "n2"],
        "nic.macs": ["aa:00:00:00:00:01", "aa:00:00:00:00:02"],
        "nic.ips": ["10.0.0.5", None],
        "nic.networks.names": ["cyc-net", None],
        "disk.names": ["root"],
        "disk.uuids": ["d1"],
        "disk.sizes": [1024],
        "network_port": 11000,
        "tags": ["one"],
        "hv/boot_order": "disk",
        "hv/cdrom_image_path": "",
    } | changes
    return [(0, values[name]) if values[name] is not None else (2, None) for name in FIELDS]


def told(*rows: list[tuple[int, Any]]) -> dict[str, Kept]:
    news = touched("athens", {}, [row[0][1] for row in rows], rows)
    return dict(news.kept)


def test_a_row_becomes_an_observation() -> None:
    seen = observed("athens", cells())
    assert (seen.status, seen.node, seen.secondaries, seen.memory) == (
        "running",
        "node1",
        ["node2"],
        512,
    )
    assert [(nic.name, nic.ip, nic.network) for nic in seen.nics] == [
        ("port-1", "10.0.0.5", "cyc-net"),
        (None, None, None),
    ]
    assert [(disk.name, disk.size) for disk in seen.disks] == [("root", 1024)]


def test_what_is_booted_from_is_told_without_the_address_of_an_image() -> None:
    signed = "http://image/internal/v1/data/one?exp=1&sig=secret"

    def boots(order: str | None, path: str = "") -> str | None:
        return observed(
            "athens", cells(**{"hv/boot_order": order, "hv/cdrom_image_path": path})
        ).boots

    assert boots(None) is None, "the hypervisor has no such choice"
    assert (boots("disk"), boots("disk", signed)) == ("disk", "disk")
    assert (boots("cdrom", "/srv/tools.iso"), boots("cdrom", signed)) == ("cdrom", "image")


def test_a_node_that_does_not_answer_leaves_the_live_fields_unknown() -> None:
    seen = observed("athens", cells(status="ERROR_nodedown", oper_state=None))
    assert (seen.status, seen.oper_state) == ("ERROR_nodedown", None)


def test_what_is_as_it_was_is_no_news() -> None:
    assert not touched("athens", told(cells()), ["cyc-1"], [cells()]).facts


def test_any_difference_is_news_with_the_next_sequence() -> None:
    for change in ({"status": "ADMIN_down"}, {"pnode": "node2"}, {"nic.ips": ["10.0.0.6", None]}):
        (fact,) = touched("athens", told(cells()), ["cyc-1"], [cells(**change)]).facts
        assert fact.sequence == 2


def test_an_instance_that_is_not_there_is_news_where_it_was() -> None:
    (fact,) = touched("athens", told(cells()), ["cyc-1"], []).facts
    assert (fact.present, fact.sequence) == (False, 2)
    assert not touched("athens", {}, ["cyc-9"], []).facts
    assert not touched("athens", {"cyc-1": Kept(2, b"", present=False)}, ["cyc-1"], []).facts


def test_trouble_and_absence_are_told_when_two_looks_in_a_row_show_them() -> None:
    known = told(cells(), cells(name="cyc-2"))
    rows = [cells(status="ERROR_down", oper_state=False)]
    news, doubts = everyone("athens", known, rows, Doubts())
    assert not news.facts
    news, _doubts = everyone("athens", known, rows, doubts)
    assert {(fact.name, fact.status, fact.present) for fact in news.facts} == {
        ("cyc-1", "ERROR_down", True),
        ("cyc-2", None, False),
    }


def test_trouble_that_passed_was_none() -> None:
    known = told(cells())
    _news, doubts = everyone("athens", known, [cells(status="ERROR_down")], Doubts())
    _news, doubts = everyone("athens", known, [cells()], doubts)
    news, _doubts = everyone("athens", known, [cells(status="ERROR_down")], doubts)
    assert not news.facts


def test_what_a_job_told_since_is_not_told_again_from_an_older_look() -> None:
    news, _doubts = everyone("athens", {}, [cells()], Doubts(), settled={"cyc-1"})
    assert not news.facts

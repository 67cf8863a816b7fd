"""An instance as the state channel shows it."""

from typing import Any

from services.ganeti_watcher.domain.instances import FIELDS, absent, digest, observed


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
    } | changes
    return [(0, values[name]) if values[name] is not None else (2, None) for name in FIELDS]


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


def test_a_node_that_does_not_answer_leaves_the_live_fields_unknown() -> None:
    seen = observed("athens", cells(status="ERROR_nodedown", oper_state=None))
    assert (seen.status, seen.oper_state) == ("ERROR_nodedown", None)


def test_the_same_state_has_the_same_digest_whenever_it_was_seen() -> None:
    one = observed("athens", cells())
    assert digest(one) == digest(one.model_copy(update={"sequence": 9}))


def test_any_difference_is_news() -> None:
    one = observed("athens", cells())
    for change in ({"status": "ADMIN_down"}, {"pnode": "node2"}, {"nic.ips": ["10.0.0.6", None]}):
        assert digest(observed("athens", cells(**change))) != digest(one)
    assert digest(absent("athens", "cyc-1")) != digest(one)

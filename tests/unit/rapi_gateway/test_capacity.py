"""Ganeti's answers, read into facts about capacity."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.rapi_gateway.domain.capacity import (
    NODE_FIELDS,
    candidates_of,
    exclusions_of,
    nodes_of,
    rows_of,
    supported,
    template_for,
    vcpu_ratio_of,
)
from shared.contracts.gateway import Node

# One node of a real 3.0.2 cluster.
ROW: dict[str, Any] = {
    "name": "c1n1.gnt.test", "group": "default", "ctotal": 2, "mtotal": 24105, "mnode": 1024,
    "mfree": 18804, "dtotal": 258019, "dfree": 72491, "pinst_cnt": 3, "offline": False,
    "drained": False, "vm_capable": True, "master_candidate": True, "pip": "10.213.1.11",
    "bootid": "9f0d",
}  # fmt: skip


def test_a_node_has_what_the_hypervisor_leaves_it() -> None:
    [node] = nodes_of([ROW], [], {})
    assert node == Node(
        name="c1n1.gnt.test",
        group="default",
        vcpus=2,
        memory=24105 - 1024,
        memory_free=18804,
        disk=258019,
        disk_free=72491,
        instances=3,
        address="10.213.1.11",
        boot_id="9f0d",
    )


def test_a_node_runs_at_least_since_its_boot_was_seen_first() -> None:
    first, later = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
    known = nodes_of([ROW | {"bootid": "a"}], [], {}, first)
    [same] = nodes_of([ROW | {"bootid": "a"}], known, {}, later)
    assert (same.boot_id, same.up_since) == ("a", first)
    [again] = nodes_of([ROW | {"bootid": "b"}], known, {}, later)
    assert (again.boot_id, again.up_since) == ("b", later)
    [silent] = nodes_of([ROW | {"bootid": None}], known, {}, later)
    assert (silent.boot_id, silent.up_since) == (None, None)


def test_a_node_that_does_not_answer_keeps_its_sizes_and_has_nothing_free() -> None:
    known = nodes_of([ROW], [], {})
    live = ("ctotal", "mtotal", "mnode", "mfree", "dtotal", "dfree")
    silent = ROW | dict.fromkeys(live) | {"offline": True}
    [node] = nodes_of([silent], known, {})
    assert (node.vcpus, node.memory, node.disk) == (2, 24105 - 1024, 258019)
    assert (node.memory_free, node.disk_free, node.offline) == (0, 0, True)
    [unknown] = nodes_of([silent], [], {})
    assert (unknown.vcpus, unknown.memory) == (0, 0)


def test_a_group_given_by_uuid_is_named() -> None:
    [node] = nodes_of([ROW | {"group": "some-uuid"}], [], {"some-uuid": "rack1"})
    assert node.group == "rack1"


def test_cells_without_a_value_are_none() -> None:
    cells: list[list[list[Any]]] = [[[0, "n"], [2, None], [4, 5]]]
    assert rows_of(("name", "mfree", "dfree"), cells) == [
        {"name": "n", "mfree": None, "dfree": None}
    ]
    assert len(NODE_FIELDS) == len(ROW)


def test_other_addresses_are_those_of_master_candidates() -> None:
    rows = [
        ROW | {"name": "b", "pip": "10.0.0.2"},
        ROW | {"name": "a", "pip": "fd00::1"},
        ROW | {"name": "c", "offline": True},
        ROW | {"name": "d", "master_candidate": False},
    ]
    assert candidates_of(rows, 5080) == ("https://[fd00::1]:5080", "https://10.0.0.2:5080")


def test_policy_and_tags_of_the_cluster() -> None:
    info = {"ipolicy": {"vcpu-ratio": 64}, "tags": ["x", "htools:iextags:b", "htools:iextags:a"]}
    assert vcpu_ratio_of(info) == 64.0
    assert exclusions_of(info) == ["a", "b"]
    assert (vcpu_ratio_of({}), exclusions_of({})) == (4.0, [])


@pytest.mark.parametrize(
    ("asked", "enabled", "chosen"),
    [
        (None, ["diskless", "ext", "plain", "drbd"], "plain"),
        (None, ["diskless", "file"], "file"),
        (None, ["diskless"], "diskless"),
        ("sharedfile", ["plain", "sharedfile"], "sharedfile"),
    ],
)
def test_the_disk_template(asked: str | None, enabled: list[str], chosen: str) -> None:
    assert template_for(asked, enabled, None) == chosen


def test_a_template_that_is_not_enabled_is_refused() -> None:
    with pytest.raises(ValueError, match=r"drbd is not enabled.*plain"):
        template_for("drbd", ["plain"], None)


def test_ext_wants_a_provider() -> None:
    assert template_for("ext", ["plain", "ext"], "cyclades") == "ext"
    with pytest.raises(ValueError, match="needs an ExtStorage provider"):
        template_for("ext", ["plain", "ext"], None)


@pytest.mark.parametrize(
    ("version", "known"),
    [("2.15.2", False), ("2.16.2", True), ("3.0.2", True), ("3.1.1", True), ("x", False)],
)
def test_versions_we_speak_with(version: str, known: bool) -> None:
    assert supported(version) is known

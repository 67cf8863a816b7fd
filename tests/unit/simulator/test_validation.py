"""Opcode parameters are checked as Ganeti declares them."""

from typing import Any

import pytest

from deploy.simulator.catalogue import OPCODES
from deploy.simulator.logic.registry import ROUTINES
from deploy.simulator.validation import BadParameter, class_name, fill, matches


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("nonneg", 0, True),
        ("nonneg", -1, False),
        ("int", True, False),
        ("nestr", "", False),
        ("ipv4", "10.0.0.1", True),
        ("ipv4", "10.0.0.256", False),
        ("ipv6", "fd00::1", True),
        ("ipv4net", "nonsense", False),
        (["or", "none", "str"], None, True),
        (["list", "str"], ["a", 1], False),
        (["dict", "str", "int"], {"a": 1}, True),
        (["oneof", 0, 10, -10], 3, False),
        (["oneof", 0, 10], False, False),
        (["and", ["len", 2], ["items", ["str", "int"]]], ["a", 1], True),
        (["and", ["len", 2], ["items", ["str", "int"]]], ["a"], False),
    ],
)
def test_types(kind: Any, value: Any, *, expected: bool) -> None:
    assert matches(kind, value) is expected


def test_a_bad_netmask_is_not_a_validation_error() -> None:
    with pytest.raises(ValueError, match="host bits set"):
        matches("ipv4net", "10.0.0.5/24")


def test_defaults_are_filled_in_and_unset_options_left_out() -> None:
    op = fill("OP_INSTANCE_SHUTDOWN", {"instance_name": "i", "dry_run": False, "reason": []}, {})
    assert list(op) == [
        "dry_run", "priority", "depends", "comment", "reason", "OP_ID",
        "instance_name", "force", "ignore_offline_nodes", "timeout", "no_remember",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"instance_name": "i", "nosuch": 1}, "Object OpInstanceShutdown doesn't support"),
        ({"instance_name": 5}, "OP_INSTANCE_SHUTDOWN.instance_name' fails validation"),
        ({}, "OP_INSTANCE_SHUTDOWN.instance_name' fails validation"),
        ({"instance_name": "i", "priority": 3}, "OP_INSTANCE_SHUTDOWN.priority' fails"),
    ],
)
def test_bad_parameters_are_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadParameter, match=says):
        fill("OP_INSTANCE_SHUTDOWN", given, {})


def test_every_opcode_has_a_routine() -> None:
    assert set(OPCODES) == set(ROUTINES)


def test_class_names() -> None:
    assert class_name("OP_INSTANCE_SET_PARAMS") == "OpInstanceSetParams"

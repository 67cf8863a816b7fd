"""What counts as the same operation, and what may be written down of it."""

from uuid import UUID

import pytest
from pydantic import SecretStr

from services.rapi_gateway.domain.marks import intent_tag, is_marked, reason
from services.rapi_gateway.domain.submission import intent_of, target_of, whole
from shared.contracts.operations import DiskSpec, InstanceCreate, InstanceStop, NetworkDelete

KEY = UUID("11111111-2222-4333-8444-555555555555")
CREATE = InstanceCreate(
    instance="cyc-1",
    vcpus=1,
    memory=64,
    disks=[DiskSpec(name="d", size=1)],
    os_secrets={"image_url": SecretStr("https://hush")},
)


def fingerprint(operation: InstanceCreate) -> str:
    return intent_of("c1", KEY, operation, None).fingerprint


def test_secrets_are_set_apart() -> None:
    intent = intent_of("c1", KEY, CREATE, "req-1")
    assert "hush" not in repr(intent)
    assert "os_secrets" not in intent.operation
    assert intent.secrets == {"image_url": "https://hush"}
    assert whole(intent.operation, intent.secrets) == CREATE


def test_a_fresh_secret_is_the_same_operation_but_another_parameter_is_not() -> None:
    fresh = CREATE.model_copy(update={"os_secrets": {"image_url": SecretStr("https://new")}})
    assert fingerprint(fresh) == fingerprint(CREATE)
    assert fingerprint(CREATE.model_copy(update={"memory": 65})) != fingerprint(CREATE)
    without = CREATE.model_copy(update={"os_secrets": {}})
    assert fingerprint(without) != fingerprint(CREATE)


def test_instances_and_networks_have_queues_of_their_own() -> None:
    assert target_of(InstanceStop(instance="x").model_dump()) == "instance:x"
    assert target_of(NetworkDelete(network="x").model_dump()) == "network:x"


@pytest.mark.parametrize(
    ("opcode", "found"),
    [
        ({"reason": [["gnt:user", f"cyclades:{KEY}", 1]]}, True),
        ({"reason": [["gnt:user", f"cyclades:{KEY};req-1", 1]], "comment": None}, True),
        ({"comment": f"cyclades:{KEY}", "reason": []}, True),
        ({"comment": f"about cyclades:{KEY}", "reason": None}, False),
        ({"reason": [["gnt:user", f"cyclades:{KEY}0", 1]]}, False),
        ({"reason": [["odd"]]}, False),
        (None, False),
    ],
)
def test_our_jobs_are_known_by_their_marks(opcode: object, found: bool) -> None:
    assert is_marked([opcode], KEY) is found


def test_marks_fit_where_they_go() -> None:
    assert reason(KEY, None) == f"cyclades:{KEY}"
    assert reason(KEY, "req-1") == f"cyclades:{KEY};req-1"
    assert len(intent_tag(KEY)) <= 128

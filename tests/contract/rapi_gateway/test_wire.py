"""What other services say to the gateway and hear of it: bodies of today must parse for ever."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.ganeti import EpochChanged
from shared.contracts.gateway import (
    ClusterChanged,
    LoadChanged,
    Submission,
    SubmissionState,
    SubmissionStatus,
)

KEY = "11111111-2222-4333-8444-555555555555"
CREATE: dict[str, Any] = {
    "operation": "instance.create",
    "instance": "cyc-1",
    "vcpus": 1,
    "memory": 512,
    "disks": [{"name": "d", "size": 1024}],
    "nics": [{"name": "p", "mac": "aa:00:00:00:00:01", "ip": "10.0.0.5", "network": "cyc-n"}],
    "os_secrets": {"image_url": "https://hush"},
}
OPERATIONS: list[dict[str, Any]] = [
    CREATE,
    {"operation": "instance.delete", "instance": "cyc-1"},
    {"operation": "instance.start", "instance": "cyc-1"},
    {"operation": "instance.stop", "instance": "cyc-1", "timeout": 30},
    {"operation": "instance.reboot", "instance": "cyc-1", "type": "soft"},
    {"operation": "network.create", "network": "cyc-n", "cidr": "10.0.0.0/24"},
    {
        "operation": "network.connect",
        "network": "cyc-n",
        "group": "default",
        "mode": "bridged",
        "link": "br0",
    },
    {"operation": "network.disconnect", "network": "cyc-n", "group": "default"},
    {"operation": "network.delete", "network": "cyc-n"},
]
CLUSTER: dict[str, Any] = {
    "name": "c1",
    "uuid": "u",
    "state": "enabled",
    "availability_zone": "c1",
    "os": "cyclades+default",
    "disk_template": "file",
    "software_version": "3.0.2",
    "version": 7,
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: str(each["operation"]))
def test_operations_of_today_parse(operation: dict[str, Any]) -> None:
    parsed = Submission.model_validate({"operation": operation, "request_id": "req-1"})
    assert parsed.operation.operation == operation["operation"]
    assert "hush" not in repr(parsed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": {"operation": "instance.explode", "instance": "x"}},
        {"operation": {"operation": "instance.stop"}},
        {"operation": {"operation": "instance.stop", "instance": "x", "color": "red"}},
        {"operation": {**CREATE, "memory": 0}},
        {},
    ],
)
def test_anything_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Submission.model_validate(wrong)


def test_a_state_of_today_parses() -> None:
    state = SubmissionState.model_validate(
        {"cluster": "c1", "key": KEY, "status": "accepted", "epoch": 2, "job_id": 9}
    )
    assert (state.status, state.job_id, state.epoch) == (SubmissionStatus.ACCEPTED, 9, 2)


def test_news_of_clusters_travel_under_five_words_and_parse() -> None:
    fact = ClusterChanged.model_validate({"verb": "created", "cluster": CLUSTER})
    assert fact.routing_key == "gateway.cluster.created.-.c1"
    assert fact.order == 7
    assert ClusterChanged.model_validate_json(fact.model_dump_json()) == fact


def test_news_of_epochs_travel_under_five_words() -> None:
    fact = EpochChanged(cluster="c1", epoch=2, reason="x")
    assert (fact.routing_key, fact.order) == ("ganeti.epoch.changed.-.c1", 2)


def test_news_of_loads_travel_under_five_words_and_parse() -> None:
    fact = LoadChanged(cluster="c1", sequence=3, health="up", pending=12)
    assert (fact.routing_key, fact.order) == ("gateway.load.changed.-.c1", 3)
    assert LoadChanged.model_validate_json(fact.model_dump_json()) == fact

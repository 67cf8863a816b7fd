"""What a cluster's Ganeti networks and our records of them disagree on."""

from uuid import UUID, uuid4

import pytest

from services.network.domain.binding import ClusterSubnet, Realisation
from services.network.domain.ganeti_networks import GanetiNetwork, Trouble, disagreements

SUBNET = uuid4()
NAME = f"cyc-{SUBNET}"
GROUPS = ("default", "ssd")


def found(
    state: Realisation | None, connected: tuple[str, ...] | None, *, alive: bool = True
) -> list[Trouble]:
    """Compare one record, if any, with one network, if any."""
    record = [
        ClusterSubnet(subnet_id=SUBNET, cluster="athens", state=each, ganeti_network=NAME)
        for each in ([state] if state else [])
    ]
    there = [
        GanetiNetwork(name=NAME, groups=frozenset(each))
        for each in ([connected] if connected is not None else [])
    ]
    ours: dict[str, UUID] = {each.name: SUBNET for each in there}
    living = {SUBNET} if alive else set()
    return [each.trouble for each in disagreements(record, there, GROUPS, ours, living)]


@pytest.mark.parametrize(
    ("state", "connected", "trouble"),
    [
        (Realisation.READY, GROUPS, []),
        (Realisation.READY, (*GROUPS, "new"), []),
        (Realisation.READY, None, [Trouble.MISSING]),
        (Realisation.READY, ("default",), [Trouble.HANGING]),
        (Realisation.READY, (), [Trouble.HANGING]),
        (Realisation.WANTED, None, []),
        (Realisation.WANTED, ("default",), []),
        (Realisation.WANTED, GROUPS, [Trouble.UNSYNCED]),
        (Realisation.FAILED, GROUPS, [Trouble.UNSYNCED]),
        (None, GROUPS, [Trouble.PARTED]),
        (None, None, []),
    ],
)
def test_each_case_is_told_apart(
    state: Realisation | None, connected: tuple[str, ...] | None, trouble: list[Trouble]
) -> None:
    assert found(state, connected) == trouble


def test_a_network_of_a_subnet_nobody_knows_is_an_orphan() -> None:
    assert found(None, GROUPS, alive=False) == [Trouble.ORPHAN]

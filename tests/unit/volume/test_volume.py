"""The life of a volume: every action in every status."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.volume.domain.volume import RULES, Action, Status, Volume, WrongStatus
from shared.errors import BadInput
from shared.ids import ProjectId, UserId, VolumeId

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VOLUME = Volume(
    id=VolumeId(UUID(int=1)),
    project_id=ProjectId("p"),
    user_id=UserId("u"),
    name=None,
    description=None,
    size=2,
    status=Status.AVAILABLE,
    availability_zone="nova",
    volume_type_id=UUID(int=2),
    volume_type="standard",
    created_at=NOW,
)
S, A = Status, Action
ERRORS = {S.ERROR, S.ERROR_RESTORING, S.ERROR_EXTENDING, S.ERROR_MANAGING}
ALLOWED = {
    A.EXTEND: {S.AVAILABLE},
    A.RETYPE: {S.AVAILABLE},
    A.OFFER: {S.AVAILABLE},
    A.WITHDRAW: {S.AWAITING_TRANSFER},
    A.ACCEPT: {S.AWAITING_TRANSFER},
    A.DELETE: {S.AVAILABLE, *ERRORS},
    A.FORCE_DELETE: set(Status) - {S.DELETED},
}
DONE = {
    A.EXTEND: S.AVAILABLE,
    A.RETYPE: S.AVAILABLE,
    A.OFFER: S.AWAITING_TRANSFER,
    A.WITHDRAW: S.AVAILABLE,
    A.ACCEPT: S.AVAILABLE,
    A.DELETE: S.DELETED,
    A.FORCE_DELETE: S.DELETED,
}


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action) == set(ALLOWED)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_an_action_is_done_where_it_is_allowed_and_refused_elsewhere(
    action: Action, status: Status
) -> None:
    before = replace(VOLUME, status=status)
    if status in ALLOWED[action]:
        after = before.doing(action, NOW)
        assert after == replace(before, status=DONE[action], updated_at=NOW)
    else:
        with pytest.raises(WrongStatus, match="Invalid volume: ") as refused:
            before.doing(action, NOW)
        assert "{" not in refused.value.message


def test_growing_changes_the_size() -> None:
    assert VOLUME.extended(3, NOW).size == 3


@pytest.mark.parametrize("size", [2, 1])
def test_a_volume_never_shrinks(size: int) -> None:
    with pytest.raises(BadInput, match="must be greater than current size"):
        VOLUME.extended(size, NOW)

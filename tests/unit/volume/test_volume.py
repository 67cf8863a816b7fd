"""The life of a volume: every action in every status."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.volume.domain.lifecycle import RULES, Action, Status
from services.volume.domain.volume import Volume, WrongStatus
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
USABLE = {S.AVAILABLE, S.IN_USE}
ALLOWED = {
    A.EXTEND: {S.AVAILABLE},
    A.EXTEND_IN_USE: USABLE,
    A.RETYPE: USABLE,
    A.REVERT: {S.AVAILABLE},
    A.REIMAGE: {S.AVAILABLE, S.ERROR},
    A.REIMAGE_RESERVED: {S.AVAILABLE, S.ERROR, S.RESERVED},
    A.UPLOAD: {S.AVAILABLE},
    A.UPLOAD_IN_USE: USABLE,
    A.BEGIN_DETACHING: {S.IN_USE},
    A.ROLL_DETACHING: {S.DETACHING},
    A.OFFER: {S.AVAILABLE},
    A.WITHDRAW: {S.AWAITING_TRANSFER},
    A.ACCEPT: {S.AWAITING_TRANSFER},
    A.DELETE: {S.AVAILABLE, *ERRORS},
    A.FORCE_DELETE: set(Status) - {S.DELETED},
}
DURING = {
    A.EXTEND: S.EXTENDING,
    A.EXTEND_IN_USE: S.EXTENDING,
    A.RETYPE: S.RETYPING,
    A.REVERT: S.REVERTING,
    A.REIMAGE: S.DOWNLOADING,
    A.REIMAGE_RESERVED: S.DOWNLOADING,
    A.UPLOAD: S.UPLOADING,
    A.UPLOAD_IN_USE: S.UPLOADING,
    A.BEGIN_DETACHING: S.DETACHING,
    A.ROLL_DETACHING: S.IN_USE,
    A.OFFER: S.AWAITING_TRANSFER,
    A.WITHDRAW: S.AVAILABLE,
    A.ACCEPT: S.AVAILABLE,
    A.DELETE: S.DELETING,
    A.FORCE_DELETE: S.DELETING,
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
        during = DURING[action]
        assert after == replace(before, status=during, status_before=status, updated_at=NOW)
    else:
        with pytest.raises(WrongStatus, match="Invalid volume: ") as refused:
            before.doing(action, NOW)
        assert "{" not in refused.value.message


def test_a_volume_that_grows_has_its_old_size_until_it_has_grown() -> None:
    growing = VOLUME.growing(3, NOW, even_in_use=False)
    assert (growing.status, growing.size, growing.growing_to) == (S.EXTENDING, 2, 3)
    grown = growing.as_before(NOW, size=3, growing_to=None)
    assert (grown.status, grown.status_before) == (S.AVAILABLE, None)


@pytest.mark.parametrize("size", [2, 1])
def test_a_volume_never_shrinks(size: int) -> None:
    with pytest.raises(BadInput, match="must be greater than current size"):
        VOLUME.growing(size, NOW, even_in_use=False)


def test_the_flag_of_a_volume_that_may_only_be_read_is_shown_among_its_metadata() -> None:
    assert replace(VOLUME, metadata={"k": "v"}, readonly=True).shown_metadata == {
        "k": "v",
        "readonly": "True",
    }

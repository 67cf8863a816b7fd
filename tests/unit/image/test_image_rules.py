"""What may happen to an image in each of its statuses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.image.domain.document import document_of, rendered
from services.image.domain.image import Content, Image, ImageProtected, Status
from shared.clock import utcnow
from shared.errors import CloudError
from shared.ids import ImageId

UPLOAD = UUID(int=7)
CONTENT = Content(size=5, md5="m", sha512="s", virtual_size=9)
QUEUED = Image(
    id=ImageId(UUID(int=1)),
    owner="p",
    container_format="bare",
    disk_format="raw",
    created_at=utcnow(),
    updated_at=utcnow(),
)
VERBS: dict[str, Callable[[Image], Image]] = {
    "upload": lambda image: image.begin_upload(UPLOAD),
    "deactivate": Image.deactivate,
    "reactivate": Image.reactivate,
    "delete": Image.delete,
}
# status -> verb -> status then, or the code of the refusal
LIFE: dict[Status, dict[str, str]] = {
    Status.QUEUED: {
        "upload": "saving",
        "deactivate": "image.not_in_this_status",
        "reactivate": "image.not_in_this_status",
        "delete": "deleted",
    },
    Status.SAVING: {
        "upload": "image.status_forbids",
        "deactivate": "image.not_in_this_status",
        "reactivate": "image.not_in_this_status",
        "delete": "deleted",
    },
    Status.ACTIVE: {
        "upload": "image.status_forbids",
        "deactivate": "deactivated",
        "reactivate": "active",
        "delete": "deleted",
    },
    Status.DEACTIVATED: {
        "upload": "image.status_forbids",
        "deactivate": "deactivated",
        "reactivate": "active",
        "delete": "deleted",
    },
}


@pytest.mark.parametrize("status", LIFE)
@pytest.mark.parametrize("verb", VERBS)
def test_every_status_takes_the_verbs_its_row_says(status: Status, verb: str) -> None:
    image = replace(QUEUED, status=status)
    try:
        became = VERBS[verb](image).status.value
    except CloudError as refused:
        became = refused.code
    assert became == LIFE[status][verb]


def test_an_upload_given_up_leaves_the_image_as_it_was() -> None:
    saving = QUEUED.begin_upload(UPLOAD)
    assert saving.is_receiving(UPLOAD)
    assert not saving.is_receiving(UUID(int=8))
    assert saving.give_up_upload() == QUEUED


def test_a_finished_upload_gives_the_image_its_bytes() -> None:
    active = QUEUED.begin_upload(UPLOAD).finish_upload(CONTENT)
    assert (active.status, active.content, active.upload) == (Status.ACTIVE, CONTENT, UPLOAD)
    assert not active.is_receiving(UPLOAD)
    shown: dict[str, Any] = document_of(active)
    assert (shown["size"], shown["checksum"], shown["virtual_size"]) == (5, "m", 9)
    assert rendered(active).startswith(b"{")


def test_a_protected_image_is_not_deleted() -> None:
    with pytest.raises(ImageProtected):
        replace(QUEUED, protected=True).delete()


def test_a_property_never_hides_what_an_image_has() -> None:
    disguised = replace(QUEUED, properties={"owner": "me", "status": "active"})
    assert (document_of(disguised)["owner"], document_of(disguised)["status"]) == ("p", "queued")

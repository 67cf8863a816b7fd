"""An image: what it is, and what may happen to it next.

Its bytes arrive by an upload, which has an id of its own: whatever an upload does later, it does
to the image only while the image still names that upload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from services.image.domain.formats import Seen
from shared.errors import BadInput, Conflict, NotAllowed, NotFound
from shared.ids import ImageId


class Status(StrEnum):
    """Where an image is in its life."""

    QUEUED = "queued"
    SAVING = "saving"
    UPLOADING = "uploading"  # to the staging area, for an import that is yet to be asked for
    IMPORTING = "importing"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"


class Visibility(StrEnum):
    """Who may see an image besides its owner."""

    PUBLIC = "public"
    COMMUNITY = "community"
    SHARED = "shared"
    PRIVATE = "private"


class ImageNotFound(NotFound):
    """There is no such image, or the caller may not see it."""

    code = "image.not_found"

    def __init__(self, image_id: object) -> None:
        super().__init__(f"No image found with ID {image_id}")


class ImageExists(Conflict):
    """The id is taken."""

    code = "image.exists"


class ImageProtected(NotAllowed):
    """The image's owner keeps it from being deleted."""

    code = "image.protected"


class StatusForbids(Conflict):
    """The image's status does not allow this."""

    code = "image.status_forbids"


class NotInThisStatus(NotAllowed):
    """The image's status does not allow this action; Glance says 403 here."""

    code = "image.not_in_this_status"


class FormatsMissing(BadInput):
    """Bytes were sent before their format was told."""

    code = "image.formats_missing"


class ImportForbidden(Conflict):
    """The image is not in a state to be imported this way."""

    code = "image.import_forbidden"


class ImageGone(Conflict):
    """The image was deleted while its bytes arrived."""

    code = "image.gone"

    def __init__(self, image_id: object) -> None:
        super().__init__(
            f"Image {image_id} could not be found after upload. "
            "The image may have been deleted during the upload."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes an image has."""

    size: int
    md5: str  # hex
    sha512: str  # hex
    virtual_size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Bytes that wait for their import."""

    content: Content
    seen: Seen  # judged when they are imported, for until then nobody said they are an image


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A disk image of a project."""

    id: ImageId
    owner: str
    name: str | None = None
    status: Status = Status.QUEUED
    visibility: Visibility = Visibility.SHARED
    protected: bool = False
    os_hidden: bool = False
    container_format: str | None = None
    disk_format: str | None = None
    min_disk: int = 0  # GiB
    min_ram: int = 0  # MiB
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    content: Content | None = None
    upload: UUID | None = None  # whose bytes these are, or will be
    staged: Staged | None = None
    task: UUID | None = None  # the import under way
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def begin_upload(self, upload: UUID) -> Self:
        """Return the image with its bytes on their way.

        Raises:
            StatusForbids: it has bytes, or is getting some.
            FormatsMissing: nobody said what they will be.
        """
        if self.status is not Status.QUEUED:
            raise StatusForbids(
                f"Image status transition from {self.status} to saving is not allowed"
            )
        missing = [name for name in FORMATS if getattr(self, name) is None]
        if missing:
            raise FormatsMissing(
                f"Properties {', '.join(missing)} must be set prior to saving data."
            )
        return replace(self, status=Status.SAVING, upload=upload)

    def begin_stage(self, upload: UUID) -> Self:
        """Return the image with bytes on their way to wait for their import.

        Raises:
            StatusForbids: it has bytes, or is getting some.
        """
        if self.status is not Status.QUEUED:
            raise StatusForbids(
                f"Image status transition from {self.status} to uploading is not allowed"
            )
        return replace(self, status=Status.UPLOADING, upload=upload)

    def finish_stage(self, staged: Staged) -> Self:
        """Return the image with bytes that wait."""
        return replace(self, staged=staged)

    def begin_import(self, method: str, task: UUID) -> Self:
        """Return the image on its way to be active.

        Args:
            method: ``glance-direct`` takes what was staged, any other brings its bytes.
            task: the import.

        Raises:
            ImportForbidden: it has bytes, has none staged, or lacks its formats.
        """
        if self.status in {Status.ACTIVE, Status.DEACTIVATED}:
            raise ImportForbidden("Image with status active cannot be target for import")
        if method != "glance-direct" and self.status is not Status.QUEUED:
            raise ImportForbidden(f"Image needs to be in 'queued' state to use '{method}' method")
        if method == "glance-direct" and (
            self.status is not Status.UPLOADING or self.staged is None
        ):
            raise ImportForbidden(
                "Image needs to be staged before 'glance-direct' method can be used"
            )
        for name in reversed(FORMATS):
            if getattr(self, name) is None:
                raise ImportForbidden(f"'{name}' needs to be set before import")
        return replace(self, status=Status.IMPORTING, task=task)

    def begin_fetch(self, task: UUID, upload: UUID) -> Self:
        """Return the image with the bytes of its import on their way, maybe once more.

        Raises:
            ImageGone: it is not being imported by that task any more.
        """
        if self.status is not Status.IMPORTING or self.task != task:
            raise ImageGone(self.id)
        return replace(self, upload=upload)

    def give_up_fetch(self) -> Self:
        """Return the image still to be imported, without the bytes that came."""
        return replace(self, upload=None)

    def finish_upload(self, content: Content) -> Self:
        """Return the image with its bytes."""
        return replace(self, status=Status.ACTIVE, content=content, staged=None, task=None)

    def give_up_upload(self) -> Self:
        """Return the image as it was before its bytes were sent, staged or imported."""
        return replace(self, status=Status.QUEUED, upload=None, staged=None, task=None)

    def deactivate(self) -> Self:
        """Return the image with its bytes out of reach.

        Raises:
            NotInThisStatus: it has none.
        """
        return self._turn("deactivate", Status.DEACTIVATED)

    def reactivate(self) -> Self:
        """Return the image with its bytes back in reach.

        Raises:
            NotInThisStatus: it has none.
        """
        return self._turn("reactivate", Status.ACTIVE)

    def delete(self) -> Self:
        """Return what is left of a deleted image: its id stays taken for a while.

        Raises:
            ImageProtected: its owner keeps it.
        """
        if self.protected:
            raise ImageProtected(f"Image {self.id} is protected and cannot be deleted.")
        return replace(self, status=Status.DELETED)

    def is_receiving(self, upload: UUID) -> bool:
        """Whether this upload is still to give the image its bytes."""
        return self.is_arriving and self.upload == upload

    @property
    def is_arriving(self) -> bool:
        """Whether somebody receives bytes for the image now."""
        return self.status in ARRIVING and self.staged is None

    @property
    def is_there(self) -> bool:
        """Whether it is not deleted."""
        return self.status is not Status.DELETED

    def _turn(self, verb: str, status: Status) -> Self:
        if self.status not in {Status.ACTIVE, Status.DEACTIVATED}:
            raise NotInThisStatus(f"Not allowed to {verb} image in status '{self.status}'")
        return replace(self, status=status)


FORMATS: Final = ("disk_format", "container_format")
ARRIVING: Final = frozenset({Status.SAVING, Status.UPLOADING, Status.IMPORTING})

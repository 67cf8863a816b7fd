"""How much one image and one project may take."""

from dataclasses import dataclass

from shared.errors import OverQuota, TooLarge

UNLIMITED = -1
MIB = 1024 * 1024


class ProjectOverLimit(OverQuota):
    """The project has as many or as large images as it may."""

    code = "image.project_over_limit"


class StorageQuotaFull(OverQuota):
    """The bytes do not fit into what the project has left."""

    code = "image.storage_quota_full"


class PartLimitExceeded(OverQuota):
    """One image has too many tags, properties or members."""

    code = "image.part_limit_exceeded"


class ImageTooLarge(TooLarge):
    """No image may have so many bytes."""

    code = "image.too_large"


class StorageFull(TooLarge):
    """The disk with the images has no room left."""

    code = "image.storage_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project has."""

    count: int
    uploading: int
    size: int  # bytes
    staged: int = 0  # bytes that wait for their import


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much there may be; -1 is no limit."""

    count_total: int = UNLIMITED
    count_uploading: int = UNLIMITED
    size_total: int = UNLIMITED  # bytes
    stage_total: int = UNLIMITED  # bytes that wait for their import
    size_cap: int = 2**40  # bytes of one image
    virtual_size: int = 2**44  # bytes of the disk inside one
    strict_formats: bool = False  # whether bytes of no known format are no image of one
    properties: int = 128
    tags: int = 128
    members: int = 128

    @property
    def has_counts(self) -> bool:
        """Whether a new image has to be counted."""
        return self.count_total >= 0

    @property
    def has_upload_limits(self) -> bool:
        """Whether an upload has to be counted."""
        return self.count_uploading >= 0 or self.size_total >= 0 or self.stage_total >= 0

    def check_create(self, project: str, usage: Usage) -> None:
        """Let the project have one more image.

        Raises:
            ProjectOverLimit: it has as many as it may.
        """
        _check(project, "image_count_total", self.count_total, usage.count, 1)

    def check_upload(self, project: str, usage: Usage) -> None:
        """Let the project begin one more upload.

        Raises:
            ProjectOverLimit: too many are under way, or nothing is left of its storage.
        """
        _check(project, "image_count_uploading", self.count_uploading, usage.uploading, 1)
        self.check_storage(project, usage)

    def check_stage(self, project: str, usage: Usage) -> None:
        """Let the project begin to stage one more image.

        Raises:
            ProjectOverLimit: too many are under way, or nothing is left to stage in.
        """
        _check(project, "image_count_uploading", self.count_uploading, usage.uploading, 1)
        if 0 <= self.stage_total <= usage.staged:
            _over(project, "image_stage_total", self.stage_total // MIB, usage.staged // MIB, 0)

    def check_storage(self, project: str, usage: Usage) -> None:
        """Let the project store more.

        Raises:
            ProjectOverLimit: nothing is left.
        """
        if 0 <= self.size_total <= usage.size:
            _over(project, "image_size_total", self.size_total // MIB, usage.size // MIB, 0)

    def room(self, usage: Usage) -> int:
        """Return the most bytes an upload may bring now."""
        if self.size_total < 0:
            return self.size_cap
        return max(0, min(self.size_cap, self.size_total - usage.size))

    def stage_room(self, usage: Usage) -> int:
        """Return the most bytes that may be staged now."""
        if self.stage_total < 0:
            return self.size_cap
        return max(0, min(self.size_cap, self.stage_total - usage.staged))

    def check_size(self, size: int, room: int) -> None:
        """Let an upload reach this size.

        Args:
            size: bytes so far, or announced.
            room: what ``room`` said when it began.

        Raises:
            ImageTooLarge: no image may be so large.
            StorageQuotaFull: the project has not so much left.
        """
        if size > self.size_cap:
            raise ImageTooLarge("The provided image is too large.")
        if size > room:
            raise StorageQuotaFull(
                f"Image exceeds the storage quota: The size of the data {size} will exceed the "
                f"limit. {room} bytes remaining."
            )


def check_parts(noun: str, attempted: int, most: int) -> None:
    """Let an image have so many parts.

    Args:
        noun: ``image tags`` or the like.
        attempted: how many there would be.
        most: how many there may be; -1: any number.

    Raises:
        PartLimitExceeded: that is too many.
    """
    if 0 <= most < attempted:
        raise PartLimitExceeded(
            f"The limit has been exceeded on the number of allowed {noun}. "
            f"Attempted: {attempted}, Maximum: {most}"
        )


def _check(project: str, resource: str, limit: int, usage: int, delta: int) -> None:
    if 0 <= limit < usage + delta:
        _over(project, resource, limit, usage, delta)


def _over(project: str, resource: str, limit: int, usage: int, delta: int) -> None:
    raise ProjectOverLimit(
        f"Project {project} is over a limit for [Resource {resource} is over limit of {limit} "
        f"due to current usage {usage} and delta {delta}]"
    )

"""Which formats an image may say it has, and what its bytes must then look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.errors import BadInput, Kind

CONTAINER_FORMATS: Final = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
DISK_FORMATS: Final = (
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop", "gpt",
)  # fmt: skip

# What the bytes of a disk format may be seen to be. A raw disk mostly begins with a partition
# table, and so does an ISO image that also boots from a stick.
MAY_LOOK_LIKE: Final[Mapping[str, frozenset[str]]] = {
    "raw": frozenset({"raw", "gpt"}),
    "gpt": frozenset({"gpt"}),
    "iso": frozenset({"iso", "gpt"}),
    "qcow2": frozenset({"qcow2"}),
    "vmdk": frozenset({"vmdk"}),
    "vhd": frozenset({"vhd"}),
    "vhdx": frozenset({"vhdx"}),
    "vdi": frozenset({"vdi"}),
}
# The bytes are the disk: nothing in them names another file, and nobody reads them but the guest.
PLAIN: Final = frozenset({"raw", "gpt", "iso"})
# Containers whose bytes are an archive around the disk.
ARCHIVES: Final = frozenset({"ovf", "ova", "docker", "compressed"})


class ContentMismatch(BadInput):
    """The bytes are not what the image's disk_format says."""

    kind = Kind.WRONG_MEDIA_TYPE
    code = "image.content_mismatch"


class ContentUnsafe(BadInput):
    """The bytes name other files, or are built to deceive."""

    kind = Kind.WRONG_MEDIA_TYPE
    code = "image.content_unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an inspection saw in the bytes."""

    formats: frozenset[str]  # all that match; ``raw`` alone when nothing does
    unsafe: str | None = None  # why a node must not open it
    virtual_size: int | None = None  # of the disk inside


UNKNOWN: Final = frozenset({"raw"})
# Their readers open nothing without the right beginning, so bytes of no known format do no harm
# as one of them. (That of VMDK takes any text that names files.)
NEEDS_MAGIC: Final = frozenset({"qcow2", "vhd", "vhdx", "vdi"})


def judge(
    disk_format: str, container_format: str, seen: Seen, largest: int, *, strict: bool = True
) -> None:
    """Let the bytes pass as the declared format, or not.

    Args:
        disk_format: declared.
        container_format: declared.
        seen: what the bytes are.
        largest: the most bytes a disk inside may have.
        strict: whether bytes of no known format must not pass as an image of one.

    Raises:
        ContentMismatch: they are something else.
        ContentUnsafe: a node that opened them would read files of its own, or fill its disks.
    """
    if container_format in ARCHIVES or disk_format not in MAY_LOOK_LIKE:
        return
    if not strict and seen.formats == UNKNOWN and disk_format in NEEDS_MAGIC:
        return
    expected = MAY_LOOK_LIKE[disk_format]
    said = ", ".join(sorted(seen.formats))
    if not seen.formats <= expected or (disk_format != "raw" and disk_format not in seen.formats):
        raise ContentMismatch(
            f"The image's content is {said}, which does not match its disk_format {disk_format}."
        )
    if disk_format not in PLAIN and (seen.virtual_size or 0) > largest:
        raise ContentUnsafe(
            f"The disk inside the image has {seen.virtual_size} bytes; {largest} are allowed."
        )
    if seen.unsafe is not None and disk_format not in PLAIN:
        raise ContentUnsafe(f"The image failed the safety check of {disk_format}: {seen.unsafe}.")

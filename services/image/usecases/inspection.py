"""Looks into bytes as they stream by, to see what format they really have."""

import logging
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from oslo_utils.imageutils import format_inspector

from services.image.domain.formats import Seen

# What the inspectors have to say about every image that is not theirs is no news.
logging.getLogger("oslo_utils.imageutils.format_inspector").setLevel(logging.CRITICAL)

UNREADABLE: Final = "its header cannot be read"
PARTITIONS: Final = frozenset({"raw", "gpt"})  # matches that say nothing about files inside
CRYPT_METHOD: Final = slice(32, 36)  # where a qcow2 header has it; zeros: in clear
PARENT: Final = "parentfilenamehint"  # the descriptor is read in lower case

# What reading a hostile header may end in.
CONFUSED: Final = (
    format_inspector.ImageFormatError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)


def _encrypted(inspector: format_inspector.FileInspector) -> str | None:
    """Return a complaint about a qcow2 image that nobody could read."""
    return "encrypted" if any(inspector.region("header").data[CRYPT_METHOD]) else None


def _with_parent(inspector: format_inspector.FileInspector) -> str | None:
    """Return a complaint about a VMDK image that names the file it is a change of."""
    return "parent" if PARENT in getattr(inspector, "desc_text", "") else None


# What oslo.utils does not look for, though a node would act on it.
MORE_CHECKS: Final[Mapping[str, Callable[[format_inspector.FileInspector], str | None]]] = {
    "qcow2": _encrypted,
    "vmdk": _with_parent,
}


class _Format:
    """One format the bytes may have."""

    def __init__(self, inspector: format_inspector.FileInspector) -> None:
        self.name = str(inspector)
        self._inspector = inspector
        self._confused = False

    def eat(self, piece: bytes) -> None:
        """Take in the next bytes."""
        if self._confused:
            return
        try:
            self._inspector.eat_chunk(piece)
        except CONFUSED:
            self._confused = True

    def finish(self) -> None:
        """Know that there are no more bytes."""
        self._inspector.finish()

    @property
    def is_certain(self) -> bool:
        """Whether more bytes would not change what is thought of them."""
        return self._confused or bool(self._inspector.complete)

    @property
    def matches(self) -> bool:
        """Whether the bytes have this format, even if it is broken."""
        try:
            return bool(self._inspector.format_match)
        except CONFUSED:
            return False

    def complaint(self) -> str | None:
        """Return why nobody should open the image, or None."""
        if self._confused:
            return UNREADABLE
        try:
            self._inspector.safety_check()
            more = MORE_CHECKS.get(self.name)
            return more(self._inspector) if more else None
        except format_inspector.SafetyCheckFailed as failed:
            return ", ".join(sorted(failed.failures))
        except CONFUSED:
            return UNREADABLE

    def virtual_size(self) -> int | None:
        """Return how large the disk inside is, if the header says so."""
        try:
            return int(self._inspector.virtual_size) or None
        except CONFUSED:
            return None


class Inspection:
    """One image under inspection. It keeps headers and forgets the rest."""

    def __init__(self) -> None:
        known = format_inspector.ALL_FORMATS.items()
        self._formats = [_Format(made()) for name, made in known if name != "raw"]
        self._decided = False

    def look(self, pieces: Sequence[bytes]) -> Seen | None:
        """Take in the next bytes; return what they are, the first time it is certain."""
        if self._decided:
            return None
        for piece in pieces:
            for each in self._formats:
                each.eat(piece)
        self._decided = all(each.is_certain for each in self._formats)
        return self._seen() if self._decided else None

    def finish(self) -> Seen:
        """Return what the bytes are; there are no more of them."""
        for each in self._formats:
            each.finish()
        return self._seen()

    def _seen(self) -> Seen:
        matches = [each for each in self._formats if each.matches]
        special = [each for each in matches if each.name not in PARTITIONS]
        complaints = [why for each in special if (why := each.complaint()) is not None]
        return Seen(
            formats=frozenset(each.name for each in matches) or frozenset({"raw"}),
            unsafe=", ".join(complaints) or None,
            virtual_size=special[0].virtual_size() if len(special) == 1 else None,
        )

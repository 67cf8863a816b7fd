"""What a guest is to be told when it first starts, and nobody else may read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from services.compute.domain.quota import UNLIMITED, QuotaExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFile:
    """A file put into the guest (personality, until 2.56)."""

    path: str
    content: str = field(repr=False)  # base64

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return len(self.content) * 3 // 4 - self.content[-2:].count("=")


FILE_LIMITS: Final = (
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
)


def require_files_within(files: Sequence[GuestFile], limits: Mapping[str, int]) -> None:
    """Refuse files that are too many, too long or too deep for a project's limits.

    Raises:
        QuotaExceeded: one of the limits does not allow them.
    """
    amounts = (
        (len(files), "Personality file limit exceeded"),
        (
            max((file.size for file in files), default=0),
            "Personality file content exceeds maximum size",
        ),
        (
            max((len(file.path.encode()) for file in files), default=0),
            "Personality file path exceeds maximum size",
        ),
    )
    for name, (amount, sentence) in zip(FILE_LIMITS, amounts, strict=True):
        if UNLIMITED != limits[name] < amount:
            raise QuotaExceeded(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestKey:
    """A public key as it was when the server was made."""

    name: str
    type: str  # ssh, x509
    public_key: str

    @classmethod
    def of(cls, keypair: Mapping[str, Any] | None) -> Self | None:
        """Return the key in a keypair's row, if there is one."""
        if keypair is None:
            return None
        return cls(name=keypair["name"], type=keypair["type"], public_key=keypair["public_key"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """What a guest is told: some of it once, some of it again when the server is rebuilt."""

    user_data: str | None = field(default=None, repr=False)  # base64
    admin_password: str | None = field(default=None, repr=False)
    files: tuple[GuestFile, ...] = ()
    key: GuestKey | None = None

    def to_json(self) -> str:
        """Return it as text, to be sealed."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what was once made text."""
        kept = json.loads(text)
        key = kept.get("key")
        return cls(
            user_data=kept.get("user_data"),
            admin_password=kept.get("admin_password"),
            files=tuple(GuestFile(**each) for each in kept.get("files") or ()),
            key=None if key is None else GuestKey(**key),
        )

    def lasting(self) -> Self:
        """Return what is kept once the guest has it: it is told it again after a rebuild."""
        return replace(self, admin_password=None, files=())

"""How much metadata a volume or snapshot may have."""

from collections.abc import Mapping
from typing import Final

from shared.errors import OverQuota

LARGEST: Final = 128  # items


class TooMuchMetadata(OverQuota):
    """A volume may not have that many items."""

    code = "volume.quota.metadata_items"


def checked(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metadata, if it is not too much.

    Raises:
        TooMuchMetadata: it is.
    """
    if len(metadata) > LARGEST:
        raise TooMuchMetadata(
            f"MetadataLimitExceeded: Maximum number of metadata items exceeded ({len(metadata)}); "
            f"{LARGEST} are allowed."
        )
    return metadata

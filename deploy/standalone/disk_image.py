"""The demo's image: two megabytes of raw disk, made here, the same bytes every time."""

import hashlib
from typing import Final

SIZE: Final = 2 * 1024 * 1024
_SECTOR: Final = 512
_MESSAGE: Final = b"Cyclades: this disk was written.\r\n\0"
# A boot sector that prints the message through the BIOS, and halts.
_CODE: Final = bytes.fromhex("31c08ed8be1a7cac84c07406b40ecd10ebf5f4ebfd").ljust(0x1A, b"\x90")


def disk_image() -> bytes:
    """Return the image: a boot sector, then bytes that only the right image has."""
    boot = (_CODE + _MESSAGE).ljust(_SECTOR - 2, b"\0") + b"\x55\xaa"
    sectors = (
        hashlib.sha512(number.to_bytes(4, "big")).digest() * (_SECTOR // 64)
        for number in range(1, SIZE // _SECTOR)
    )
    return boot + b"".join(sectors)

"""A guest of 512 bytes: a boot sector.

It says on the serial port, every second, that it lives; lets go of devices that are to be
unplugged, and powers off when it is asked to, as a guest with ACPI does.
"""

import subprocess
from pathlib import Path
from typing import Final

SAYS: Final = "cyclades guest lives"

# fmt: off
CODE: Final = bytes([
    0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x7C,  # cli; ds = ss = 0; sp = 7c00
    0xFB,                                                        # sti
    0xBE, 0x57, 0x7C,                                            # again: si = the words
    0xFC, 0xAC, 0x84, 0xC0, 0x74, 0x11,                          # next: al = [si++]; zero: pause
    0x88, 0xC3, 0xBA, 0xFD, 0x03,                                # bl = al; dx = line status
    0xEC, 0xA8, 0x20, 0x74, 0xFB,                                # until it can send
    0x88, 0xD8, 0xB2, 0xF8, 0xEE, 0xEB, 0xE9,                    # send bl; next
    0xB9, 0x12, 0x00,                                            # pause: cx = 18
    0xF4, 0xE2, 0xFD,                                            # 18 ticks, a second
    0x66, 0x31, 0xC0, 0xBA, 0x10, 0xAE, 0x66, 0xEF,              # of PCI bus 0:
    0xB2, 0x04, 0x66, 0xED, 0x66, 0x85, 0xC0, 0x74, 0x04,        # eax = what is to be let go
    0xB2, 0x08, 0x66, 0xEF,                                      # let it go
    0xBA, 0x02, 0x06, 0xB8, 0x00, 0x01, 0xEF,                    # mind the power button
    0xB2, 0x00, 0xED, 0xF6, 0xC4, 0x01, 0x74, 0x06,              # and when it is pressed
    0xB2, 0x04, 0xB8, 0x00, 0x20, 0xEF,                          # power off
    0xEB, 0xB4,                                                  # again
])
# fmt: on


def sector(says: str = SAYS) -> bytes:
    """The boot sector."""
    code = CODE + says.encode() + b"\r\n\0"
    return code.ljust(510, b"\0") + b"\x55\xaa"


def image(mebibytes: int = 1) -> bytes:
    """The guest as a raw image of this size."""
    return sector().ljust(mebibytes << 20, b"\0")


def disc(folder: Path, says: str) -> bytes:
    """A guest that says something else, on a CD-ROM that boots."""
    files = folder / "disc"
    files.mkdir()
    (files / "boot").write_bytes(sector(says).ljust(2048, b"\0"))
    boots = ["-b", "boot", "-c", "catalogue", "-no-emul-boot", "-boot-load-size", "4"]
    image = folder / "disc.iso"
    command = ["genisoimage", "-quiet", "-o", str(image), *boots, str(files)]
    subprocess.run(command, check=True)
    return image.read_bytes()

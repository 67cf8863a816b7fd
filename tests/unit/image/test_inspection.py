"""What is seen in bytes as they stream by."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.image.usecases.inspection import Inspection

QCOW2 = (struct.pack(">4sIQIIQ", b"QFI\xfb", 3, 0, 0, 16, 5 * 2**30)).ljust(4096, b"\0")
ISO = b"\0" * 32768 + b"\x01CD001\x01".ljust(4096, b"\0")
BOOT = b"\0" * 446 + bytes([0x80, 0, 2, 0, 0x83, 0, 3, 0]) + struct.pack("<II", 1, 9)
PARTITIONED = BOOT.ljust(510, b"\0") + b"\x55\xaa" + b"\0" * 1024
VMDK_TEXT = b'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/x" 0\n'
SAMPLES = {"qcow2": QCOW2, "iso": ISO, "gpt": PARTITIONED, "raw": b"nothing special" * 1000}


def look(content: bytes, piece: int = 65536) -> Inspection:
    inspection = Inspection()
    for at in range(0, len(content), piece):
        inspection.look([content[at : at + piece]])
    return inspection


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("piece", [100, 4096, 1 << 20])
def test_formats_are_seen_however_the_bytes_arrive(name: str, piece: int) -> None:
    seen = look(SAMPLES[name], piece).finish()
    assert (seen.formats, seen.unsafe) == (frozenset({name}), None)


def test_the_size_of_the_disk_inside_is_read() -> None:
    assert look(QCOW2).finish().virtual_size == 5 * 2**30
    assert look(b"raw").finish().virtual_size is None


def test_a_disk_that_consists_of_other_files_is_unsafe() -> None:
    seen = look(VMDK_TEXT.ljust(2000, b"\n")).finish()
    assert (seen.formats, seen.unsafe) == (frozenset({"vmdk"}), "descriptor")


def test_what_is_certain_is_told_before_the_end_and_only_once() -> None:
    inspection = Inspection()
    filler = b"\xff" * (1 << 20)
    assert inspection.look([QCOW2]) is None
    told = [seen for _ in range(3) if (seen := inspection.look([filler])) is not None]
    assert [seen.formats for seen in told] == [frozenset({"qcow2"})]
    assert inspection.finish().formats == frozenset({"qcow2"})


MAGICS = [b"QFI\xfb", b"KDMV", b"vhdxfile", b"conectix", b"LUKS\xba\xbe\0\1", b"QED\0", b"text\n"]


@settings(deadline=None)
@given(st.sampled_from(MAGICS), st.binary(max_size=600), st.integers(0, 600))
def test_no_header_is_too_broken_to_look_at(magic: bytes, noise: bytes, room: int) -> None:
    seen = look(magic + noise + b"\xfe" * room, 97).finish()
    assert seen.formats

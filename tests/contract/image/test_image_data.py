"""The bytes of images: in, out, in parts, and out to nodes."""

import hashlib
import struct
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from shared.ids import ImageId
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Rig

CONTENT = bytes(range(256)) * 40
BREAKS = "<br /><br />\n\n\n"
FULL = "Image exceeds the storage quota: "
UNFIT = "Byte range passed in the 'Range' header did not match any available byte range in the"


def qcow2(*, backing: int = 0, features: int = 0, size: int = 2**30, crypt: int = 0) -> bytes:
    """Return the header of a qcow2 image, with something behind it."""
    length = 8 if backing else 0
    header = struct.pack(">4sIQIIQI", b"QFI\xfb", 3, backing, length, 16, size, crypt)
    return (header.ljust(72, b"\0") + struct.pack(">Q", features)).ljust(4096, b"\0")


def vmdk(kind: str, *more: str) -> bytes:
    """Return a VMDK image with its descriptor, with something behind it."""
    lines = ("# Disk DescriptorFile", f'createType="{kind}"', *more, 'RW 8192 SPARSE "x.vmdk"', "")
    header = struct.pack("<4sIIQQQQIQQQ", b"KDMV", 1, 3, 8192, 128, 1, 20, 512, 21, 26, 128)
    descriptor = "\n".join(lines).encode()
    return (header.ljust(512, b"\0") + descriptor.ljust(20 * 512, b"\0")).ljust(70_000, b"\0")


EXTENT = b'# Disk DescriptorFile\ncreateType="monolithicFlat"\nRW 8 FLAT "/etc/passwd" 0\n'


async def test_parts_of_an_image_are_sent_as_asked(rig: Rig) -> None:
    image = await rig.active(CONTENT)
    size = len(CONTENT)
    for asked, first, last in (
        ("bytes=0-4", 0, 4),
        ("bytes=5-", 5, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=10-{size + 5}", 10, size - 1),
    ):
        answer = await rig.ask("GET", image["file"], headers={"Range": asked})
        assert answer.status_code == 206, asked
        assert answer.content == CONTENT[first : last + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert answer.headers["Content-Length"] == str(last - first + 1)
        assert answer.headers["Content-MD5"] == image["checksum"]


async def test_bytes_that_are_not_there_are_refused(rig: Rig) -> None:
    image = await rig.active(CONTENT)
    for asked in (f"bytes={len(CONTENT)}-", "bytes=5-4", "bytes=-0", "bytes=a-b", "lines=1-2"):
        answer = await rig.ask("GET", image["file"], headers={"Range": asked})
        assert (answer.status_code, answer.json()["code"]) == (
            416,
            "416 Requested Range Not Satisfiable",
        )
        assert answer.json()["message"].startswith(UNFIT)
        assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


async def test_an_image_without_bytes_sends_none(rig: Rig) -> None:
    image = await rig.create()
    answer = await rig.ask("GET", image["file"])
    assert (answer.status_code, answer.content) == (204, b"")


async def test_an_image_may_be_empty(rig: Rig) -> None:
    image = await rig.active(b"")
    assert (image["size"], image["checksum"]) == (0, "d41d8cd98f00b204e9800998ecf8427e")
    assert (await rig.ask("GET", image["file"])).content == b""


async def test_bytes_may_come_in_chunks_of_unknown_number(rig: Rig) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"p" * 70_000

    image = await rig.create()
    assert (await rig.upload(image["id"], pieces())).status_code == 204
    shown = await rig.show(image["id"])
    assert shown["checksum"] == hashlib.md5(b"p" * 7_000_000, usedforsecurity=False).hexdigest()


async def test_bytes_come_once(rig: Rig) -> None:
    image = await rig.active(CONTENT)
    answer = await rig.upload(image["id"], b"other")
    assert (answer.status_code, answer.json()["message"]) == (
        409,
        f"Image status transition from active to saving is not allowed{BREAKS}",
    )
    assert (await rig.ask("GET", image["file"])).content == CONTENT


async def test_bytes_need_a_format_and_the_right_media_type(rig: Rig) -> None:
    bare = (await rig.ask("POST", "/v2/images", json={"name": "bare"})).json()
    answer = await rig.upload(bare["id"], b"x")
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        f"Properties disk_format, container_format must be set prior to saving data.{BREAKS}",
    )
    image = await rig.create()
    wrong = await rig.ask("PUT", image["file"], json={})
    assert wrong.status_code == 415
    packed = await rig.upload(image["id"], b"x", **{"Content-Encoding": "gzip"})
    assert packed.status_code == 415
    assert (await rig.show(image["id"]))["status"] == "queued"


@pytest.mark.parametrize(
    ("disk_format", "content", "message"),
    [
        ("raw", qcow2(), "The image's content is qcow2, which does not match"),
        ("vmdk", qcow2(), "The image's content is qcow2, which does not match"),
        ("qcow2", qcow2(backing=512), "The image failed the safety check of qcow2: backing_file."),
        ("qcow2", qcow2(features=4), "The image failed the safety check of qcow2: data_file."),
        ("qcow2", qcow2(crypt=2), "The image failed the safety check of qcow2: encrypted."),
        ("vmdk", EXTENT, "The image failed the safety check of vmdk: descriptor."),
        ("vmdk", EXTENT.ljust(4096, b"\0"), "The image's content is raw, which does not match"),
        ("vmdk", vmdk("vmfs"), "The image failed the safety check of vmdk: descriptor."),
        (
            "vmdk",
            vmdk("monolithicSparse", 'parentFileNameHint="/etc/passwd"'),
            "The image failed the safety check of vmdk: parent.",
        ),
        ("raw", b"LUKS\xba\xbe\x00\x01".ljust(4096, b"\0"), "The image's content is luks, which"),
        ("qcow2", qcow2(size=2**64 - 1), f"The disk inside the image has {2**64 - 1} bytes;"),
    ],
)
async def test_content_that_deceives_is_refused_and_forgotten(
    rig: Rig, disk_format: str, content: bytes, message: str
) -> None:
    image = await rig.create(disk_format=disk_format)
    answer = await rig.upload(image["id"], content)
    assert (answer.status_code, answer.json()["title"]) == (415, "Unsupported Media Type")
    assert answer.json()["message"].startswith(message)
    assert rig.files() == []
    shown = await rig.show(image["id"])
    assert (shown["status"], shown["size"], shown["checksum"]) == ("queued", None, None)
    fits = {"raw": b"raw", "qcow2": qcow2(), "vmdk": vmdk("monolithicSparse")}[disk_format]
    assert (await rig.upload(image["id"], fits)).status_code == 204


async def test_bytes_of_no_known_format_pass_unless_formats_are_strict(
    rig_with: MakesRigs,
) -> None:
    for strict, status in ((False, 204), (True, 415)):
        async with rig_with(strict_formats=strict) as rig:
            image = await rig.create(disk_format="qcow2")
            assert (await rig.upload(image["id"], b"x" * 4096)).status_code == status
            assert (await rig.show(image["id"]))["virtual_size"] is None


async def test_the_disk_inside_may_be_larger_than_the_image(rig: Rig) -> None:
    image = await rig.active(qcow2(), disk_format="qcow2")
    assert (image["size"], image["virtual_size"]) == (4096, 2**30)


async def test_an_image_in_an_archive_is_not_looked_into(rig: Rig) -> None:
    image = await rig.active(b"tar", disk_format="vmdk", container_format="ova")
    assert image["virtual_size"] is None


async def test_an_announced_size_must_be_right(rig: Rig) -> None:
    image = await rig.create()
    for announced in ("5", "x"):
        answer = await rig.upload(image["id"], b"1234", **{"X-Openstack-Image-Size": announced})
        assert answer.status_code == 400
        assert ((await rig.show(image["id"]))["status"], rig.files()) == ("queued", [])
    right = await rig.upload(image["id"], b"1234", **{"X-Openstack-Image-Size": "4"})
    assert right.status_code == 204


async def unannounced() -> AsyncIterator[bytes]:
    for _ in range(60):
        yield b"e" * 100_000


@pytest.mark.parametrize(
    ("settings", "content", "message"),
    [
        ({"size_cap": 3_000_000}, b"c" * 3_000_001, "The provided image is too large."),
        ({"size_cap": 3_000_000}, unannounced(), "The provided image is too large."),
        (
            {"quotas": {"image_size_total": 3}},
            b"q" * 4_000_000,
            f"{FULL}The size of the data 4000000 will exceed the limit. 3145728 bytes remaining.",
        ),
        ({"quotas": {"image_size_total": 3}}, unannounced(), FULL),
    ],
)
async def test_too_many_bytes_are_refused_and_forgotten(
    rig_with: MakesRigs, settings: dict[str, Any], content: Any, message: str
) -> None:
    async with rig_with(**settings) as rig:
        image = await rig.create()
        answer = await rig.upload(image["id"], content)
        assert (answer.status_code, answer.json()["code"]) == (
            413,
            "413 Request Entity Too Large",
        )
        assert answer.json()["message"].startswith(message)
        assert ((await rig.show(image["id"]))["status"], rig.files()) == ("queued", [])


async def test_a_full_project_begins_no_upload(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_size_total": 1}) as rig:
        await rig.active(b"f" * 1024 * 1024)
        image = await rig.create()
        answer = await rig.upload(image["id"], b"more")
        assert answer.status_code == 413
        assert "Resource image_size_total is over limit of 1" in answer.json()["message"]
        assert (await rig.show(image["id"]))["status"] == "queued"


async def test_a_node_reads_an_image_with_nothing_but_its_address(rig: Rig) -> None:
    image = await rig.active(CONTENT, visibility="private")
    ticket = await rig.ticket(image["id"], "http://nodes.example:9292/")
    url = urlsplit(ticket["url"])
    assert (url.scheme, url.netloc) == ("http", "nodes.example:9292")
    assert ticket == {
        "url": ticket["url"],
        "sha512": image["os_hash_value"],
        "size": len(CONTENT),
        "disk_format": "raw",
        "virtual_size": len(CONTENT),
        "expires_at": ticket["expires_at"],
    }
    path = f"{url.path}?{url.query}"
    answer = await rig.client.get(path)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    rest = await rig.client.get(path, headers={"Range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, CONTENT[100:])
    size = len(CONTENT)
    assert rest.headers["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    head = await rig.client.head(path)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (
        200,
        str(size),
        b"",
    )


async def test_an_address_is_good_for_nothing_else(rig: Rig) -> None:
    image, other = await rig.active(CONTENT), await rig.active(CONTENT)
    url = urlsplit((await rig.ticket(image["id"]))["url"])
    expires, signature = (part.partition("=")[2] for part in url.query.split("&"))
    data = "/internal/v1/data"
    for forged in (
        f"{data}/{image['id']}",
        f"{data}/{image['id']}?exp={expires}&sig={signature[:-1]}0{signature[-1]}",
        f"{data}/{image['id']}?exp={expires}&sig=",
        f"{data}/{image['id']}?exp={int(expires) + 1}&sig={signature}",
        f"{data}/{image['id']}?exp=9{expires}&sig={signature}",
        f"{data}/{image['id']}?exp={'9' * 30}&sig={signature}",
        f"{data}/{image['id']}?exp=x&sig={signature}",
        f"{data}/{image['id']}?exp={expires}&sig=%C3%A9",
        f"{data}/{other['id']}?exp={expires}&sig={signature}",
        f"{data}/none?exp={expires}&sig={signature}",
        f"{data}/11111111-1111-1111-1111-111111111111?exp={expires}&sig={signature}",
    ):
        answer = await rig.client.get(forged)
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            f"This address is not valid, or not any more.{BREAKS}",
        ), forged


async def test_an_address_ends_with_its_time_and_with_its_image(rig_with: MakesRigs) -> None:
    async with rig_with() as rig:
        image = await rig.active(CONTENT)
        url = urlsplit((await rig.ticket(image["id"]))["url"])
        path = f"{url.path}?{url.query}"
        await rig.ask("POST", f"{image['self']}/actions/deactivate")
        assert (await rig.client.get(path)).status_code == 403
        await rig.ask("POST", f"{image['self']}/actions/reactivate")
        assert (await rig.client.get(path)).status_code == 200
        signature = rig.deps.signer.sign(
            ImageId(UUID(image["id"])), image["os_hash_value"], 1_000_000_000
        )
        late = f"{url.path}?exp=1000000000&sig={signature}"
        assert (await rig.client.get(late)).status_code == 403
        await rig.ask("DELETE", image["self"])
        assert (await rig.client.get(path)).status_code == 403


async def test_only_services_get_addresses_and_only_of_active_images(rig: Rig) -> None:
    image, queued = await rig.active(CONTENT), await rig.create()
    for user in ("a", "b", "admin"):
        path = f"/internal/v1/images/{image['id']}/tickets"
        assert (await rig.ask("POST", path, user, json={})).status_code == 403
    path = f"/internal/v1/images/{queued['id']}/tickets"
    assert (await rig.ask("POST", path, "glance", json={})).status_code == 409
    path = "/internal/v1/images/11111111-1111-1111-1111-111111111111/tickets"
    assert (await rig.ask("POST", path, "glance", json={})).status_code == 404
    path = f"/internal/v1/images/{image['id']}/tickets"
    for base in ("ftp://x", "x", "http://", "http://[", "http://x?y=z", "http://x\n"):
        answer = await rig.ask("POST", path, "glance", json={"base_url": base})
        assert answer.status_code == 400, base


async def test_bytes_that_vanished_from_the_disk_are_missed(rig: Rig) -> None:
    image = await rig.active(CONTENT)
    for file in rig.data_dir.rglob("*_*"):
        file.unlink()
    answer = await rig.ask("GET", image["file"])
    assert (answer.status_code, answer.json()["message"]) == (
        503,
        f"The image's data cannot be found.{BREAKS}",
    )

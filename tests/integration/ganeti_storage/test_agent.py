"""The storage agent, as the gateway calls it."""

import hashlib
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.storage import Pool, StoredSnapshot, StoredVolume, Upload
from tests.ganeti.image_server import SIGNATURE, ImageServer
from tests.integration.ganeti_storage.conftest import Caller
from tests.parts.programs import needed

MIB = 1 << 20


def raw_image() -> bytes:
    return os.urandom(MIB) + b"\0" * MIB + os.urandom(MIB // 2)


def as_qcow2(raw: bytes, folder: Path, *options: str) -> bytes:
    (folder / "raw").write_bytes(raw)
    qemu_img = needed("qemu-img", package="qemu-utils")
    convert = [qemu_img, "convert", "-f", "raw", "-O", "qcow2", *options, "raw", "qcow2"]
    subprocess.run(convert, cwd=folder, check=True)
    return (folder / "qcow2").read_bytes()


def image(url: str, stored: bytes, disk_format: str) -> dict[str, Any]:
    sha512 = hashlib.sha512(stored).hexdigest()
    size = len(stored)
    return {"kind": "image", "url": url, "sha512": sha512, "size": size, "format": disk_format}


def data(agent: Caller, volume: str) -> bytes:
    return (agent.folder / "storage" / "volumes" / volume).read_bytes()


def test_who_has_not_the_token_sees_nothing(agent: Caller) -> None:
    for given in ("", "Bearer wrong", "Basic correct-horse"):
        answer = agent.http.get("/v1/pool", headers={"Authorization": given})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)


def test_the_pool_is_the_file_system(agent: Caller) -> None:
    pool = Pool.model_validate(agent.call("GET", "/v1/pool").json())
    assert pool.total > pool.free > 0
    assert pool.version


def test_a_volume_lives_grows_and_ends(agent: Caller) -> None:
    path = "/v1/volumes/5f1c6a52-6b4f-4f0e-9a60-6f3c27a3d9d1"
    assert agent.call("GET", path).status_code == 404
    made = StoredVolume.model_validate(agent.have(path, {"size": 8}))
    assert (made.id, made.size, made.status) == (path.rpartition("/")[2], 8, "ready")
    assert agent.call("PUT", path + "/size", {"size": 16}).json()["size"] == 16
    assert agent.call("PUT", path + "/size", {"size": 8}).status_code == 409
    assert agent.call("DELETE", path).status_code == 204
    assert agent.call("DELETE", path).status_code == 404


def test_snapshot_clone_and_return(agent: Caller) -> None:
    agent.have("/v1/volumes/v", {"size": 4})
    StoredSnapshot.model_validate(agent.have("/v1/snapshots/s", {"volume": "v"}))
    source = {"kind": "snapshot", "id": "s"}
    assert agent.have("/v1/volumes/w", {"size": 8, "source": source})["status"] == "ready"
    filled = agent.have("/v1/volumes/v/content", {"attempt": "1", "source": source})
    assert filled["status"] == "ready"
    assert agent.call("DELETE", "/v1/snapshots/s").status_code == 204


@pytest.mark.parametrize("disk_format", ["raw", "qcow2"])
def test_a_volume_holds_its_image_and_zeros_behind_it(
    agent: Caller, image_server: ImageServer, tmp_path: Path, disk_format: str
) -> None:
    raw = raw_image()
    stored = raw if disk_format == "raw" else as_qcow2(raw, tmp_path)
    source = image(image_server.serve("i", stored), stored, disk_format)
    made = agent.have("/v1/volumes/v", {"size": 8, "source": source})
    assert (made["status"], made["message"]) == ("ready", "")
    assert data(agent, "v") == raw + b"\0" * (8 * MIB - len(raw))
    agent.have("/v1/volumes/w", {"size": 8, "source": source})
    assert image_server.starts == [0]


def test_an_image_that_is_not_the_promised_one_makes_no_volume(
    agent: Caller, image_server: ImageServer
) -> None:
    stored = raw_image()
    source = image(image_server.serve("i", stored), stored, "raw") | {"sha512": "0a" * 64}
    made = agent.have("/v1/volumes/v", {"size": 8, "source": source})
    assert made["status"] == "failed"
    assert "does not match its checksum" in made["message"]


def test_an_image_larger_than_the_volume_makes_none(
    agent: Caller, image_server: ImageServer
) -> None:
    stored = b"\1" * (3 * MIB)
    source = image(image_server.serve("i", stored), stored, "raw")
    made = agent.have("/v1/volumes/v", {"size": 2, "source": source})
    assert "fills 3145728 bytes" in made["message"]


def test_a_bomb_and_a_borrower_are_refused(agent: Caller, image_server: ImageServer) -> None:
    """A header that promises 8 EiB, one with a backing file, one with a data file."""
    plain = b"QFI\xfb" + struct.pack(">IQIIQ", 3, 0, 0, 16, MIB)
    for number, stored in enumerate(
        (
            plain[:24] + struct.pack(">Q", 1 << 62) + b"\0" * 80,
            b"QFI\xfb" + struct.pack(">IQIIQ", 3, 512, 9, 16, MIB) + b"\0" * 80,
            plain + b"\0" * 40 + struct.pack(">Q", 4) + b"\0" * 32,
        )
    ):
        source = image(image_server.serve(f"i{number}", stored), stored, "qcow2")
        made = agent.have(f"/v1/volumes/v{number}", {"size": 2, "source": source})
        assert made["status"] == "failed", number
        assert not (agent.folder / "storage" / "volumes" / f"v{number}").exists()


@pytest.mark.parametrize("disk_format", ["raw", "qcow2"])
def test_an_upload_sends_the_volume_once(
    agent: Caller, image_server: ImageServer, tmp_path: Path, disk_format: str
) -> None:
    qemu_img = needed("qemu-img", package="qemu-utils")
    raw = raw_image()
    source = image(image_server.serve("i", raw), raw, "raw")
    agent.have("/v1/volumes/v", {"size": 4, "source": source})
    image_server.refusals = [503]
    wanted = {"kind": "volume", "id": "v", "url": image_server.address("up"), "format": disk_format}
    sent = Upload.model_validate(agent.have("/v1/uploads/u", wanted))
    assert (sent.status, sent.message) == ("ready", "")
    got = image_server.received.pop("up")
    if disk_format == "qcow2":
        (tmp_path / "got").write_bytes(got)
        back = [qemu_img, "convert", "-f", "qcow2", "-O", "raw", "got", "back"]
        subprocess.run(back, cwd=tmp_path, check=True)
        got = (tmp_path / "back").read_bytes()
    assert got == raw + b"\0" * (4 * MIB - len(raw))
    agent.have("/v1/uploads/u", wanted)
    assert image_server.received == {}


def test_a_refused_upload_says_so_and_no_more(agent: Caller, image_server: ImageServer) -> None:
    agent.have("/v1/volumes/v", {"size": 1})
    url = image_server.address("up").replace(SIGNATURE, "f00d")
    wanted = {"kind": "volume", "id": "v", "url": url}
    made = agent.have("/v1/uploads/u", wanted)
    assert (made["status"], "HTTP 403" in made["message"]) == ("failed", True)
    assert "f00d" not in made["message"]


def test_addresses_and_tokens_are_written_down_nowhere(
    agent: Caller, image_server: ImageServer
) -> None:
    stored = raw_image()
    source = image(image_server.serve("i", stored), stored, "raw")
    agent.have("/v1/volumes/v", {"size": 4, "source": source})
    agent.call("GET", f"/v1/pool?sig={SIGNATURE}")
    written = [p for p in agent.folder.rglob("*") if p.is_file() and p.name != "token"]
    for secret in (SIGNATURE.encode(), b"correct-horse"):
        assert [str(path) for path in written if secret in path.read_bytes()] == []


BAD: list[tuple[str, str, object]] = [
    ("PUT", "volumes/v", {"size": 0}),
    ("PUT", "volumes/v", {"size": "8"}),
    ("PUT", "volumes/v", {"size": True}),
    ("PUT", "volumes/v", {"size": 10**30}),
    ("PUT", "volumes/v", {"size": 8, "more": 1}),
    ("PUT", "volumes/v", {"size": 8, "source": {"kind": "file", "path": "/etc/shadow"}}),
    ("PUT", "volumes/v", {"size": 8, "source": {"kind": "volume", "id": "../../etc"}}),
    ("PUT", "volumes/v", {"size": 8, "source": {"kind": ["volume"]}}),
    ("PUT", "volumes/v", {}),
    ("PUT", "volumes/v", []),
    ("PUT", "volumes/..", {"size": 8}),
    ("PUT", "volumes/v.json", {"size": 8}),
    ("PUT", "volumes/%2e%2e%2fx", {"size": 8}),
    ("PUT", "snapshots/s", {"volume": 7}),
    ("PUT", "uploads/u", {"kind": "volume", "id": "v", "url": "file:///etc/shadow"}),
    ("GET", "volumes", None),
    ("POST", "volumes/v", {"size": 8}),
    ("GET", "consoles/x?lines=-1", None),
]


def test_what_makes_no_sense_is_refused_and_changes_nothing(agent: Caller) -> None:
    for method, path, body in BAD:
        code = agent.call(method, f"/v1/{path}", body).status_code
        assert code in {400, 404, 501}, (method, path, body)
    assert list((agent.folder / "storage" / "volumes").iterdir()) == []


def test_a_body_that_is_too_large_is_refused(agent: Caller) -> None:
    assert agent.call("PUT", "/v1/volumes/v", {"x": "y" * 70000}).status_code == 400
    deep = httpx.Request("PUT", "https://x/", content=b"[" * 60000).content
    assert agent.http.put("/v1/volumes/v", content=deep).status_code == 400


def test_the_end_of_a_console_log(agent: Caller) -> None:
    lines = [f"line {number}\n" for number in range(20000)]
    (agent.folder / "consoles" / "cyc-1.log").write_text("".join(lines))
    shown = agent.call("GET", "/v1/consoles/cyc-1?lines=3").json()
    assert shown == {"output": "".join(lines[-3:])}
    assert len(agent.call("GET", "/v1/consoles/cyc-1").json()["output"]) == 64 << 10
    assert agent.call("GET", "/v1/consoles/cyc-2").status_code == 404


def test_a_killed_agent_leaves_nothing_that_stays_working(
    start: Callable[..., Any], image_server: ImageServer
) -> None:
    stored = raw_image()
    source = image(image_server.serve("i", stored), stored, "raw")
    with start() as agent:
        agent.have("/v1/volumes/v", {"size": 4})
    record = agent.folder / "storage" / "volumes" / "w.json"
    record.write_text('{"id": "w", "size": 4, "status": "working", "work": "gone", "disks": []}')
    with start() as agent:
        assert agent.call("GET", "/v1/volumes/w").json()["status"] == "working"
        made = agent.have("/v1/volumes/w", {"size": 4, "source": source})
        assert made["status"] == "ready"
        assert data(agent, "w")[: len(stored)] == stored

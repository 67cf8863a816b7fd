"""Our OS definition on a real cluster: the image is on the disk, the URL is nowhere."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.ganeti.image_server import SIGNATURE, ImageServer
from tests.ganeti.rig import Cluster, Rapi

MIB = 1 << 20


def raw_image() -> bytes:
    """Data, a hole, data: different every time, so that no cache knows it."""
    return os.urandom(MIB) + b"\0" * MIB + os.urandom(MIB // 2)


def as_qcow2(raw: bytes, folder: Path) -> bytes:
    (folder / "raw").write_bytes(raw)
    convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", "raw", "qcow2"]
    subprocess.run(convert, cwd=folder, check=True)
    return (folder / "qcow2").read_bytes()


def parameters(image: bytes, url: str, image_format: str, **other: str) -> dict[str, Any]:
    public = {
        "image_id": "5f1c6a52-6b4f-4f0e-9a60-6f3c27a3d9d1",
        "image_checksum": "sha512:" + hashlib.sha512(image).hexdigest(),
        "image_format": image_format,
        "image_size": str(len(image)),
        "server_id": "0e9c9b3e-55a6-4d5c-b0f2-0d0f2b8a4a11",
    }
    return {"osparams": public | other, "osparams_secret": {"image_url": url}}


def create(rapi: Rapi, name: str, parameters: dict[str, Any], *, mebibytes: int = 8) -> Any:
    body = {
        "__version__": 1,
        "mode": "create",
        "instance_name": name,
        "disk_template": "file",
        "disks": [{"size": mebibytes}],
        "nics": [],
        "hypervisor": "fake",
        "beparams": {"minmem": 32, "maxmem": 32, "vcpus": 1},
        "os_type": "cyclades+default",
        "name_check": False,
        "ip_check": False,
        "start": True,
    }
    return rapi.run("POST", "/2/instances", body | parameters)


def reason(job: dict[str, Any]) -> str:
    assert job["status"] == "error", job
    return str(job["opresult"][0][1][0])


def disk_of(cluster: Cluster, rapi: Rapi, name: str) -> bytes:
    return cluster.disk(name, rapi.get(f"/2/instances/{name}")["pnode"]).read_bytes()


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_the_disk_begins_with_the_image_and_keeps_its_size(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer, tmp_path: Path, image_format: str
) -> None:
    raw = raw_image()
    stored = raw if image_format == "raw" else as_qcow2(raw, tmp_path)
    url = image_server.serve(image_format, stored)
    job = create(rapi, f"os-{image_format}", parameters(stored, url, image_format))
    assert job["status"] == "success", job["opresult"]
    disk = disk_of(cluster, rapi, f"os-{image_format}")
    assert disk[: len(raw)] == raw
    assert disk[len(raw) :] == b"\0" * (8 * MIB - len(raw))


def test_the_second_instance_of_an_image_downloads_nothing(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer
) -> None:
    raw = raw_image()
    url = image_server.serve("twice", raw)
    for name in ("os-twice-1", "os-twice-2"):
        assert create(rapi, name, parameters(raw, url, "raw"))["status"] == "success"
        assert disk_of(cluster, rapi, name)[: len(raw)] == raw
    assert image_server.starts == [0]


def test_a_connection_that_breaks_costs_no_byte_twice(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer
) -> None:
    raw = raw_image()
    image_server.drop_after = MIB
    url = image_server.serve("dropped", raw)
    assert create(rapi, "os-dropped", parameters(raw, url, "raw"))["status"] == "success"
    assert disk_of(cluster, rapi, "os-dropped")[: len(raw)] == raw
    assert image_server.starts == [0, MIB]


def test_a_wrong_checksum_fails_the_job_with_our_sentence(
    rapi: Rapi, image_server: ImageServer
) -> None:
    raw = raw_image()
    url = image_server.serve("forged", raw)
    wrong = parameters(raw, url, "raw", image_checksum="sha512:" + "0a" * 64)
    said = reason(create(rapi, "os-forged", wrong))
    assert "the image does not match its checksum" in said


def test_an_image_is_never_taken_for_another_format(
    rapi: Rapi, image_server: ImageServer, tmp_path: Path
) -> None:
    stored = as_qcow2(raw_image(), tmp_path)
    url = image_server.serve("disguised", stored)
    said = reason(create(rapi, "os-disguised", parameters(stored, url, "raw")))
    assert "the image is declared raw, but it is qcow2" in said


def test_an_image_larger_than_the_disk_is_refused(
    rapi: Rapi, image_server: ImageServer, tmp_path: Path
) -> None:
    stored = as_qcow2(b"\0" * (16 * MIB), tmp_path)
    url = image_server.serve("large", stored)
    said = reason(create(rapi, "os-large", parameters(stored, url, "qcow2")))
    assert f"the image fills {16 * MIB} bytes, but the disk has only {8 * MIB}" in said


def test_an_expired_url_fails_the_job_at_once(rapi: Rapi, image_server: ImageServer) -> None:
    raw = raw_image()
    url = image_server.serve("expired", raw).replace(SIGNATURE, "f00d")
    said = reason(create(rapi, "os-expired", parameters(raw, url, "raw")))
    assert "refuses to send the image (HTTP 403)" in said
    assert "f00d" not in said


def test_bad_parameters_fail_before_anything_is_made(rapi: Rapi) -> None:
    said = reason(create(rapi, "os-bad", {"osparams": {"image_id": "x", "image_format": "vmdk"}}))
    assert "image_checksum has to be" in said
    assert "os-bad" not in [found["id"] for found in rapi.get("/2/instances")]


def test_a_blank_instance_needs_no_image(cluster: Cluster, rapi: Rapi) -> None:
    assert create(rapi, "os-blank", {})["status"] == "success"
    assert disk_of(cluster, rapi, "os-blank") == b"\0" * (8 * MIB)


def test_the_url_is_written_down_nowhere(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer
) -> None:
    raw = raw_image()
    url = image_server.serve("secret", raw)
    good = create(rapi, "os-secret", parameters(raw, url, "raw"))
    bad = create(
        rapi, "os-secret-2", parameters(raw, url, "raw", image_checksum="sha512:" + "0b" * 64)
    )
    assert (good["status"], bad["status"]) == ("success", "error")
    assert SIGNATURE not in str([good, bad, rapi.get("/2/instances?bulk=1")])
    assert SIGNATURE not in cluster.gnt("gnt-instance", "info", "os-secret")
    written = [cluster.queue_file(good["id"]), cluster.queue_file(bad["id"])]
    for node in cluster.nodes:
        written += [file for file in cluster.node_files[node].rglob("*") if file.is_file()]
    assert [str(file) for file in written if SIGNATURE.encode() in file.read_bytes()] == []


def test_a_reinstall_without_the_url_fails_and_leaves_the_disk_alone(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer
) -> None:
    raw = raw_image()
    url = image_server.serve("kept", raw)
    assert create(rapi, "os-kept", parameters(raw, url, "raw"))["status"] == "success"
    before = disk_of(cluster, rapi, "os-kept")
    job = rapi.run("POST", "/2/instances/os-kept/reinstall", {"os": "cyclades+default"})
    assert "no image_url to read it from" in str(job["opresult"])
    assert disk_of(cluster, rapi, "os-kept") == before


def test_a_reinstall_takes_the_url_as_a_private_parameter_and_forgets_it(
    cluster: Cluster, rapi: Rapi, image_server: ImageServer
) -> None:
    """RAPI's reinstall has no secret parameters; what it is not given again, it drops."""
    raw = raw_image()
    url = image_server.serve("again", raw)
    given = parameters(raw, url, "raw")
    assert create(rapi, "os-again", given)["status"] == "success"
    disk = cluster.disk("os-again", rapi.get("/2/instances/os-again")["pnode"])
    disk.write_bytes(b"used" * 2 * MIB)
    private = {"osparams_private": given["osparams_secret"]}
    assert rapi.run("PUT", "/2/instances/os-again/modify", private)["status"] == "success"
    body = {"os": "cyclades+default", "start": False, "osparams": given["osparams"]}
    job = rapi.run("POST", "/2/instances/os-again/reinstall", body)
    assert job["status"] == "success", job["opresult"]
    assert disk.read_bytes() == raw + (b"used" * 2 * MIB)[len(raw) :]
    assert SIGNATURE not in config(cluster)


def config(cluster: Cluster) -> str:
    return (cluster.node_files[cluster.nodes[0]] / "lib" / "config.data").read_text("utf-8")

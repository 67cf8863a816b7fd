"""The drive that cloud-init reads: whole, on the right disk, and told to nobody."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.ganeti.os.cyclades import seed

MIB = 1 << 20
SECRET = b"#cloud-config\npassword: topsecret\n"
FILES = {
    "openstack/latest/meta_data.json": b'{"uuid": "x"}',
    "openstack/latest/user_data": SECRET,
    "openstack/content/0000": bytes(range(256)) * 20,
}
needs_program = pytest.mark.skipif(
    not any(map(shutil.which, seed.PROGRAMS)) or not shutil.which("isoinfo"),
    reason="no program makes ISO 9660 here, or isoinfo is not there to read it",
)


def as_json(files: dict[str, bytes], label: str = "config-2") -> str:
    encoded = {path: base64.b64encode(file).decode() for path, file in files.items()}
    return json.dumps({"label": label, "files": encoded})


def drive(folder: Path, mebibytes: int = 4, content: bytes = b"") -> Path:
    path = folder / "drive"
    path.write_bytes(content + b"\0" * (mebibytes * MIB - len(content)))
    return path


def listed(drive: Path, names: str) -> list[str]:
    said = subprocess.run(["isoinfo", "-i", drive, names, "-f"], capture_output=True, check=True)
    return said.stdout.decode().split()


@needs_program
def test_the_drive_has_label_and_files_under_their_own_names(tmp_path: Path) -> None:
    path = drive(tmp_path)
    seed.write(seed.parsed(as_json(FILES).encode()), path)
    assert path.stat().st_size == 4 * MIB
    header = path.read_bytes()[16 * 2048 : 17 * 2048]
    assert header[1:6] == b"CD001"
    assert header[40:72].rstrip() == b"config-2"
    for names in ("-R", "-J"):
        assert {f"/{name}" for name in FILES} <= set(listed(path, names))
    for name, content in FILES.items():
        got = ["isoinfo", "-i", str(path), "-R", "-x", f"/{name}"]
        assert subprocess.run(got, capture_output=True, check=True).stdout == content


@needs_program
def test_a_smaller_seed_leaves_nothing_of_a_larger_one(tmp_path: Path) -> None:
    path = drive(tmp_path)
    marker = b"older secret"
    seed.write(seed.parsed(as_json({"a": b"x" * MIB, "b": marker}).encode()), path)
    assert marker in path.read_bytes()
    seed.write(seed.parsed(as_json({"c": b"new"}, "cidata").encode()), path)
    assert marker not in path.read_bytes()
    assert set(path.read_bytes()[MIB : 2 * MIB]) == {0}


@needs_program
def test_a_seed_larger_than_its_disk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "drive"
    path.write_bytes(b"old" * 1000)
    with pytest.raises(seed.NotSeeded, match="its disk has only 3000"):
        seed.write(seed.parsed(as_json(FILES).encode()), path)
    assert path.read_bytes() == b"old" * 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"label": "x", "files": []}',
        '{"label": "x", "files": {}}',
        '{"label": "x", "files": {"a": "topsecret!"}}',
        '{"label": "x", "files": {"a": 7}}',
        '{"label": 7, "files": {"a": ""}}',
        '{"label": "x y", "files": {"a": ""}}',
        '{"label": "x", "files": {"../a": ""}}',
        '{"label": "x", "files": {"/a": ""}}',
        '{"label": "x", "files": {"a/./b": ""}}',
        '{"label": "x", "files": {"-rf": ""}}',
        "[" * 10000,
    ],
)
def test_what_is_no_seed_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(seed.NotSeeded) as refused:
        seed.parsed(text.encode())
    assert "topsecret" not in str(refused.value)


def test_the_disk_is_found_by_its_name(tmp_path: Path) -> None:
    env = {
        "DISK_COUNT": "2",
        "DISK_0_NAME": "root",
        "DISK_0_PATH": "/dev/root",
        "DISK_1_NAME": "seed",
        "DISK_1_PATH": str(tmp_path),
        "OSP_SEED_DISK": "seed",
    }
    assert seed.drive_of(env) == tmp_path
    with pytest.raises(seed.NotSeeded, match="no disk with the name"):
        seed.drive_of({**env, "OSP_SEED_DISK": "other"})
    with pytest.raises(seed.NotSeeded, match="userspace"):
        seed.drive_of({**env, "DISK_1_PATH": ""})

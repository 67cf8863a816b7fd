"""The drive that cloud-init reads: whole, on the right disk, and told to nobody."""

import base64
import json
from pathlib import Path

import pycdlib
import pytest

from deploy.ganeti.os.cyclades import seed
from tests.parts.programs import needed

MIB = 1 << 20
SECRET = b"#cloud-config\npassword: topsecret\n"
FILES = {
    "openstack/latest/meta_data.json": b'{"uuid": "x"}',
    "openstack/latest/user_data": SECRET,
    "openstack/content/0000": bytes(range(256)) * 20,
}


@pytest.fixture(params=["by a program", "in Python"])
def maker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of making the image."""
    if request.param == "in Python":
        monkeypatch.setattr(seed, "PROGRAMS", ())
    else:
        needed("genisoimage", package="genisoimage")


def as_json(files: dict[str, bytes], label: str = "config-2") -> str:
    encoded = {path: base64.b64encode(file).decode() for path, file in files.items()}
    return json.dumps({"label": label, "files": encoded})


def drive(folder: Path, mebibytes: int = 4, content: bytes = b"") -> Path:
    path = folder / "drive"
    path.write_bytes(content + b"\0" * (mebibytes * MIB - len(content)))
    return path


def contents(drive: Path, kind: str) -> dict[str, bytes]:
    """Every file of the drive, by the names of one kind: rr_path or joliet_path."""
    iso = pycdlib.PyCdlib()
    iso.open(str(drive))
    found = {}
    for folder, _, names in iso.walk(**{kind: "/"}):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with iso.open_file_from_iso(**{kind: path}) as file:
                found[path.removeprefix("/")] = file.read()
    iso.close()
    return found


@pytest.mark.usefixtures("maker")
def test_the_drive_has_label_and_files_under_their_own_names(tmp_path: Path) -> None:
    path = drive(tmp_path)
    seed.write(seed.parsed(as_json(FILES).encode()), path)
    assert path.stat().st_size == 4 * MIB
    header = path.read_bytes()[16 * 2048 : 17 * 2048]
    assert header[1:6] == b"CD001"
    assert header[40:72].rstrip() == b"config-2"
    assert contents(path, "rr_path") == FILES
    assert contents(path, "joliet_path") == FILES


def test_without_any_way_to_make_the_image_the_seed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed, "PROGRAMS", ())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    path = drive(tmp_path, content=b"old")
    with pytest.raises(seed.NotSeeded, match="pycdlib is installed"):
        seed.write(seed.parsed(as_json(FILES).encode()), path)
    assert path.read_bytes().startswith(b"old")


@pytest.mark.usefixtures("maker")
def test_a_smaller_seed_leaves_nothing_of_a_larger_one(tmp_path: Path) -> None:
    path = drive(tmp_path)
    marker = b"older secret"
    seed.write(seed.parsed(as_json({"a": b"x" * MIB, "b": marker}).encode()), path)
    assert marker in path.read_bytes()
    seed.write(seed.parsed(as_json({"c": b"new"}, "cidata").encode()), path)
    assert marker not in path.read_bytes()
    assert set(path.read_bytes()[MIB : 2 * MIB]) == {0}


@pytest.mark.usefixtures("maker")
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

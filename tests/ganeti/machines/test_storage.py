"""The life of disks on a real cluster with real guests: made, moved, copied, sent away."""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ganeti.image_server import SIGNATURE, ImageServer
from tests.ganeti.machines import guest
from tests.ganeti.machines.agents import Agents
from tests.ganeti.machines.machine import (
    MIB,
    PROVIDER,
    Machine,
    handshake,
    image_parameters,
    wait_for,
)
from tests.ganeti.rig import Cluster

pytestmark = pytest.mark.timeout(600)

ROOT, SEED, DATA = "root-of-story", "seed-of-story", "data-of-story"
META = json.dumps({"uuid": "story", "hostname": "story"}).encode()
SECRET = b"#cloud-config\npassword: 7opsecret\n"
FILES = {"openstack/latest/meta_data.json": META, "openstack/latest/user_data": SECRET}


def seed(files: dict[str, bytes]) -> str:
    encoded = {path: base64.b64encode(file).decode() for path, file in files.items()}
    return json.dumps({"label": "config-2", "files": encoded})


def volume(kvm: Cluster, name: str) -> Path:
    return kvm.storage / "volumes" / name


def content(kvm: Cluster, name: str, length: int) -> bytes:
    with volume(kvm, name).open("rb") as file:
        return file.read(length)


def disk_of(kvm: Cluster, name: str) -> dict[str, object]:
    """What the provider knows of the disk on this volume."""
    (disk,) = json.loads(volume(kvm, name + ".json").read_text())["disks"]
    found: dict[str, object] = json.loads((kvm.storage / "disks" / f"{disk}.json").read_text())
    return found


def devices(kvm: Cluster, name: str) -> dict[str, str]:
    """The device of a volume on each node that has one."""
    nodes = disk_of(kvm, name)["nodes"]
    assert isinstance(nodes, dict)
    return {node: mapping["device"] for node, mapping in nodes.items()}


def file_on(drive: Path, path: str) -> bytes:
    command = ["isoinfo", "-i", str(drive), "-R", "-x", f"/{path}"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def story(kvm: Cluster, machine: Callable[[str], Machine], images: ImageServer) -> Machine:
    """A guest on the first node: root from an image, and a drive with its own files."""
    told = machine("story")
    given = image_parameters(guest.image(), images.serve("guest", guest.image()))
    given["osparams"]["seed_disk"] = SEED
    given["osparams_secret"]["seed"] = seed(FILES)
    disks = [{"size": 8, "name": ROOT}, {"size": 4, "name": SEED}]
    told.create(kvm.nodes[0], disks, **given)
    return told


def test_a_guest_boots_from_its_image(kvm: Cluster, story: Machine) -> None:
    assert content(kvm, ROOT, MIB) == guest.image()
    assert f"name: {ROOT}" in kvm.gnt("gnt-instance", "info", "story")
    assert list(devices(kvm, ROOT)) == [kvm.nodes[0]]
    story.says()


def test_a_guest_finds_its_own_files_and_nobody_else_does(kvm: Cluster, story: Machine) -> None:
    for path, file in FILES.items():
        assert file_on(volume(kvm, SEED), path) == file
    facts = str(story.facts()) + kvm.gnt("gnt-instance", "info", "story")
    assert SEED in facts
    encoded = base64.b64encode(SECRET)
    written = [
        file
        for node in kvm.nodes
        for file in kvm.node_files[node].rglob("*")
        if file.is_file() and not file.is_symlink()
    ]
    for hidden in (SECRET, encoded, SIGNATURE.encode()):
        assert [str(file) for file in written if hidden in file.read_bytes()] == []


def test_a_screen_answers_on_the_node(kvm: Cluster, story: Machine) -> None:
    facts = story.facts()
    address = kvm.addresses[facts["pnode"]]
    assert handshake(address, facts["network_port"]) == b"RFB 003.008\n"


def test_a_volume_goes_from_guest_to_guest_with_its_data(
    kvm: Cluster, agents: Agents, story: Machine, machine: Callable[[str], Machine]
) -> None:
    agents.have(f"volumes/{DATA}", {"size": 4})
    kept = {"size": 4, "name": DATA, "provider": PROVIDER, "volume": DATA, "keep": "yes"}
    story.plug(kept)
    ((first, device),) = devices(kvm, DATA).items()
    assert first == kvm.nodes[0]
    written = os.urandom(4096)
    subprocess.run(["dd", f"of={device}", "bs=4096", "oflag=direct"], input=written, check=True)
    assert agents.call("DELETE", f"volumes/{DATA}").status_code == 409
    story.unplug(DATA)
    assert DATA not in kvm.gnt("gnt-instance", "info", "story")
    assert content(kvm, DATA, 4096) == written

    other = machine("other")
    other.create(kvm.nodes[1], [{"size": 4, "name": "root-of-other"}], no_install=True)
    other.act("startup")
    other.plug(kept)
    ((second, device),) = devices(kvm, DATA).items()
    assert second == kvm.nodes[1]
    read = ["dd", f"if={device}", "bs=4096", "count=1", "iflag=direct"]
    assert subprocess.run(read, capture_output=True, check=True).stdout == written
    other.remove()
    assert not volume(kvm, "root-of-other").exists()
    assert content(kvm, DATA, 4096) == written
    assert agents.call("DELETE", f"volumes/{DATA}").status_code == 204


def test_a_running_root_is_snapshotted_and_its_clone_boots(
    kvm: Cluster, agents: Agents, story: Machine, machine: Callable[[str], Machine]
) -> None:
    agents.have("snapshots/then", {"volume": ROOT})
    source = {"kind": "snapshot", "id": "then"}
    agents.have("volumes/clone", {"size": 12, "source": source})
    clone = machine("clone")
    disk = {"size": 12, "name": "clone", "volume": "clone", "keep": "yes"}
    clone.create(kvm.nodes[1], [disk], no_install=True)
    clone.act("startup")
    clone.says()
    clone.remove()
    assert content(kvm, "clone", MIB) == guest.image()
    assert agents.call("DELETE", "volumes/clone").status_code == 204
    assert agents.call("DELETE", "snapshots/then").status_code == 204
    assert story.facts()["status"] == "running"


@pytest.mark.parametrize("disk_format", ["raw", "qcow2"])
def test_a_running_root_is_sent_away(
    kvm: Cluster, story: Machine, images: ImageServer, tmp_path: Path, disk_format: str
) -> None:
    url = images.address("sent")
    story.act(
        "modify", osparams={"upload_format": disk_format}, osparams_private={"upload_url": url}
    )
    done = story.act("export", mode="local", destination=kvm.nodes[0], shutdown=False)
    assert done == [[True, [True, True]]]
    (tmp_path / "sent").write_bytes(images.received.pop("sent"))
    back = ["qemu-img", "convert", "-f", disk_format, "-O", "raw", "sent", "disk"]
    subprocess.run(back, cwd=tmp_path, check=True)
    assert (tmp_path / "disk").read_bytes() == guest.image(8)
    kept = kvm.node_files[kvm.nodes[0]] / "lib" / "export" / "story"
    wait_for(lambda: not kept.exists(), "the export's rest to be cleared away")
    assert list((kvm.storage / "volumes").glob("*snap*")) == []
    assert story.facts()["status"] == "running"


def test_an_export_that_is_refused_fails_with_our_sentence(
    kvm: Cluster, story: Machine, images: ImageServer
) -> None:
    url = images.address("sent").replace(SIGNATURE, "f00d")
    story.act("modify", osparams_private={"upload_url": url})
    path = "/2/instances/story/export"
    body = {"mode": "local", "destination": kvm.nodes[0], "shutdown": False}
    job = story.rapi.run("PUT", path, body)
    assert job["status"] == "error"
    told = str(job["opresult"]) + str(job["oplog"])
    assert "refuses to take the disk (HTTP 403)" in told
    assert "f00d" not in told
    assert list((kvm.storage / "volumes").glob("*snap*")) == []


def test_a_root_grows(kvm: Cluster, story: Machine) -> None:
    story.succeed("POST", "/2/instances/story/disk/0/grow", {"amount": 16, "absolute": True})
    assert volume(kvm, ROOT).stat().st_size == 16 * MIB
    ((_, device),) = devices(kvm, ROOT).items()
    size = subprocess.run(["blockdev", "--getsize64", device], capture_output=True, check=True)
    assert int(size.stdout) == 16 * MIB
    assert story.facts()["disk.sizes"] == [16, 4]


def test_a_guest_moves_while_it_runs(kvm: Cluster, agents: Agents, story: Machine) -> None:
    first, second = kvm.nodes
    story.act("migrate", target_node=second, mode="live")
    assert story.facts()["pnode"] == second
    assert story.facts()["status"] == "running"
    for name in (ROOT, SEED):
        assert list(devices(kvm, name)) == [second]
    story.says()
    refused = agents.call("GET", "consoles/story", node=first)
    assert refused.status_code == 200  # what it said before it went
    wait_for(
        lambda: handshake(kvm.addresses[second], story.facts()["network_port"])[:3] == b"RFB",
        "its screen on the other node",
    )


def test_a_rebuilt_guest_gets_image_and_files_by_address(
    kvm: Cluster, story: Machine, images: ImageServer
) -> None:
    """RAPI's reinstall has no secret parameters: the addresses are private, and dropped by it."""
    image = guest.image(2)
    given = image_parameters(image, images.serve("anew", image))
    files = {"openstack/latest/meta_data.json": b'{"uuid": "anew"}'}
    private = {
        "image_url": given["osparams_secret"]["image_url"],
        "seed_url": images.serve("seed", seed(files).encode()),
    }
    story.act("shutdown", timeout=0)
    story.act("modify", osparams_private=private)
    osparams = given["osparams"] | {"seed_disk": SEED}
    body = {"os": "cyclades+default", "start": True, "osparams": osparams}
    story.succeed("POST", "/2/instances/story/reinstall", body)
    assert content(kvm, ROOT, 2 * MIB) == image
    assert file_on(volume(kvm, SEED), "openstack/latest/meta_data.json") == b'{"uuid": "anew"}'
    assert SECRET not in volume(kvm, SEED).read_bytes()
    config = kvm.node_files[kvm.nodes[0]] / "lib" / "config.data"
    assert SIGNATURE not in config.read_text()
    story.says()


def test_a_guest_boots_from_a_volume_made_of_an_image(
    kvm: Cluster, agents: Agents, images: ImageServer, machine: Callable[[str], Machine]
) -> None:
    image = guest.image()
    public = image_parameters(image, "")["osparams"]
    source = {
        "kind": "image",
        "url": images.serve("bootable", image),
        "sha512": public["image_checksum"].removeprefix("sha512:"),
        "size": len(image),
        "format": "raw",
    }
    agents.have("volumes/bootable", {"size": 8, "source": source})
    booted = machine("booted")
    disk = {"size": 8, "name": "bootable", "volume": "bootable", "keep": "yes"}
    booted.create(kvm.nodes[1], [disk], no_install=True)
    booted.act("startup")
    booted.says()
    booted.remove()
    assert content(kvm, "bootable", MIB) == image
    assert agents.call("DELETE", "volumes/bootable").status_code == 204


def test_a_guest_on_shared_files_moves_and_takes_disks_too(
    kvm: Cluster, images: ImageServer, machine: Callable[[str], Machine]
) -> None:
    """Its disks cannot be copied while it runs: so it is sent away when it is stopped."""
    first, second = kvm.nodes
    shared = machine("shared")
    given = image_parameters(guest.image(), images.serve("shared", guest.image()))
    shared.create(first, [{"size": 8, "name": "root-of-shared"}], template="sharedfile", **given)
    shared.says()
    shared.plug({"size": 4, "name": "more"})
    assert "name: more" in kvm.gnt("gnt-instance", "info", "shared")
    shared.unplug("more")
    shared.act("migrate", target_node=second, mode="live")
    assert (shared.facts()["pnode"], shared.facts()["status"]) == (second, "running")
    shared.says()
    shared.act("shutdown", timeout=10)
    private = {"upload_url": images.address("stopped")}
    shared.act("modify", osparams={"upload_format": "raw"}, osparams_private=private)
    shared.act("export", mode="local", destination=second, shutdown=False)
    assert images.received.pop("stopped") == guest.image(8)
    shared.remove()


def test_nothing_is_left_behind(kvm: Cluster, story: Machine) -> None:
    story.remove()
    assert list((kvm.storage / "volumes").iterdir()) == []
    assert list((kvm.storage / "disks").iterdir()) == []
    assert list((kvm.storage / "locks").iterdir()) == []
    listed = subprocess.run(["losetup", "-n", "-O", "BACK-FILE"], capture_output=True, check=True)
    assert str(kvm.storage) not in listed.stdout.decode()

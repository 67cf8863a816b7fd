"""The ExtStorage provider: one action of Ganeti's on one disk.

Ganeti calls a program for each action and tells the rest in the environment; ``attach`` answers
with the block device on its first line and an address for KVM's own use on the second.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.ganeti.storage import loops
from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.names import checked
from deploy.ganeti.storage.refusals import Refused, Unusable
from deploy.ganeti.storage.settings import from_environment

Environment = Mapping[str, str]
YES = {"yes", "true", "1"}


def create(disks: Disks, env: Environment) -> None:
    """Have the disk, on the volume that is named or on one of its own."""
    disks.create(
        env["VOL_NAME"],
        int(env["VOL_SIZE"]),
        own=env.get("VOL_CNAME", ""),
        volume=env.get("EXTP_VOLUME", ""),
        keep=env.get("EXTP_KEEP", "").lower() in YES,
    )


def attach(disks: Disks, env: Environment) -> None:
    """Say which device the disk is on this node."""
    device = disks.map(env["VOL_NAME"], loops.attach)
    volume = disks.directory.disks.need(env["VOL_NAME"])["volume"]
    sys.stdout.write(f"{device}\nkvm:{disks.directory.volumes.data(volume)}\n")


def detach(disks: Disks, env: Environment) -> None:
    """Free the device."""
    disks.unmap(env["VOL_NAME"], loops.detach)


def remove(disks: Disks, env: Environment) -> None:
    """Free the device and forget the disk; its volume goes unless it is kept."""
    disks.unmap(env["VOL_NAME"], loops.detach)
    disks.remove(env["VOL_NAME"])


def grow(disks: Disks, env: Environment) -> None:
    """Have the disk larger, here and now."""
    disks.grow(env["VOL_NAME"], int(env["VOL_NEW_SIZE"]))
    if device := disks.device(env["VOL_NAME"]):
        loops.grown(device)


def snapshot(disks: Disks, env: Environment) -> None:
    """Have a second disk with the present content of the first."""
    disks.snapshot(env["VOL_NAME"], env["VOL_SNAPSHOT_NAME"])


def open_(disks: Disks, env: Environment) -> None:
    """Let this node write, having forgotten what it read before."""
    exclusive = env.get("VOL_OPEN_EXCLUSIVE", "True").lower() in YES
    disks.open(env["VOL_NAME"], exclusive=exclusive)
    if device := disks.device(env["VOL_NAME"]):
        loops.forget_cache(device)


def close(disks: Disks, env: Environment) -> None:
    """Let others write, having written everything back."""
    if device := disks.device(env["VOL_NAME"]):
        loops.forget_cache(device)
    disks.close(env["VOL_NAME"])


def setinfo(disks: Disks, env: Environment) -> None:
    """Keep what Ganeti says of the disk."""
    disks.note(env["VOL_NAME"], env.get("VOL_METADATA", ""))


def verify(disks: Disks, _env: Environment) -> None:
    """Say whether the folder is there.

    Raises:
        Refused: it is not.
    """
    if not (disks.directory.root / "volumes").is_dir():
        raise Refused(f"{disks.directory.root} is not the storage folder.")


# fmt: off
ACTIONS: dict[str, Callable[[Disks, Environment], None]] = {
    "create": create, "attach": attach, "detach": detach, "remove": remove, "grow": grow,
    "snapshot": snapshot, "open": open_, "close": close, "setinfo": setinfo, "verify": verify,
}
# fmt: on


def run(action: str, disks: Disks, env: Environment) -> None:
    """Do one action.

    Raises:
        Refused: it cannot be done.
    """
    for name in ("VOL_NAME", "VOL_SNAPSHOT_NAME"):
        if name in env:
            checked(env[name])
    if "VOL_NAME" not in env and action != "verify":
        raise Unusable("VOL_NAME is missing: this program is called by Ganeti.")
    ACTIONS[action](disks, env)


def main(action: str) -> int:
    """Exit 0 when it is done, 1 with a sentence when not."""
    os.umask(0o077)
    settings = from_environment()
    directory = Directory(
        root=Path(settings.root), node=settings.node_name, fuzzy=settings.fuzzy_snapshots
    )
    try:
        directory.prepare()
        run(action, Disks(directory=directory), os.environ)
    except Refused as why:
        sys.stderr.write(f"cyclades: {why}\n")
        return 1
    return 0

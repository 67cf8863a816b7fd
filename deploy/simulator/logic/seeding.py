"""The guest's own files, written where the real OS definition writes them, and by its code."""

import asyncio
import json
from typing import Any

from deploy.ganeti.os.cyclades import seed as real
from deploy.simulator.logic import backing
from deploy.simulator.logic.scripts import ScriptFailed
from deploy.simulator.model import Disk, Instance, Json
from deploy.simulator.world import World


async def sow(world: World, instance: Instance, params: Json) -> None:
    """Write the seed that the parameters give or lead to, if there is one.

    It stays in memory for tests to read, and is saved nowhere but on the drive.

    Raises:
        ScriptFailed: it cannot be had, or there is no drive for it.
    """
    given = {name: str(params.get(name) or "") for name in ("seed", "seed_url", "seed_disk")}
    if not given["seed"] and not given["seed_url"]:
        return
    drive = _drive(instance, given["seed_disk"])
    try:
        world.seeds[instance.name] = await asyncio.to_thread(_write, world, drive, given)
    except real.NotSeeded as why:
        raise ScriptFailed(str(why)) from None


def _drive(instance: Instance, name: str) -> Disk:
    found = next((disk for disk in instance.disks if name and disk.name == name), None)
    if found is None:
        raise ScriptFailed("the instance has no disk with the name in seed_disk.")
    return found


def _write(world: World, drive: Disk, given: dict[str, str]) -> Json:
    text = given["seed"].encode() or real.fetched(given["seed_url"])
    path = backing.path_of(world, drive)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with path.open("r+b") as file:
        file.truncate(drive.size << 20)
    real.write(real.parsed(text), path)
    kept: dict[str, Any] = json.loads(text)
    return kept

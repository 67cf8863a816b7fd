"""The create script of an OS definition: the image on the first disk, the seed on its drive."""

import asyncio

from deploy.simulator.logic import images, seeding
from deploy.simulator.logic.run import failure
from deploy.simulator.logic.scripts import Installation, ScriptFailed
from deploy.simulator.world import World


async def install(world: World, run: Installation) -> None:
    """Run the script.

    Raises:
        OpFailed: with the text a failing script leaves in the job.
    """
    instance = run.instance
    name = instance.os.partition("+")[0]
    try:
        await _script(world, run)
    except ScriptFailed as failed:
        header = (
            f"create: {instance.name} reinstall={int(run.reinstall)} "
            f"disks={len(instance.disks)} nics={len(instance.nics)} "
            f"img_id={run.params.get('img_id', '')}"
        )
        what = (
            f"Could not install OS for instance '{instance.name}' on node '{instance.pnode}'"
            if run.reinstall
            else f"Could not add os for instance {instance.name} on node {instance.pnode}"
        )
        raise failure(
            f"{what}: OS create script failed (exited with exit code 1), "
            f"last lines in the log file:\n{header}\n{name}: {failed}"
        ) from None


async def _script(world: World, run: Installation) -> None:
    found = world.settings.operating_systems.get(run.instance.os.partition("+")[0])
    image, url = str(run.params.get("img_id", "")), run.params.get("image_url")
    if image.startswith("fail"):
        raise ScriptFailed(f"image '{image}' not found")
    if image.startswith("sleep"):
        await asyncio.sleep(float(image.removeprefix("sleep")))
    if found is None or not found.installs_image:
        return
    if url:
        await images.put(world, run.instance, str(url), run.params)
    await seeding.sow(world, run.instance, run.params)

"""The create script of an OS definition: fetch the image, check it, put it on the first disk."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp

from deploy.simulator.logic.run import failure
from deploy.simulator.model import Instance, Json
from deploy.simulator.world import World

_CHUNK = 1 << 20
_ATTEMPT_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)


class ScriptFailed(Exception):
    """The script ends with exit code 1; the text is its last line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One run of a create script."""

    instance: Instance
    params: Json  # all OS parameters, secret ones included
    reinstall: bool = False


def installed_params(instance: Instance, secrets: Json) -> Json:
    """Everything the script finds in its environment."""
    merged = {**instance.osparams, **instance.osparams_private}
    for kind in ("osparams_private", "osparams_secret"):
        merged.update(secrets.get(kind) or {})
    return merged


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
    if found is not None and found.installs_image and url:
        await _fetch(world, run.instance, str(url), run.params)


async def _fetch(world: World, instance: Instance, url: str, params: Json) -> None:
    disk = instance.disks[0]
    target = world.disks / f"{disk.uuid}.raw"
    image = str(params.get("image_id", "?"))
    deadline = aiohttp.ClientTimeout(total=world.settings.image_timeout, sock_connect=10)
    try:
        async with aiohttp.ClientSession(timeout=deadline) as http, http.get(url) as answer:
            size, digest = await _store(answer, target, disk.size << 20, image)
        _check(image, params, size, digest)
        await asyncio.to_thread(_extend, target, disk.size << 20)
    except ScriptFailed:
        target.unlink(missing_ok=True)
        raise
    except _ATTEMPT_ERRORS as error:
        target.unlink(missing_ok=True)
        raise ScriptFailed(f"image {image}: download failed: {type(error).__name__}") from None


async def _store(answer: Any, target: Path, room: int, image: str) -> tuple[int, str]:
    if answer.status != 200:
        raise ScriptFailed(f"image {image}: the server answered {answer.status}")
    size, digest = 0, hashlib.sha512()
    file = await asyncio.to_thread(_open, target)
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > room:
                raise ScriptFailed(f"image {image}: larger than the disk of {room} bytes")
            await asyncio.to_thread(_write, file, chunk, digest)
    finally:
        await asyncio.to_thread(file.close)
    return size, digest.hexdigest()


def _open(target: Path) -> BinaryIO:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.open("wb")


def _write(file: BinaryIO, chunk: bytes, digest: Any) -> None:
    digest.update(chunk)
    if chunk.count(0) == len(chunk):
        file.seek(len(chunk), 1)  # leave a hole
    else:
        file.write(chunk)


def _extend(target: Path, size: int) -> None:
    with target.open("r+b") as file:
        file.truncate(size)


def _check(image: str, params: Json, size: int, digest: str) -> None:
    wanted = params.get("image_size")
    if wanted not in {None, ""} and int(str(wanted)) != size:
        raise ScriptFailed(f"image {image}: {size} bytes received, {wanted} expected")
    checksum = str(params.get("image_checksum") or "")
    if checksum and checksum.removeprefix("sha512:") != digest:
        raise ScriptFailed(f"image {image}: the checksum does not match")

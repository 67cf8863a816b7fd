"""Images: fetched from their signed URL, checked, and written onto the first disk."""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp

from deploy.ganeti.os.cyclades import write as real
from deploy.simulator.logic import backing
from deploy.simulator.logic.scripts import ScriptFailed
from deploy.simulator.model import Instance, Json
from deploy.simulator.world import World

_CHUNK = 1 << 20
_ATTEMPT_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)


async def put(world: World, instance: Instance, url: str, params: Json) -> None:
    """Fetch the image and put it on the first disk.

    Raises:
        ScriptFailed: it is not the image that the parameters describe, or cannot be had.
    """
    disk = instance.disks[0]
    target = backing.path_of(world, disk)
    image = str(params.get("image_id", "?"))
    deadline = aiohttp.ClientTimeout(total=world.settings.image_timeout, sock_connect=10)
    world.disks.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=world.disks, prefix="image-") as fetched:
        try:
            async with aiohttp.ClientSession(timeout=deadline) as http, http.get(url) as answer:
                size, digest = await _store(answer, fetched, disk.size << 20, image)  # type: ignore[arg-type]  # a binary file
            _check(image, params, size, digest)
            shape = str(params.get("image_format") or "raw")
            await asyncio.to_thread(_write, Path(fetched.name), target, disk.size << 20, shape)
        except real.NotWritten as why:
            raise ScriptFailed(f"image {image}: {why}") from None
        except _ATTEMPT_ERRORS as error:
            raise ScriptFailed(f"image {image}: download failed: {type(error).__name__}") from None


async def _store(answer: Any, file: BinaryIO, room: int, image: str) -> tuple[int, str]:
    if answer.status != 200:
        raise ScriptFailed(f"image {image}: the server answered {answer.status}")
    size, digest = 0, hashlib.sha512()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > room:
            raise ScriptFailed(f"image {image}: larger than the disk of {room} bytes")
        await asyncio.to_thread(_append, file, chunk, digest)
    await asyncio.to_thread(file.flush)
    return size, digest.hexdigest()


def _append(file: BinaryIO, chunk: bytes, digest: Any) -> None:
    digest.update(chunk)
    file.write(chunk)


def _write(image: Path, disk: Path, room: int, shape: str) -> None:
    """Have the disk hold the image and zeros: what it held before is gone."""
    disk.parent.mkdir(parents=True, exist_ok=True)
    with disk.open("wb") as file:
        file.truncate(room)
    if shape == "raw":
        real.copy(image, disk, real.Marks(max(image.stat().st_size, 1), _silent))
        return
    with image.open("rb") as file:
        size = real.virtual_size(file.read(512), image.stat().st_size, shape)
    if size > room:
        raise real.NotWritten(f"it fills {size} bytes, but the disk has only {room}.")
    real.convert(image, disk, shape, real.Marks(max(size, 1), _silent))


def _silent(_done: int) -> None:
    """Nobody watches."""


def _check(image: str, params: Json, size: int, digest: str) -> None:
    wanted = params.get("image_size")
    if wanted not in {None, ""} and int(str(wanted)) != size:
        raise ScriptFailed(f"image {image}: {size} bytes received, {wanted} expected")
    checksum = str(params.get("image_checksum") or "")
    if checksum and checksum.removeprefix("sha512:") != digest:
        raise ScriptFailed(f"image {image}: the checksum does not match")

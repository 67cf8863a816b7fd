"""The yardstick of streams: as little as can take and give an image's bytes, and check them.

``python -m tests.bench.bare_streams PORT FOLDER`` takes a file by ``PUT /file`` (both hashes in
threads, written and brought onto the disk) and gives it by ``GET /file``.
"""

import asyncio
import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import web

BATCH: Final = 2 * 1024 * 1024
FOLDER: Final = web.AppKey("FOLDER", Path)


async def take(request: web.Request) -> web.Response:
    """Take a file."""
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(3)
    md5, sha512 = hashlib.md5(usedforsecurity=False), hashlib.sha512()

    def hashing(digest: Any, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            digest.update(piece)

    with (request.app[FOLDER] / "file").open("wb") as file, threads:
        working: list[asyncio.Future[None]] = []
        batch: list[bytes] = []
        size = 0
        while piece := await request.content.readany():
            batch.append(piece)
            size += len(piece)
            if size >= BATCH:
                await asyncio.gather(*working)
                working = [
                    loop.run_in_executor(threads, hashing, md5, batch),
                    loop.run_in_executor(threads, hashing, sha512, batch),
                    loop.run_in_executor(threads, file.writelines, batch),
                ]
                batch, size = [], 0
        await asyncio.gather(*working)
        hashing(md5, batch)
        hashing(sha512, batch)
        file.writelines(batch)
        file.flush()
        await loop.run_in_executor(threads, os.fsync, file.fileno())
    return web.json_response({"sha512": sha512.hexdigest()})


async def give(request: web.Request) -> web.StreamResponse:
    """Give the file."""
    return web.FileResponse(request.app[FOLDER] / "file", chunk_size=1024 * 1024)


async def serve(port: int, folder: Path) -> None:
    """Serve until killed."""
    app = web.Application()
    app[FOLDER] = folder
    app.add_routes([web.put("/file", take), web.get("/file", give)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2])))

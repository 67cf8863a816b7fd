"""Runs the prototype, the least that can stand between stored documents and a client."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from deploy.parts.children import start
from deploy.parts.ports import answers, free_port
from tests.bench import prototype
from tests.bench.measuring import Target
from tests.bench.rig import Rig


@contextmanager
def running_prototype(rig: Rig, documents: Mapping[str, bytes]) -> Iterator[Target]:
    """Serve documents like ours for the length of the block, one kind a table.

    Args:
        rig: whose database it uses.
        documents: by kind, one as our services answer it.
    """
    url = rig.cloud.environment["CYCLADES_COMPUTE_DATABASE_URL"]
    for kind, document in documents.items():
        asyncio.run(prototype.fill(url, kind, document))
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.prototype", url, str(port)]
    child = start("prototype", command, log=rig.cloud.home / "prototype.log", environ=os.environ)
    try:
        child.wait_until(partial(answers, port), within=30)
        yield Target(
            url=f"http://127.0.0.1:{port}",
            pids=(child.process.pid, rig.database_pid),
            headers={},
        )
    finally:
        child.stop()

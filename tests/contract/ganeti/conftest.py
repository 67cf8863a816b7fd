"""One cluster for the whole suite: simulated, or the real one that the environment names."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio

from deploy.simulator.settings import OperatingSystem
from deploy.simulator.testing import running_simulator
from tests.contract.ganeti.target import Target, real, simulated

# TLS connections that were let go say goodbye to their peers before the loop ends.
_GOODBYE = 0.25

_PARAMETERS = (
    "img_id",
    "img_format",
    "img_passwd",
    "img_passwd_hash",
    "img_properties",
    "img_personality",
    "inst_properties",
    "auth_keys",
    "os_product_key",
    "os_answer_file",
    "config_url",
    "cloud_userdata",
)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def target() -> AsyncIterator[Target]:
    connector = aiohttp.TCPConnector(force_close=True)
    description = os.environ.get("CYCLADES_GANETI_CLUSTERS")
    if description:
        async with aiohttp.ClientSession(connector=connector) as session:
            yield real(Path(description), session)
        await asyncio.sleep(_GOODBYE)
        return
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        running_simulator(
            nodes_per_cluster=1,
            vcpu_ratio=1000,
            ext_providers=("dummy",),
            operating_systems={
                "snf-image": OperatingSystem(parameters=_PARAMETERS),
            },
        ) as simulator,
    ):
        yield simulated(simulator, session)

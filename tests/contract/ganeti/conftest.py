"""One cluster for the whole suite: simulated, or the real one that the environment names."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio

from deploy.simulator.settings import OperatingSystem
from deploy.simulator.testing import running_simulator
from tests.contract.ganeti.target import Target, real, simulated

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
    async with aiohttp.ClientSession(connector=connector) as session:
        description = os.environ.get("CYCLADES_GANETI_CLUSTERS")
        if description:
            yield real(Path(description), session)
            return
        async with running_simulator(
            nodes_per_cluster=1,
            vcpu_ratio=1000,
            ext_providers=("dummy",),
            operating_systems={
                "snf-image": OperatingSystem(parameters=_PARAMETERS),
            },
        ) as simulator:
            yield simulated(simulator, session)

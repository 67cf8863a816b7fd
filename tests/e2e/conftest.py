"""One cloud for the session: six processes, real parts beside them, two simulated clusters.

Their disks are behind the real storage provider's folder, which the real storage agent serves.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from deploy.parts.ports import free_port
from deploy.parts.postgres import running_postgres
from deploy.parts.rabbitmq import RabbitNode
from deploy.standalone import agents
from deploy.standalone.settings import DemoSettings
from tests.parts.cloud import running_cloud, running_simulator_process
from tests.parts.discrepancies import SETTINGS
from tests.parts.keystone import filled_keystone
from tests.parts.postgres import open_folder
from tests.parts.site import Site, fill


@pytest.fixture(scope="session")
def site(rabbitmq: RabbitNode) -> Iterator[Site]:
    """The session's cloud, with two clusters, a flavor, a network and an image."""
    with ExitStack() as stack:
        home = stack.enter_context(open_folder())
        (home / "pg").mkdir(mode=0o711)
        database = stack.enter_context(running_postgres(home / "pg", durable=False))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        nodes = DemoSettings(home=home / "nodes", agent_port=free_port())
        (nodes.home / "logs").mkdir(parents=True)
        agent = agents.start_agent(nodes)
        stack.callback(agent.stop)
        agents.wait_for_agent(nodes, agent)
        simulated: dict[str, Any] = {
            "hypervisors": ["kvm"],
            "storage_root": str(nodes.home / "storage"),
            "console_logs": str(nodes.home / "consoles"),
        }
        clusters = stack.enter_context(running_simulator_process(home / "simulator", **simulated))
        cloud = stack.enter_context(
            running_cloud(home / "cloud", database, keystone, rabbitmq.url, settings=SETTINGS)
        )
        provider = {"ext_provider": "cyclades", **agents.registration(nodes)}
        yield fill(cloud, clusters, registration=provider)

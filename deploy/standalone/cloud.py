"""All six services in one process, on the in-process bus: ``python -m deploy.standalone.cloud``.

The same leases, outbox and sagas as anywhere, in PostgreSQL; with ``CYCLADES_AMQP_URL`` the bus is
RabbitMQ. ``CYCLADES_DATABASE_URL`` names a role that may create databases: each service gets a
database ``cyclades_<service>``, with a role of the same name.
"""

import asyncio
import gc
import hashlib
import hmac
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

import uvloop
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from services.compute.main import DEFINITION as COMPUTE
from services.ganeti_watcher.main import DEFINITION as GANETI_WATCHER
from services.image.main import DEFINITION as IMAGE
from services.network.main import DEFINITION as NETWORK
from services.rapi_gateway.main import DEFINITION as RAPI_GATEWAY
from services.volume.main import DEFINITION as VOLUME
from shared import logs
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Bus
from shared.bus.memory import MemoryBus
from shared.clients.http import open_client
from shared.service.command import prepare_database
from shared.service.definition import Definition
from shared.service.parts import SettingMissing, assemble
from shared.service.runtime import Service, running
from shared.settings import ServiceSettings

log = logs.get_logger(__name__)

DEFINITIONS: Final = (RAPI_GATEWAY, GANETI_WATCHER, IMAGE, NETWORK, VOLUME, COMPUTE)


def settings_of(definition: Definition, environment: Mapping[str, str]) -> ServiceSettings:
    """Return a service's settings, with a database of its own on the common server.

    Args:
        definition: the service.
        environment: variables; ``CYCLADES_<SERVICE>_DATABASE_URL`` wins over the common server.

    Raises:
        SettingMissing: no database is named.
    """
    own = f"{definition.settings.model_config.get('env_prefix', '')}DATABASE_URL"
    if own in environment:
        return definition.settings.from_environment(environment)
    common, key = environment.get("CYCLADES_DATABASE_URL"), environment.get("CYCLADES_SECRET_KEY")
    if not common or not key:
        raise SettingMissing("Set CYCLADES_DATABASE_URL and CYCLADES_SECRET_KEY.")
    name = f"cyclades_{definition.name}"
    password = hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()
    url = make_url(common).set(username=name, password=password, database=name)
    return definition.settings.from_environment(
        environment, database_url=url.render_as_string(hide_password=False)
    )


def bus_of(environment: Mapping[str, str]) -> Bus:
    """Return RabbitMQ where a URL names it, else the bus of this process."""
    url = environment.get("CYCLADES_AMQP_URL")
    return AmqpBus(url) if url else MemoryBus()


async def serve(environment: Mapping[str, str]) -> None:
    """Run the cloud until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    settings = {each: settings_of(each, environment) for each in DEFINITIONS}
    for definition in DEFINITIONS:
        await prepare_database(definition, settings[definition], environment)
    bus = bus_of(environment)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        http = await stack.enter_async_context(open_client())
        services: list[Service] = []
        for definition, own in settings.items():
            services.append(await definition.build(own, await assemble(own, bus, http)))
        # Every queue is there before the first relay runs: no fact finds a listener missing.
        for service in services:
            for subscription in service.subscriptions:
                await bus.declare(subscription)
        for service in services:
            await stack.enter_async_context(running(service))
        gc.collect()
        gc.freeze()
        log.info("the cloud runs")
        await stop.wait()
        log.info("the cloud stops")


def main() -> None:
    """Run from the command line; the environment says everything."""
    logs.configure("cyclades", os.environ.get("CYCLADES_LOG_LEVEL", "INFO"))
    try:
        uvloop.run(serve(os.environ))
    except (SettingMissing, ValidationError) as wrong:
        sys.exit(f"cyclades: {wrong}")


if __name__ == "__main__":
    main()

"""The command line of one service: ``python -m services.<name> api | worker | all | migrate``."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import structlog
import uvloop
from pydantic import ValidationError

from shared import logs
from shared.bus.amqp import AmqpBus
from shared.bus.contract import Bus
from shared.clients.http import open_client
from shared.service.definition import Definition
from shared.service.memory import keep_what_is_freed, settle
from shared.service.parts import SettingMissing, assemble
from shared.service.runtime import EVERYTHING, Role, running
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

ROLES = {"api": frozenset({Role.API}), "worker": EVERYTHING, "all": EVERYTHING}


def main(definition: Definition, arguments: Sequence[str] | None = None) -> None:
    """Run the service as the arguments say, until SIGTERM or Ctrl-C.

    ``worker`` serves health and metrics as well, on the port it was given.
    """
    parser = argparse.ArgumentParser(prog=f"python -m services.{definition.name}")
    parser.add_argument("command", choices=[*ROLES, "migrate"])
    asked = parser.parse_args(arguments)
    try:
        settings = definition.settings.from_environment()
        logs.configure(definition.name, settings.log_level)
        if asked.command == "migrate":
            asyncio.run(prepare_database(definition, settings, os.environ))
        else:
            keep_what_is_freed()
            uvloop.run(_serve(definition, settings, ROLES[asked.command]))
    except (SettingMissing, ValidationError) as wrong:
        sys.exit(f"{definition.name}: {wrong}")


async def prepare_database(
    definition: Definition,
    settings: ServiceSettings,
    environment: Mapping[str, str],
) -> None:
    """Have the service's database, its role and its newest tables.

    Args:
        definition: the service.
        settings: names the service's own database.
        environment: ``CYCLADES_DATABASE_URL`` names a role that may create databases; without
            it the database must exist.
    """
    migrating = import_module("shared.db.migrate")  # 6 MiB that nobody needs who only serves
    url = settings.database_url.get_secret_value()
    if admin := environment.get("CYCLADES_DATABASE_URL"):
        await migrating.create_database(admin, url)
    await migrating.migrate(url, definition.migrations)


def bus_for(settings: ServiceSettings) -> Bus:
    """Return the bus the settings name.

    Raises:
        SettingMissing: a service on its own needs RabbitMQ.
    """
    if settings.amqp_url is None:
        raise SettingMissing("Set CYCLADES_AMQP_URL: a service on its own needs RabbitMQ.")
    return AmqpBus(settings.amqp_url.get_secret_value())


async def _serve(definition: Definition, settings: ServiceSettings, roles: frozenset[Role]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    bus = bus_for(settings)
    try:
        async with open_client() as http:
            parts = await assemble(settings, bus, http)
            service = await definition.build(settings, parts)
            async with running(service, roles):
                settle()
                await stop.wait()
    finally:
        await bus.close()

"""What every test may ask for. Nothing is started before a test asks."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.parts.keystone import keystone
from tests.parts.postgres import database_url, databases, migrated_database, postgres
from tests.parts.rabbitmq import amqp_url, rabbitmq

__all__ = [
    "amqp_url",
    "database_url",
    "databases",
    "keystone",
    "migrated_database",
    "postgres",
    "rabbitmq",
]


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Undo what a test did to logging: the next one may read what is logged."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()

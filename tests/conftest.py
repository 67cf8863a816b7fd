"""What every test may ask for. Nothing is started before a test asks."""

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

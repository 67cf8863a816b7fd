"""One RabbitMQ node for the session."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.parts.rabbitmq import RabbitNode, running_rabbitmq


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitNode]:
    """A broker of the session's own, which tests may kill and restart."""
    with (
        TemporaryDirectory(prefix="cyclades-rabbitmq-") as home,
        running_rabbitmq(Path(home)) as node,
    ):
        yield node
        node.kill9()  # what it keeps is thrown away: there is nothing to close well


@pytest.fixture
def amqp_url(request: pytest.FixtureRequest) -> str:
    """Where a real broker answers; `CYCLADES_AMQP_URL` names another."""
    given = os.environ.get("CYCLADES_AMQP_URL")
    if given:
        return given
    node: RabbitNode = request.getfixturevalue("rabbitmq")
    return node.url

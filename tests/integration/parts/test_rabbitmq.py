"""The private RabbitMQ node, as the tests run it."""

from pathlib import Path

import aio_pika
import pytest

from deploy.parts.children import PartFailed
from deploy.parts.packages import installed_program
from deploy.parts.ports import answers
from deploy.parts.rabbitmq import RabbitNode


async def test_it_confirms_and_keeps_a_durable_message_over_a_kill(rabbitmq: RabbitNode) -> None:
    connection = await aio_pika.connect(rabbitmq.url)
    channel = await connection.channel(publisher_confirms=True)
    name = "parts.rabbitmq-test"
    await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    message = aio_pika.Message(b"hello", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await channel.default_exchange.publish(message, routing_key=name)
    await connection.close()
    assert rabbitmq.child is not None
    rabbitmq.child.wait_until(lambda: rabbitmq.knows(name), within=60)

    rabbitmq.kill9()
    assert not answers(rabbitmq.port)
    rabbitmq.restart()

    connection = await aio_pika.connect(rabbitmq.url)
    channel = await connection.channel()
    queue = await channel.get_queue(name)
    kept = await queue.get(timeout=60)
    assert kept is not None
    assert kept.body == b"hello"
    await queue.delete(if_unused=False, if_empty=False)
    await connection.close()


def test_its_administrator_can_ask_it(rabbitmq: RabbitNode) -> None:
    assert "cyclades" in rabbitmq.control("list_users")


def test_everything_it_listens_on_is_loopback(rabbitmq: RabbitNode) -> None:
    ours = {f"{port:04X}" for port in (rabbitmq.port, rabbitmq.epmd_port, rabbitmq.dist_port)}
    listening = {
        address
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        for address, state in [(line.split()[1], line.split()[3])]
        if state == "0A" and address.split(":")[1] in ours
    }
    assert {address.split(":")[0] for address in listening} == {"0100007F"}
    assert {address.split(":")[1] for address in listening} == ours


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PartFailed, match="apt-get install no-such-package"):
        installed_program("no-such-program", ["/nowhere"], package="no-such-package")

"""The image service as the rest of the cloud has it: assembled, running, telling its news."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.image.main import build
from services.image.settings import ImageSettings
from shared.bus.contract import Delivery, Subscription
from shared.bus.memory import MemoryBus
from shared.clients.image import ImageClient
from shared.contracts.base import Envelope
from shared.contracts.resources import ImageChanged
from shared.errors import NotFound
from shared.service.parts import assemble
from shared.service.runtime import running
from tests.contract.image.rig import KEY, NO_TLS, validator


class OwnToken:
    """The token of a service."""

    async def get(self) -> str:
        return "glance"

    async def renew(self, refused: str) -> str:
        return refused


async def test_neighbours_hear_of_images_and_get_their_addresses(
    image_database: str, tmp_path: Path
) -> None:
    settings = ImageSettings(
        database_url=SecretStr(image_database),
        secret_key=SecretStr(KEY),
        data_dir=tmp_path,
        sweep_pause=0.01,
    )
    bus, heard = MemoryBus(), asyncio.Queue[ImageChanged]()

    async def hear(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            envelope = Envelope.read(delivery.body)
            heard.put_nowait(
                ImageChanged.model_validate(envelope.data | {"verb": envelope.type.split(".")[-1]})
            )

    queue = Subscription(queue="test.images", bindings=(ImageChanged.binding(),), handle=hear)
    async with (
        httpx.AsyncClient(verify=NO_TLS, trust_env=False, timeout=30) as http,
        asyncio.timeout(60),
    ):
        known: Any = validator()
        parts = replace(await assemble(settings, bus, http), validator=known)
        await bus.declare(queue)
        consuming = asyncio.create_task(bus.consume(queue))
        service = await build(settings.model_copy(update={"port": 0}), parts)
        async with running(service) as port:
            base = f"http://127.0.0.1:{port}"
            made = await http.post(
                f"{base}/v2/images",
                headers={"X-Auth-Token": "a"},
                json={"name": "news", "disk_format": "raw", "container_format": "bare"},
            )
            image_id = made.json()["id"]
            await http.put(
                f"{base}/v2/images/{image_id}/file",
                headers={"X-Auth-Token": "a", "Content-Type": "application/octet-stream"},
                content=b"bits",
            )
            facts: list[ImageChanged] = []
            while not (facts and facts[-1].document["status"] == "active"):
                fact = await heard.get()
                if fact.id == image_id:
                    facts.append(fact)
            assert [fact.version for fact in facts] == [1, 2, 3]

            client = ImageClient(http, base, OwnToken(), "image")
            assert await client.image(image_id) == facts[-1].document
            ticket = await client.ticket(image_id)
            assert (await http.get(ticket.url)).content == b"bits"
            with pytest.raises(NotFound, match="No image found"):
                await client.ticket("11111111-1111-1111-1111-111111111111")
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)

"""What is written most takes no more statements than it is known to."""

import orjson
import pytest

from tests.integration.hostile.target import Target
from tests.integration.statements.expected import WRITES
from tests.parts.trips import trips

pytestmark = pytest.mark.timeout(600)


def filled(text: str, target: Target) -> str:
    """Return the text with the target's ids for what stands in braces."""
    for name, ident in {**target.names, **target.ids}.items():
        text = text.replace(f"{{{name}}}", str(ident))
    return text


async def surprises(target: Target) -> list[str]:
    """Return the writes that take more statements than they may; each is done twice, then heard."""
    await target.renew()
    found = []
    for write in WRITES[target.name]:
        path = filled(write.path, target)
        content = filled(orjson.dumps(write.body).decode(), target).encode()
        await target.ask(write.method, path, target.owner, content)
        with trips() as ran:
            said = await target.ask(write.method, path, target.owner, content)
        if said.status >= 400 or len(ran) > write.statements:
            told = " | ".join(each[:100] for each in ran)
            found.append(f"{write.method} {path} ({said.status}): {len(ran)}: {told}")
    return found


async def test_compute_writes_as_it_is_known_to(compute: Target) -> None:
    assert (found := await surprises(compute)) == [], "\n".join(found)


async def test_network_writes_as_it_is_known_to(network: Target) -> None:
    assert (found := await surprises(network)) == [], "\n".join(found)


async def test_image_writes_as_it_is_known_to(image: Target) -> None:
    assert (found := await surprises(image)) == [], "\n".join(found)


async def test_volume_writes_as_it_is_known_to(volume: Target) -> None:
    assert (found := await surprises(volume)) == [], "\n".join(found)

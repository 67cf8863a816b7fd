"""Every GET of the four APIs asks its database once: lists and shows alike."""

import pytest

from tests.integration.hostile.target import Route, Target
from tests.integration.statements.expected import READS
from tests.parts.trips import trips

pytestmark = pytest.mark.timeout(600)
USUAL = 1


async def statements_of(target: Target, route: Route) -> tuple[int, list[str]]:
    """Return the status of a GET's answer, and what it asked of the database."""
    path = route.at(target.values_for(route))
    for who in (target.owner, target.admin, target.service):
        await target.ask("GET", path, who)  # whatever is remembered is remembered now
        with trips() as ran:
            status = (await target.ask("GET", path, who)).status
        if status not in {401, 403}:
            return status, ran
    return 403, []


async def surprises(target: Target) -> list[str]:
    """Return what asks for more or less than is known of it; a refusal may ask for less."""
    await target.renew()
    known = READS[target.name]
    routes = [route for route in target.routes if route.method == "GET"]
    found = [f"{path}: there is none" for path in known.keys() - {each.path for each in routes}]
    for route in routes:
        status, ran = await statements_of(target, route)
        wanted = known.get(route.path, USUAL)
        if len(ran) > wanted or (status < 400 and len(ran) < wanted):
            told = " | ".join(each[:120] for each in ran)
            found.append(f"{route.path} ({status}): {len(ran)}, not {wanted}: {told}")
    return found


async def test_compute_reads_with_one_statement(compute: Target) -> None:
    assert (found := await surprises(compute)) == [], "\n".join(found)


async def test_network_reads_with_one_statement(network: Target) -> None:
    assert (found := await surprises(network)) == [], "\n".join(found)


async def test_image_reads_with_one_statement(image: Target) -> None:
    assert (found := await surprises(image)) == [], "\n".join(found)


async def test_volume_reads_with_one_statement(volume: Target) -> None:
    assert (found := await surprises(volume)) == [], "\n".join(found)

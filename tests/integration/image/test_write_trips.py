"""How often writes go to the database: each trip costs about what the first does."""

from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Rig
from tests.parts.trips import trips


async def test_an_image_takes_one_trip(rig: Rig) -> None:
    await rig.create()
    with trips() as noted:
        await rig.create()
    (only,) = noted
    assert 'INSERT INTO "images"' in only
    assert 'INSERT INTO "outbox"' in only


async def test_an_image_that_is_counted_takes_four_trips(rig_with: MakesRigs) -> None:
    async with rig_with(quotas={"image_count_total": 5}) as rig:
        await rig.create()
        with trips() as noted:
            await rig.create()
    begin, _count, _add, commit = noted
    assert begin.startswith("BEGIN; SELECT pg_advisory_xact_lock(")
    assert commit == "COMMIT"


async def test_a_change_of_an_image_takes_six_trips_at_most(rig: Rig) -> None:
    image = await rig.create()
    with trips() as noted:
        await rig.patch(image["id"], {"op": "replace", "path": "/name", "value": "n"})
    assert len(noted) <= 6, noted  # seen, BEGIN, read, write, tell, COMMIT


async def test_the_end_of_an_image_takes_six_trips_at_most(rig: Rig) -> None:
    image = await rig.create()
    with trips() as noted:
        answer = await rig.ask("DELETE", f"/v2/images/{image['id']}")
    assert answer.status_code == 204
    assert len(noted) <= 6, noted

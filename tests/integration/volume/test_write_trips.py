"""How often writes go to the database: each trip costs about what the first does."""

import pytest

from tests.integration.volume.rig import Rig
from tests.parts.trips import trips

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_blank_volume_takes_four_trips(rig: Rig) -> None:
    await rig.make()
    with trips() as noted:
        await rig.make()
    begin, ground, add, commit = noted
    assert begin.startswith("BEGIN; SELECT pg_advisory_xact_lock(")
    assert "FOR KEY SHARE" in ground
    assert 'INSERT INTO "volumes"' in add
    assert 'INSERT INTO "outbox"' in add
    assert commit == "COMMIT"


async def test_a_named_type_takes_no_more(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    with trips() as noted:
        await rig.make(volume_type=kind["id"])
    assert len(noted) == 4


async def test_a_change_of_a_volume_takes_five_trips(rig: Rig) -> None:
    made = await rig.make()
    with trips() as noted:
        answer = await rig.call("PUT", f"/volumes/{made['id']}", {"volume": {"name": "n"}})
    assert answer.status == 200
    assert len(noted) == 5, noted  # BEGIN, read, write, tell, COMMIT


async def test_the_end_of_a_volume_takes_eight_trips_at_most(rig: Rig) -> None:
    made = await rig.make()
    with trips() as noted:
        answer = await rig.call("DELETE", f"/volumes/{made['id']}")
    assert answer.status == 202
    assert len(noted) <= 8, noted

"""How often a create, and the saga of a new server, go to the database: no oftener than agreed."""

from collections import Counter

from tests.integration.compute.rig import Rig
from tests.parts.trips import trips

REFERENCES, LOCKS, GROUND, ROWS, COMMIT = 1, 1, 1, 1, 1  # the round trips of a create
STATEMENTS_OF_A_SAGA = 52  # everything until the server is ACTIVE, BEGIN and COMMIT included


async def test_a_server_is_accepted_in_five_round_trips(rig: Rig) -> None:
    await rig.create()  # clusters are known from now on
    with trips() as ran:
        await rig.create()
    assert len(ran) == REFERENCES + LOCKS + GROUND + ROWS + COMMIT, ran


async def test_several_servers_are_accepted_in_as_many_round_trips_as_one(rig: Rig) -> None:
    await rig.create()
    with trips() as ran:
        await rig.create(min_count=3)
    assert len(ran) == REFERENCES + LOCKS + GROUND + ROWS + COMMIT, ran
    assert len(await rig.sql("SELECT 1 FROM sagas")) == 4


async def test_a_saga_makes_a_server_with_few_statements(rig: Rig) -> None:
    await rig.create()
    with trips() as ran:
        await rig.run_sagas()
        await rig.end_jobs()
    words = Counter(each.split(" ", 2)[0] for each in ran)
    assert len(ran) <= STATEMENTS_OF_A_SAGA, words
    assert await rig.sql("SELECT 1 FROM servers WHERE status = 'ACTIVE'")

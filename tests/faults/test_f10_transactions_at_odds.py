"""F10: serialization failures and deadlocks are forced: repeated, then 503, effects once."""

from uuid import UUID, uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceReboot
from tests.faults.cloudlet import Cloudlet, cloudlet
from tests.parts.postgres import MakesDatabases

# A sequence is not rolled back: so many statements in a row fail, whoever makes them.
TROUBLE = (
    "CREATE SEQUENCE troubles",
    """
    CREATE FUNCTION at_odds() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('troubles') <= {times} THEN
            RAISE EXCEPTION 'at odds' USING ERRCODE = '{code}';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER at_odds BEFORE {what} ON submissions FOR EACH ROW EXECUTE FUNCTION at_odds()",
)


async def trouble(cloud: Cloudlet, what: str, times: int, code: str) -> None:
    for statement in TROUBLE:
        await cloud.gateway.sql(statement.format(what=what, times=times, code=code))


async def put(cloud: Cloudlet, key: UUID) -> tuple[int, str | None]:
    body = {"operation": InstanceReboot(instance="cyc-x").model_dump(mode="json")}
    answer = await cloud.gateway.ask("PUT", f"/v1/clusters/c1/submissions/{key}", body)
    return answer.status_code, answer.headers.get("Retry-After")


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_submission_is_taken_in_all_the_same(
    migrated_database: MakesDatabases, code: str
) -> None:
    async with cloudlet(migrated_database) as cloud:
        await trouble(cloud, "INSERT", 3, code)
        key = uuid4()
        status, _after = await put(cloud, key)
        assert status in {200, 202}
        state = await cloud.settled(key)
        assert cloud.jobs(key) == [state.job_id]


async def test_what_does_not_end_is_told_to_come_back(migrated_database: MakesDatabases) -> None:
    async with cloudlet(migrated_database) as cloud:
        await trouble(cloud, "INSERT", 4, "40001")
        key = uuid4()
        assert await put(cloud, key) == (503, "1")
        assert (await put(cloud, key))[0] in {200, 202}
        await cloud.settled(key)
        assert len(cloud.jobs(key)) == 1


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_step_that_gave_way_is_taken_again_and_nothing_is_sent_twice(
    migrated_database: MakesDatabases, code: str, times: int
) -> None:
    """Whatever is written: the claim before the job, or its id after it."""
    async with cloudlet(migrated_database) as cloud:
        await trouble(cloud, "UPDATE", times, code)
        key = uuid4()
        await put(cloud, key)
        state = await cloud.settled(key)
        assert state.status is SubmissionStatus.ACCEPTED
        assert cloud.jobs(key) == [state.job_id]

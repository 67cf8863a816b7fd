"""Brings an instance back to what it was made as: a tag, or what it boots from."""

from typing import Final

from pydantic import TypeAdapter

from services.compute.effects.cloud import Cloud
from services.compute.effects.submitting import Failed, await_job, submit
from services.compute.usecases.reconciling import MEND
from shared.contracts.operations import Operation
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step

OPERATION: Final[TypeAdapter[Operation]] = TypeAdapter(Operation)


async def mend(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the change."""
    operation = OPERATION.validate_python(notes["operation"])
    try:
        return await submit(cloud, notes, notes["cluster"], operation, "mend")
    except NotFound:  # the cluster was taken out of the cloud
        return {"job": None, AWAITS: None}
    except Failed as failed:
        raise GiveUp(failed.text) from failed


async def await_mending(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; what it could not do is found again by the next rounds."""
    try:
        await await_job(cloud, notes)
    except Failed as failed:
        raise GiveUp(failed.text) from failed
    return {AWAITS: None}


MEND_INSTANCE: Final[Saga[Cloud]] = Saga(
    name=MEND, steps=(Step("mend", mend), Step("job", await_mending))
)

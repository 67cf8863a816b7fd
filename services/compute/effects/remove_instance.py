"""Removes an instance that no server stands for any more; what it found gone is done."""

from typing import Final

from services.compute.effects.cloud import Cloud
from services.compute.effects.submitting import Failed, await_job, submit
from services.compute.usecases.reconciling import REMOVE
from shared.contracts.ganeti import Failure
from shared.contracts.operations import InstanceDelete
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step


async def remove(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the removal."""
    try:
        operation = InstanceDelete(instance=notes["instance"])
        return await submit(cloud, notes, notes["cluster"], operation, "remove")
    except NotFound:  # the cluster was taken out of the cloud
        return {"job": None, AWAITS: None}
    except Failed as failed:
        return _done_or_over(failed)


async def await_removal(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; what it could not do is found again by the next rounds."""
    try:
        await await_job(cloud, notes)
    except Failed as failed:
        return _done_or_over(failed)
    return {AWAITS: None}


def _done_or_over(failed: Failed) -> Notes:
    if failed.failure is Failure.NOT_FOUND:
        return {"job": None, AWAITS: None}
    raise GiveUp(failed.text) from failed


REMOVE_INSTANCE: Final[Saga[Cloud]] = Saga(
    name=REMOVE, steps=(Step("remove", remove), Step("job", await_removal))
)

"""Removes a subnet's Ganeti network from a cluster, after the subnet is gone from the API."""

from typing import Final
from uuid import UUID

from services.network.effects.cloud import (
    PASSING,
    Cloud,
    awaiting,
    keep_pause,
    outcome,
    submit,
    try_again_from,
)
from services.network.usecases.subnets import DISSOLVE
from shared.contracts.ganeti import Failure
from shared.contracts.operations import NetworkDelete, NetworkDisconnect
from shared.saga.definition import Notes, Saga, Step

# Whoever removes never gives up for long: an instance may still be on its way out.
FOR_EVER: Final = 1_000_000
GONE: Final = frozenset({Failure.NOT_FOUND, Failure.BAD_REQUEST})


async def disconnect(cloud: Cloud, notes: Notes) -> Notes:
    """Have jobs that disconnect the network from every node group; a repeat is harmless."""
    keep_pause(notes)
    jobs = []
    for group in await cloud.records.groups(notes["cluster"]) or ():
        operation = NetworkDisconnect(network=notes["ganeti_network"], group=group)
        done = await submit(cloud, notes, f"disconnect:{group}", operation)
        _retry("disconnect", notes, done.failure)
        if done.job is not None:
            jobs.append(done.job)
    return awaiting(jobs)


async def disconnected(cloud: Cloud, notes: Notes) -> Notes:
    """Let the network be connected nowhere."""
    for job in notes["jobs"]:
        _retry("disconnect", notes, await outcome(cloud, job))
    return {}


async def delete(cloud: Cloud, notes: Notes) -> Notes:
    """Have a job that removes the network."""
    operation = NetworkDelete(network=notes["ganeti_network"])
    done = await submit(cloud, notes, "delete", operation)
    _retry("disconnect", notes, done.failure)
    return awaiting([done.job] if done.job else [])


async def deleted(cloud: Cloud, notes: Notes) -> Notes:
    """Let the network go."""
    for job in notes["jobs"]:
        _retry("disconnect", notes, await outcome(cloud, job))
    return {"awaits": None}


async def forget(cloud: Cloud, notes: Notes) -> Notes:
    """Write that no trace is left."""
    await cloud.records.forget(UUID(notes["subnet_id"]), notes["cluster"])
    return {}


def _retry(step: str, notes: Notes, failure: Failure | None) -> None:
    """Go back when something is in the way; what is not there any more needs no removing.

    Raises:
        Rewind: later, from the step on.
    """
    if failure is None or failure in GONE:
        return
    passing = failure if failure in PASSING else Failure.BUSY
    try_again_from(step, notes, passing, rounds=FOR_EVER)


DISSOLVE_SUBNET: Saga[Cloud] = Saga(
    name=DISSOLVE,
    steps=(
        Step("disconnect", disconnect),
        Step("disconnected", disconnected),
        Step("delete", delete),
        Step("deleted", deleted),
        Step("forget", forget),
    ),
)

"""Makes a subnet exist on a cluster: its Ganeti network, connected to every node group."""

from dataclasses import asdict
from uuid import UUID

from services.network.domain.binding import NetworkLink
from services.network.effects.cloud import (
    Cloud,
    awaiting,
    keep_pause,
    outcome,
    submit,
    try_again_from,
)
from services.network.usecases.bindings import MATERIALISE
from shared.contracts.ganeti import Failure
from shared.contracts.operations import NetworkConnect, NetworkCreate, NetworkDelete
from shared.saga.definition import GiveUp, Notes, Saga, Step


async def plan(cloud: Cloud, notes: Notes) -> Notes:
    """Find out what the Ganeti network shall be like."""
    found = await cloud.records.blueprint(UUID(notes["subnet_id"]), notes["cluster"])
    if found is None or not found.groups:
        raise GiveUp("the network does not reach the cluster")
    return {"blueprint": asdict(found)}


async def create(cloud: Cloud, notes: Notes) -> Notes:
    """Have a job that creates the network; one of that name is ours, and is taken over."""
    keep_pause(notes)
    wanted = notes["blueprint"]
    done = await submit(
        cloud,
        notes,
        "create",
        NetworkCreate(
            network=cloud.name_of(notes),
            cidr=wanted["cidr"],
            gateway=wanted["gateway"],
            cidr6=wanted["cidr6"],
            gateway6=wanted["gateway6"],
        ),
    )
    if done.failure is not None and done.failure is not Failure.EXISTS:
        try_again_from("create", notes, done.failure)
    return awaiting([done.job] if done.job else []) | {"creating": done.job}


async def take_back(cloud: Cloud, notes: Notes) -> None:
    """Have no network, if this saga made it: one that others use is refused by Ganeti."""
    job = notes.get("creating")
    if job is not None and await outcome(cloud, job) is None:
        await submit(cloud, notes, "take_back", NetworkDelete(network=cloud.name_of(notes)))


async def created(cloud: Cloud, notes: Notes) -> Notes:
    """Let the network come into being."""
    for job in notes["jobs"]:
        failure = await outcome(cloud, job)
        if failure is not None and failure is not Failure.EXISTS:
            try_again_from("create", notes, failure)
    return {}


async def connect(cloud: Cloud, notes: Notes) -> Notes:
    """Have jobs that connect the network to every node group; connected twice is once."""
    keep_pause(notes)
    wanted = notes["blueprint"]
    link = wanted["link"]
    jobs = []
    for group in wanted["groups"]:
        operation = NetworkConnect(
            network=cloud.name_of(notes),
            group=group,
            mode=link["mode"],
            link=link["link"],
            vlan=link["vlan"],
        )
        done = await submit(cloud, notes, f"connect:{group}", operation)
        if done.failure is not None:
            try_again_from("connect", notes, done.failure)
        if done.job is not None:
            jobs.append(done.job)
    return awaiting(jobs)


async def connected(cloud: Cloud, notes: Notes) -> Notes:
    """Let the network be connected everywhere."""
    for job in notes["jobs"]:
        failure = await outcome(cloud, job)
        if failure is not None:
            try_again_from("connect", notes, failure)
    return {"awaits": None}


async def ready(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the ports that waited."""
    wanted = notes["blueprint"]
    await cloud.records.ready(
        UUID(notes["subnet_id"]),
        notes["cluster"],
        wanted["groups"],
        NetworkLink(**wanted["link"]),
    )
    return {}


async def gave_up(cloud: Cloud, notes: Notes) -> None:
    """Tell the ports that waited that they waited in vain."""
    await cloud.records.failed(UUID(notes["subnet_id"]), notes["cluster"])


MATERIALISE_SUBNET: Saga[Cloud] = Saga(
    name=MATERIALISE,
    steps=(
        Step("plan", plan),
        Step("create", create, take_back),
        Step("created", created),
        Step("connect", connect),
        Step("connected", connected),
        Step("ready", ready),
    ),
    gave_up=gave_up,
)

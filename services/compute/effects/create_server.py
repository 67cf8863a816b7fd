"""Makes a server: a place, ports, a way to its image, an instance.

Undoing goes right to left. A cluster that turns out to have no room sends the saga back to the
first step, which finds another; when there is none, everything is taken back and the user reads
why in the server's fault.
"""

from typing import Final

from pydantic import SecretStr

from services.compute.domain.differences import server_tag
from services.compute.domain.lifecycle import Action
from services.compute.domain.outcomes import (
    AFTER_CREATE,
    MOST_REPEATS,
    MOST_ROUNDS,
    PASSING,
    Next,
    pause_before,
    pause_before_round,
)
from services.compute.domain.server import Server
from services.compute.domain.server_group import APART
from services.compute.effects.cloud import (
    NO_VALID_HOST,
    Cloud,
    explained,
    explanation,
    request_of,
    subject_of,
    tries_of,
)
from services.compute.effects.ports import await_wiring, drop_ports, make_ports, nic_specs
from services.compute.effects.root_disk import disks_of, template_of, told_of
from services.compute.effects.seeds import get_seed, seed_disk, seed_secrets
from services.compute.effects.submitting import Failed, await_job, first_node, submit
from services.compute.effects.volumes import (
    attach_the_rest,
    connect_volumes,
    give_volumes_back,
    have_volumes,
    use_volumes,
)
from services.compute.usecases import guests, progress
from services.compute.usecases.progress import Ended
from shared.clock import utcnow
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import Cluster, Query
from shared.contracts.image import ImageTicket
from shared.contracts.operations import InstanceCreate, InstanceDelete
from shared.db.sagas import AWAITS
from shared.errors import BadInput, Conflict, NotFound
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, Step, Wait

NAME: Final = "compute.create_server"
MOST_REMOVALS: Final = 50  # jobs that may fail before an undo is left to the runner's long pauses
UNDO_PAUSE: Final = 1.0  # seconds between looks at a job of an undo, which nobody is woken for
AWAY: Final = "The clusters that have room for it do not answer."
HYPERVISOR: Final = "ganeti:hv:"


async def place(cloud: Cloud, notes: Notes) -> Notes:
    """Find a cluster, unless the accepting transaction found one that was not tried yet."""
    _require_pause(notes)
    tried = frozenset(notes.get("tried", ()))
    cluster, is_away = None, False
    if len(tried) < cloud.tries:
        try:
            cluster = await progress.place(
                cloud.transaction, subject_of(notes), tried, cloud.placing
            )
        except progress.Away:
            is_away = True
    if cluster is None:
        raise _next_round(notes, is_away=is_away)
    return {"cluster": cluster, "attempt": 0, "not_before": None, "nothing_there": False}


def _next_round(notes: Notes, *, is_away: bool) -> Exception:
    """Return what follows when no cluster is left: those whose trouble passes, or no more."""
    silent, number = notes.get("silent", ()), notes.get("rounds", 0) + 1
    if not (silent or is_away) or number > MOST_ROUNDS:
        why = AWAY if is_away else str(notes.get("last_failure") or "")
        return GiveUp(explained(NO_VALID_HOST, why))
    learned = {
        "tried": [each for each in notes.get("tried", ()) if each not in silent],
        "forgotten": notes.get("forgotten", 0) + len(silent),
        "silent": [],
        "rounds": number,
        "not_before": utcnow().timestamp() + pause_before_round(number),
    }
    return Rewind("place", learned)


def _require_pause(notes: Notes) -> None:
    """Let through what need not wait any more.

    Raises:
        Wait: for as long as it has to.
    """
    left = (notes.get("not_before") or 0.0) - utcnow().timestamp()
    if left > 0:
        raise Wait(left)


async def give_place_back(cloud: Cloud, notes: Notes) -> None:
    """Let go of the place."""
    await progress.give_place_back(cloud.transaction, subject_of(notes))


async def get_ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image; it is secret, so the notes hold it sealed."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    if server.image_id is None:
        return {"ticket": None}
    cluster = await _cluster(cloud, notes)
    try:
        ticket = await cloud.images.ticket(
            str(server.image_id), cluster.image_url_base, request_of(notes)
        )
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {server.image_id} could not be used.") from refused
    return {"ticket": cloud.secrets.seal(ticket.model_dump_json())}


async def _cluster(cloud: Cloud, notes: Notes) -> Cluster:
    found = await progress.cluster_of(cloud.transaction, notes["cluster"])
    if found is None:
        raise _elsewhere(notes, "The cluster is gone.")
    return found


async def make_instance(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the instance to Ganeti."""
    _require_pause(notes)
    server = await progress.read(cloud.transaction, subject_of(notes))
    cluster = await _cluster(cloud, notes)
    group = await progress.group_policy(cloud.transaction, server.group_id)
    operation = instance_of(cloud, server, cluster, notes, group)
    operation = with_seed(cloud, server, cluster, operation, notes)
    try:
        learned = await submit(cloud, notes, cluster.name, operation, *_round(notes), "instance")
    except Failed as failed:
        return await _next(cloud, notes, failed)
    except NotFound as unknown:
        raise _elsewhere(notes, unknown.message, nothing_there=True) from unknown
    return {**learned, "nothing_there": False}


def _round(notes: Notes) -> tuple[int, int]:
    return tries_of(notes), notes.get("attempt", 0)


def instance_of(
    cloud: Cloud,
    server: Server,
    cluster: Cluster,
    notes: Notes,
    group: str | None,
) -> InstanceCreate:
    """Return the instance that is the server."""
    specs = server.flavor.extra_specs
    ticket = None
    if server.image_id is not None:
        ticket = ImageTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))
    tags = [server_tag(server.id)]
    if group == APART and cloud.placing.group_tag_prefix in cluster.exclusion_prefixes:
        tags.append(f"{cloud.placing.group_tag_prefix}:{server.group_id}")
    return InstanceCreate(
        instance=cloud.instance(server.id),
        vcpus=server.flavor.vcpus,
        memory=server.flavor.ram,
        disk_template=template_of(server, cluster, notes),
        disks=disks_of(server, ticket, notes),
        nics=nic_specs(server, notes["ports"]),
        os=specs.get("ganeti:os") or cloud.os_type or cluster.os,
        os_parameters=told_of(server, ticket),
        os_secrets={} if ticket is None else {"image_url": ticket.url},
        hypervisor_parameters={
            name.removeprefix(HYPERVISOR): value
            for name, value in specs.items()
            if name.startswith(HYPERVISOR)
        },
        tags=tags,
        node=server.node or notes.get("near_volumes"),
    )


def with_seed(
    cloud: Cloud, server: Server, cluster: Cluster, operation: InstanceCreate, notes: Notes
) -> InstanceCreate:
    """Return the instance with the disk that tells its guest who it is, where there is one."""
    disk = seed_disk(cloud, server, cluster)
    told = {name: SecretStr(each) for name, each in seed_secrets(cloud, notes).items()}
    if disk is None or not told:
        return operation
    return operation.model_copy(
        update={
            "disks": [*operation.disks, disk],
            "os_parameters": operation.os_parameters | {"seed_disk": disk.name},
            "os_secrets": operation.os_secrets | told,
        }
    )


async def remove_instance(cloud: Cloud, notes: Notes) -> None:
    """Have no such instance on the cluster that was tried, and wait until that is so."""
    if "cluster" not in notes or notes.get("nothing_there"):
        return None
    for attempt in range(MOST_REMOVALS):
        try:
            return await _remove(cloud, notes, attempt)
        except NotFound:  # the cluster was taken out of the cloud
            return None
        except Failed as failed:
            if failed.failure is Failure.NOT_FOUND:
                return None
            if not failed.began:
                raise
    raise RuntimeError(f"The instance could not be removed in {MOST_REMOVALS} attempts.")


async def _remove(cloud: Cloud, notes: Notes, attempt: int) -> None:
    operation = InstanceDelete(instance=cloud.instance(subject_of(notes)))
    parts = (*_round(notes), "undo", attempt)
    learned = await submit(cloud, notes, notes["cluster"], operation, *parts)
    await await_job(cloud, {**notes, **learned}, UNDO_PAUSE)


async def await_instance(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for Ganeti's job; what was only needed to make the instance is forgotten then."""
    came = await _what_came(cloud, notes)
    return {**came, "ticket": None, "seed": None, "seed_url": None, AWAITS: None}


async def _what_came(cloud: Cloud, notes: Notes) -> Notes:
    try:
        ended = await await_job(cloud, notes)
    except Failed as failed:
        return await _next(cloud, notes, failed)
    if ended is None:  # there is something, and no job to tell whether it is whole
        return await _next(cloud, notes, Failed(Failure.UNKNOWN_OUTCOME, ""))
    return {"node": first_node(ended.result), "ended": ended.job_id}


async def _next(cloud: Cloud, notes: Notes, failed: Failed) -> Notes:
    """Decide by the table what a failure leads to; returns only when the instance is there."""
    move = AFTER_CREATE[failed.failure]
    if move is Next.LOOK:
        node = await _find_instance(cloud, notes)
        if node is not None:
            return {"job": None, "node": node, "ended": None, AWAITS: None}
        move = Next.AGAIN
    attempt = notes.get("attempt", 0) + 1
    if move is Next.GIVE_UP:
        raise GiveUp(explained("The instance could not be created.", failed.text))
    if move is Next.ELSEWHERE or attempt > MOST_REPEATS:
        is_passing = failed.began and failed.failure in PASSING
        raise _elsewhere(notes, failed.text, nothing_there=not failed.began, is_passing=is_passing)
    later = utcnow().timestamp() + pause_before(attempt)
    again = {"attempt": attempt, "not_before": later, "nothing_there": not failed.began}
    raise Rewind("instance", again)


def _elsewhere(
    notes: Notes, why: str, *, nothing_there: bool = False, is_passing: bool = False
) -> Rewind:
    """Return the way back to the first step.

    Args:
        notes: of the saga.
        why: what went wrong here.
        nothing_there: whether no job ever was, and nothing is to be removed.
        is_passing: whether it is worth another try once all others were tried.
    """
    tried = [*notes.get("tried", ()), notes["cluster"]]
    learned = {"tried": tried, "last_failure": why, "nothing_there": nothing_there}
    if is_passing:
        learned["silent"] = [*notes.get("silent", ()), notes["cluster"]]
    return Rewind("place", learned)


async def _find_instance(cloud: Cloud, notes: Notes) -> str | None:
    """Return the node of the instance; None when there is none, or one that is not whole.

    Ganeti has it in its configuration before its disks are written, and wants it up only then:
    one that a dying master left before that is nobody's server.
    """
    name = cloud.instance(subject_of(notes))
    answer = await cloud.gateway.query(
        notes["cluster"],
        "instance",
        Query(fields=["name", "pnode", "admin_state", "status"], filter=["=", "name", name]),
    )
    for _name, (_, node), (_, wanted), (_, status) in answer.rows:
        if wanted == "up" and status != "ERROR_down":
            return str(node)
    return None


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the server runs."""
    ended = Ended(job=notes.get("ended"), node=notes.get("node"))
    await progress.settle(cloud.transaction, subject_of(notes), Action.CREATE, ended, cloud.secrets)
    await attach_the_rest(cloud, notes)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why there is no server."""
    message, details = explanation(notes)
    await progress.settle_failed(
        cloud.transaction,
        subject_of(notes),
        Action.CREATE,
        message,
        request_of(notes),
        details,
    )
    await guests.told(cloud.transaction, cloud.secrets, subject_of(notes))


CREATE_SERVER: Final[Saga[Cloud]] = Saga(
    name=NAME,
    steps=(
        Step("place", place, give_place_back, is_light=True),
        Step("volumes", have_volumes, give_volumes_back, is_light=True),
        Step("ports", make_ports, drop_ports),
        Step("wiring", await_wiring, is_light=True),
        Step("connect", connect_volumes, is_light=True),
        Step("ticket", get_ticket, is_light=True),
        Step("seed", get_seed),
        Step("instance", make_instance, remove_instance),
        Step("job", await_instance, is_light=True),
        Step("use", use_volumes, is_light=True),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)

"""Facts about Ganeti: what the watcher saw of jobs and instances.

Jobs are keyed (cluster, epoch, job id): ids may repeat after a failover, and the epoch says
which history an id belongs to. Order among the facts about one job is the rank of its status,
never a clock.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from shared.contracts.base import Fact


class JobStatus(StrEnum):
    """Ganeti's own job states, spelled as Ganeti spells them, and one of ours."""

    QUEUED = "queued"
    WAITING = "waiting"
    CANCELING = "canceling"
    RUNNING = "running"
    CANCELED = "canceled"
    SUCCESS = "success"
    ERROR = "error"
    LOST = "lost"  # ours: the master no longer knows the job; what it did must be looked up


# A job never changes again once it is in one of these.
FINAL: Final = frozenset({JobStatus.CANCELED, JobStatus.SUCCESS, JobStatus.ERROR, JobStatus.LOST})
RANK: Final = {
    JobStatus.QUEUED: 0,
    JobStatus.WAITING: 1,
    JobStatus.RUNNING: 2,
    JobStatus.CANCELING: 3,
    JobStatus.CANCELED: 9,
    JobStatus.SUCCESS: 9,
    JobStatus.ERROR: 9,
    JobStatus.LOST: 9,
}


# What a change of devices says in the result of a job that is a success all the same.
UNPLUGGED: Final = frozenset({"hotplug:failed", "assemble:failed"})


def hotplug_failed(results: Sequence[Any]) -> bool:
    """Whether a running instance did not take a device change, though its job is a success.

    The configuration has the change then, and the instance gets it at its next start.

    Args:
        results: ``JobObserved.result``: per opcode, a list of ``[what, change]``.
    """
    changes = [each for result in results if isinstance(result, list | tuple) for each in result]
    return any(
        isinstance(each, list | tuple) and len(each) == 2 and str(each[1]) in UNPLUGGED
        for each in changes
    )


class Failure(StrEnum):
    """Why a job or a submission failed, in classes that say what to do next."""

    NO_CAPACITY = "no_capacity"  # try another cluster
    BUSY = "busy"  # locks or a race; the same cluster again, later
    POLICY = "policy"  # outside the cluster's instance policy; do not retry
    EXISTS = "exists"  # the name is taken
    NOT_FOUND = "not_found"  # the instance or network is unknown
    WRONG_STATE = "wrong_state"  # node, network or instance is not in the needed state
    BAD_REQUEST = "bad_request"  # Ganeti refused the parameters; a bug or a bad flavor
    ENVIRONMENT = "environment"  # node, network, OS script or storage trouble; try elsewhere
    UNKNOWN_OUTCOME = "unknown_outcome"  # look at the instance before doing anything
    MAINTENANCE = "maintenance"  # the cluster's queue is drained or the cluster is offline
    UNREACHABLE = "unreachable"  # the cluster does not answer, or a node does not answer it
    CANCELED = "canceled"


class JobFailure(BaseModel):
    """Why a job failed: the class for machines, the text for administrators."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    failure: Failure
    code: str | None = None  # Ganeti's own ecode
    text: str = ""


class JobObserved(Fact):
    """The watcher saw a job in a status it had not seen it in before.

    Its last status goes by ``ganeti.job.ended``: nearly all who listen wait for that alone, and
    it is a quarter of what there is to tell.
    """

    resource: ClassVar[str] = "ganeti.job"
    ENDED: ClassVar[str] = "ended"

    cluster: str
    epoch: int
    job_id: int
    status: JobStatus
    summary: list[str] = []  # one per opcode, e.g. INSTANCE_CREATE(cyc-…)
    instance: str | None = None  # the instance it works on, when it is one
    network: str | None = None
    submission: str | None = None  # our key, when the job is ours
    error: JobFailure | None = None
    result: list[Any] = []  # opresult of a successful job
    at: str | None = None  # RFC 3339, Ganeti's clock: for people, not for ordering

    @property
    @override
    def topic(self) -> str:
        return f"{self.resource}.{self.ENDED if self.status in FINAL else self.verb}"

    @property
    @override
    def subject(self) -> str:
        return f"{self.cluster}:{self.job_id}"

    @property
    @override
    def order(self) -> int:
        return self.epoch * 100 + RANK[self.status]


class NicObserved(BaseModel):
    """One NIC of an instance, as Ganeti has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None  # the port's id, for ours
    uuid: str | None = None
    mac: str | None = None
    ip: str | None = None
    network: str | None = None


class DiskObserved(BaseModel):
    """One disk of an instance, as Ganeti has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None  # the volume's id, for ours
    uuid: str | None = None
    size: int | None = None  # MiB


class InstanceObserved(Fact):
    """An instance is now as described, or is no longer there (``present`` false)."""

    resource: ClassVar[str] = "ganeti.instance"

    cluster: str
    name: str
    sequence: int  # of the watcher, per instance: only ever grows
    present: bool = True
    uuid: str | None = None
    status: str | None = None  # running, ADMIN_down, USER_down, ERROR_down, …
    admin_state: str | None = None
    oper_state: bool | None = None
    node: str | None = None  # primary node
    secondaries: list[str] = []
    vcpus: int | None = None
    memory: int | None = None  # MiB
    nics: list[NicObserved] = []
    disks: list[DiskObserved] = []
    network_port: int | None = None  # where the console listens
    tags: list[str] | None = None
    # What the hypervisor is told to boot from (disk, cdrom, …); ``image``: an image of ours, by
    # its secret address, as a rescue does. None: the hypervisor has no such choice.
    boots: str | None = None
    job_id: int | None = None  # the job whose end made the watcher look, if one did

    @property
    @override
    def subject(self) -> str:
        return f"{self.cluster}:{self.name}"

    @property
    @override
    def order(self) -> int:
        return self.sequence


class JobProgressed(Fact):
    """A job that takes long wrote to its log; lines that nobody saw in time are left out."""

    resource: ClassVar[str] = "ganeti.progress"

    cluster: str
    epoch: int
    job_id: int
    serial: int  # of the newest line: only ever grows
    instance: str | None = None
    text: str = ""
    percent: float | None = None

    @property
    @override
    def subject(self) -> str:
        return f"{self.cluster}:{self.job_id}"

    @property
    @override
    def order(self) -> int:
        return self.epoch * 1_000_000 + self.serial


class WatchState(StrEnum):
    """How well a cluster is being followed."""

    FOLLOWING = "following"
    BEHIND = "behind"  # catching up with what happened while nobody looked
    SILENT = "silent"  # it cannot be asked
    STUCK = "stuck"  # it answers, but its queue does not move


class WatchChanged(Fact):
    """A cluster is followed better or worse than before."""

    resource: ClassVar[str] = "ganeti.watch"

    verb: str = "changed"
    cluster: str
    sequence: int
    state: WatchState
    reason: str = ""
    lag_seconds: float | None = None  # from the end of the last job that ended to its fact
    behind_jobs: int = 0  # ids known to be there that were not looked at yet
    drift: int | None = None  # instances that had changed without a job, at the last look
    last_fact_at: float | None = None  # when something was told of it last, Unix time

    @property
    @override
    def subject(self) -> str:
        return self.cluster

    @property
    @override
    def order(self) -> int:
        return self.sequence


class EpochChanged(Fact):
    """A cluster's job history broke (failover, re-creation): look everything up again."""

    resource: ClassVar[str] = "ganeti.epoch"

    verb: str = "changed"
    cluster: str
    epoch: int
    reason: str

    @property
    @override
    def subject(self) -> str:
        return self.cluster

    @property
    @override
    def order(self) -> int:
        return self.epoch

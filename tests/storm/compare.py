"""What was published, held against what really happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from shared.contracts.ganeti import FINAL, RANK, JobStatus

SHOWN: Final = 5  # examples of each kind of fault


class Transition(NamedTuple):
    """A job got into a status; `at` is when, in seconds since the epoch."""

    cluster: str
    job_id: int
    status: str
    at: float
    instances: tuple[str, ...] = ()


class Heard(NamedTuple):
    """A transition as it was published, and when it was heard."""

    cluster: str
    job_id: int
    status: str
    at: float
    message: str
    told: float = 0.0  # when the watcher wrote it down


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Where both differ; all empty when all is well."""

    transitions: int = 0
    repeated: int = 0  # deliveries of a message that had been delivered before: allowed
    missing: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    published_twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)  # seconds, of the ends of jobs
    noticed: list[float] = field(default_factory=list)  # of these, until it was written down
    late_until: float = 0.0  # when the last one was heard that was late

    @property
    def faults(self) -> dict[str, int]:
        """How many there are of each kind."""
        kinds = ("missing", "invented", "published_twice", "out_of_order")
        return {kind: len(getattr(self, kind)) for kind in kinds}

    @property
    def examples(self) -> list[str]:
        """A few of the faults, in words."""
        found = []
        for kind in self.faults:
            found += [f"{kind}: {each}" for each in getattr(self, kind)[:SHOWN]]
        return found


def transitions_of(cluster: str, history: Iterable[Sequence[Any]]) -> list[Transition]:
    """Read the simulator's history; of several opcodes in one status the first counts."""
    found: dict[tuple[int, str], Transition] = {}
    for _seq, at, job_id, _received, _index, _opcode, status, instances in history:
        found.setdefault(
            (job_id, status), Transition(cluster, job_id, status, at, tuple(instances))
        )
    return list(found.values())


def compare(truth: Sequence[Transition], heard: Sequence[Heard], late: float) -> Verdict:
    """Hold what was heard against the truth.

    Args:
        truth: in the order in which it happened, cluster by cluster.
        heard: in the order in which it was heard.
        late: from how many seconds on an end was heard late.
    """
    verdict = Verdict(transitions=len(truth))
    first = _first_hearings(heard, verdict)
    expected = {each[:3] for each in truth}
    verdict.missing = [_named(key) for key in sorted(expected - first.keys())]
    verdict.invented = [_named(key) for key in sorted(first.keys() - expected)]
    verdict.out_of_order = [*_within_jobs(first), *_within_instances(truth, first)]
    for each in truth:
        known = first.get(each[:3])
        if known is not None and each.status in FINAL:
            verdict.lags.append(known.at - each.at)
            verdict.noticed.append(known.told - each.at)
            if known.at - each.at > late:
                verdict.late_until = max(verdict.late_until, known.at)
    return verdict


Key = tuple[str, int, str]


def _first_hearings(heard: Sequence[Heard], verdict: Verdict) -> dict[Key, Heard]:
    """Each transition once, in order; deliveries of one message again are only counted."""
    first: dict[Key, Heard] = {}
    messages: Counter[str] = Counter()
    for each in heard:
        messages[each.message] += 1
        if messages[each.message] > 1:
            verdict.repeated += 1
        elif each[:3] in first:
            verdict.published_twice.append(_named(each[:3]))
        else:
            first[each[:3]] = each
    return first


def _within_jobs(first: dict[Key, Heard]) -> list[str]:
    """Jobs whose statuses were not told in their order."""
    ranks: dict[tuple[str, int], int] = {}
    wrong = []
    for key in first:
        rank = RANK[JobStatus(key[2])]
        if rank < ranks.get(key[:2], -1):
            wrong.append(_named(key))
        ranks[key[:2]] = rank
    return wrong


def _within_instances(truth: Sequence[Transition], first: dict[Key, Heard]) -> list[str]:
    """Instances whose jobs' ends were not told in the order in which they came."""
    places = {key: place for place, key in enumerate(first)}
    ends: defaultdict[tuple[str, str], list[Transition]] = defaultdict(list)
    for each in truth:
        for name in each.instances if each.status in FINAL else ():
            ends[each.cluster, name].append(each)
    wrong = []
    for about in ends.values():
        told = [places[each[:3]] for each in about if each[:3] in places]
        if told != sorted(told):
            wrong.append(f"{about[0].cluster} {about[0].instances[0]}")
    return wrong


def _named(key: Key) -> str:
    return f"{key[0]} job {key[1]} {key[2]}"

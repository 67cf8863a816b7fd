"""What was told of the instances of a cluster, and what is news against it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.ganeti_watcher.domain.instances import GONE, digest, in_trouble, name_of
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.instance_rows import absent, observed

Row = Sequence[tuple[int, Any]]


class Kept(NamedTuple):
    """What was told of one instance last."""

    sequence: int
    digest: bytes
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is to be told of instances, and what will have been told then."""

    facts: Sequence[InstanceObserved] = ()
    kept: Mapping[str, Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What one look at all instances showed that the next must show again to be believed."""

    trouble: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def touched(
    cluster: str, known: Mapping[str, Kept], names: Collection[str], rows: Sequence[Row]
) -> News:
    """Return the news of instances whose jobs have ended.

    Args:
        cluster: which.
        known: what was told.
        names: the instances that were asked for.
        rows: those that are there.
    """
    found = {name_of(row): row for row in rows}
    return _news(cluster, known, {name: found.get(name) for name in names})


def everyone(
    cluster: str,
    known: Mapping[str, Kept],
    rows: Sequence[Row],
    doubts: Doubts,
    settled: Collection[str] = (),
) -> tuple[News, Doubts]:
    """Return the news in a look at all instances, and what it makes doubtful.

    Trouble is told when two looks in a row show it: Ganeti restarts what crashed. So is the
    absence of an instance, since a removal tells of itself by its job.

    Args:
        cluster: which.
        known: what was told.
        rows: all instances.
        doubts: of the look before.
        settled: instances told about since the question was asked: this answer is older.
    """
    found = {name_of(row): row for row in rows}
    trouble = frozenset(name for name, row in found.items() if in_trouble(row))
    gone = frozenset(name for name, kept in known.items() if kept.present and name not in found)
    sure: dict[str, Row | None] = {
        name: row
        for name, row in found.items()
        if name not in settled and (name not in trouble or name in doubts.trouble)
    }
    sure.update({name: None for name in gone & doubts.gone if name not in settled})
    return _news(cluster, known, sure), Doubts(trouble=trouble, gone=gone)


def _news(cluster: str, known: Mapping[str, Kept], seen: Mapping[str, Row | None]) -> News:
    facts: list[InstanceObserved] = []
    kept: dict[str, Kept] = {}
    for name, row in seen.items():
        before = known.get(name)
        new = GONE if row is None else digest(row)
        if new == (GONE if before is None else before.digest):
            continue
        sequence = 1 if before is None else before.sequence + 1
        fact = absent(cluster, name) if row is None else observed(cluster, row)
        facts.append(fact.model_copy(update={"sequence": sequence}))
        kept[name] = Kept(sequence, new, row is not None)
    return News(facts=facts, kept=kept)

"""Shows and lists of the four APIs, each in turns with the prototype's."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from tests.bench.budget import Budget
from tests.bench.measuring import Target, in_turns
from tests.bench.report import Figure, is_busy
from tests.bench.rig import Rig
from tests.bench.seed import fill
from tests.bench.subjects import SUBJECTS, Read, Subject
from tests.bench.yardstick import running_prototype
from tests.parts.cloud import SERVICES
from tests.parts.site import DEMO

GROWTH: Final = Budget(times=1.3)


class NotEnough(Exception):
    """A page came back with fewer rows than it should have."""


def reads(rig: Rig, sizes: Sequence[int]) -> Iterator[Figure]:
    """Measure every read with so many rows in the table; then how it grows with them.

    The processes are those that answer, as they are where there is more than one: what the
    workers do meanwhile is no read's cost.
    """
    rig.allow_plenty()
    likes = {subject.kind: subject.make(rig) for subject in SUBJECTS}
    for service in SERVICES:  # all of them: they share the database whose CPU is counted
        rig.restart(service, "api")
    documents = {each.kind: _document(rig, each, likes[each.kind]) for each in SUBJECTS}
    figures: list[Figure] = []
    with running_prototype(rig, documents) as prototype:
        for subject in SUBJECTS:
            for rows in sorted(sizes):
                for figure in _at(rig, prototype, subject, likes[subject.kind], rows):
                    figures.append(figure)
                    yield figure
    yield from _growth(figures, sorted(sizes))


def _at(rig: Rig, prototype: Target, subject: Subject, like: str, rows: int) -> Iterator[Figure]:
    url = rig.cloud.environment[f"CYCLADES_{subject.service.upper()}_DATABASE_URL"]
    one = asyncio.run(fill(url, subject.filling, like, rows))
    rig.database.run("CHECKPOINT")  # what was written is no read's cost
    ours = Target(
        url=rig.cloud.url(subject.service), pids=rig.pids(subject.service), headers=rig.headers
    )
    for read in subject.reads:
        path = read.path.format(id=one)
        theirs = read.prototype.format(kind=subject.kind)
        runs = in_turns(
            read.requests, read.clients, {"ours": (ours, path), "theirs": (prototype, theirs)}
        )
        us, them = runs["ours"], runs["theirs"]
        _require_whole(read, us.timings[0].answer_bytes, them.timings[0].answer_bytes)
        per_second, its = us.middle("per_second"), them.middle("per_second")
        by_cpu, measured = round(100 * them.cpu_ms / us.cpu_ms), round(100 * per_second / its)
        yield Figure(
            scenario=read.name,
            rows=rows,
            clients=read.clients,
            requests=us.requests,
            per_second=per_second,
            p50_ms=us.middle("p50_ms"),
            p99_ms=us.middle("p99_ms"),
            cpu_ms=us.cpu_ms,
            prototype_cpu_ms=them.cpu_ms,
            prototype_per_second=its,
            share_by_cpu=by_cpu,
            share_measured=measured,
            share=by_cpu if is_busy() else measured,
            budget=read.budget,
            refused=us.refused,
        )


def _document(rig: Rig, subject: Subject, like: str) -> bytes:
    """Return the document of one as our service answers it, without what is around it."""
    path = subject.reads[0].path.format(id=like)
    answer = rig.cloud.call("GET", subject.service, path, who=DEMO, headers=rig.headers)
    assert answer.status_code == 200, answer.text
    return answer.content.removeprefix(subject.envelope).removesuffix(
        b"}" if subject.envelope else b""
    )


def _require_whole(read: Read, ours: int, theirs: int) -> None:
    """See to it that both answer the same number of rows: half a page is no fast page."""
    if not 0.8 < ours / theirs < 1.25:
        raise NotEnough(f"{read.name}: {ours} bytes, the prototype's {theirs}")


def _growth(figures: Sequence[Figure], sizes: Sequence[int]) -> Iterator[Figure]:
    """Compare the most rows with the least, for shows and short lists.

    The prototype's rows are as many each time: what its CPU changed by meanwhile is the machine's.
    """
    by_name = {(each.scenario, each.rows): each for each in figures}
    for scenario in dict.fromkeys(each.scenario for each in figures if each.clients != 1):
        least, most = by_name[scenario, sizes[0]], by_name[scenario, sizes[-1]]
        if least is not most:
            yield Figure(
                scenario=f"{scenario}: {sizes[0]:,} to {sizes[-1]:,} rows",
                times=round(_beside(most) / _beside(least), 2),
                budget=GROWTH,
            )


def _beside(figure: Figure) -> float:
    """Return the CPU of a figure in units of the prototype's."""
    return (figure.cpu_ms or 0) / (figure.prototype_cpu_ms or 1) or 1

"""Finding jobs: live ones by what a filter says about ids, archived ones by their id."""

from typing import Any

import pytest

from deploy.simulator.jobs.book import JobBook
from deploy.simulator.model import Cluster, Job, Op


def _book(kept: int = 10) -> JobBook:
    cluster = Cluster(name="c", uuid="u", mac_prefix="aa:00:00", ctime=0, mtime=0)
    book = JobBook(cluster, kept)
    for number in (3, 1, 2, 5):
        op = Op(input={"OP_ID": "OP_TAGS_SET"}, status="success", result=[None, "x"])
        book.add(Job(id=number, ops=[op], received=(1, 2), end=(3, 4)))
    return book


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (None, [1, 2, 3, 5]),
        ([">", "id", 2], [3, 5]),
        ([">=", "id", 2], [2, 3, 5]),
        (["<", "id", 2], [1]),
        (["<=", "id", 2], [1, 2]),
        (["=", "id", 4], []),
        (["|", [">", "id", 3], ["=", "id", 1]], [1, 5]),
        (["&", [">", "id", 1], ["<", "id", 4]], [2, 3]),
        (["&", [">", "id", 1], ["=", "status", "error"]], [2, 3, 5]),
        (["|", [">", "id", 3], ["=", "status", "error"]], [1, 2, 3, 5]),
        (["=", "status", "error"], [1, 2, 3, 5]),
        (["!", [">", "id", 2]], [1, 2, 3, 5]),
    ],
)
def test_only_jobs_that_can_match_are_loaded(raw: Any, ids: list[int]) -> None:
    assert [job.id for job in _book().within(raw)] == ids


def test_an_archived_job_is_found_as_it_was() -> None:
    book = _book()
    before = book.find(2)
    assert book.archive(0) == 4
    assert book.live() == []
    assert book.find(2) == before
    assert before is not None
    assert before.archived


def test_the_oldest_archived_jobs_give_way() -> None:
    book = _book(kept=2)
    book.archive(0)
    assert book.numbers() == [3, 5]
    assert book.purge(0) == 2
    assert book.numbers() == []


def test_a_saved_cluster_of_before_keeps_its_archived_jobs() -> None:
    cluster = Cluster(name="c", uuid="u", mac_prefix="aa:00:00", ctime=0, mtime=0)
    cluster.jobs[1] = Job(id=1, ops=[], received=(1, 0), end=(2, 0), archived=True)
    book = JobBook(cluster, 10)
    assert book.live() == []
    assert book.find(1) is not None

"""What an agent says has a cluster looked at, and is never believed."""

from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.watch.asking import FEW
from services.ganeti_watcher.watch.doorbell import Doorbell
from tests.parts.watching import Rapi, Watched


async def test_a_hinted_end_is_told_with_its_instance_before_it(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1")
    await rapi.ended(job_id)
    facts = await watched.look(Hint(job_id, ended=True, instance="cyc-1"))
    assert facts[0]["name"] == "cyc-1"
    assert [fact["status"] for fact in facts[1:]] == ["queued", "waiting", "running", "success"]
    assert facts[-1]["result"], "what it came to was asked at the same time"


async def test_a_hint_about_an_end_that_was_none_ends_nothing(rapi: Rapi, watched: Watched) -> None:
    job_id = await rapi.create("cyc-1")
    wrong = [Hint(job_id, ended=True, instance="cyc-1"), Hint(999_999, ended=True, instance="no")]
    facts = await watched.look(*wrong)
    if not any(fact.get("status") == "success" for fact in facts):
        facts += await watched.until_ended(job_id)
    told = [fact["status"] for fact in facts if "job_id" in fact and "summary" in fact]
    assert told == ["queued", "waiting", "running", "success"]


async def test_a_job_that_was_not_hinted_does_not_pass_for_seen(
    rapi: Rapi, watched: Watched
) -> None:
    """The instance was read before the second job ended: it is read again."""
    first = await rapi.create("cyc-1")
    await rapi.ended(first)
    second = await rapi.submit("PUT", "/2/instances/cyc-1/shutdown")
    await rapi.ended(second)
    facts = await watched.look(Hint(first, ended=True, instance="cyc-1"))
    assert [fact["status"] for fact in facts if "name" in fact] == ["ADMIN_down"]


async def test_few_hints_are_one_question_for_jobs_and_one_for_instances(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1")
    await rapi.ended(job_id)
    rapi.asked.clear()
    await watched.look(Hint(job_id, ended=True, instance="cyc-1"))
    assert sorted(rapi.asked) == ["instance", "job"]


async def test_many_hints_do_not_have_the_results_of_running_jobs_loaded(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1")
    await rapi.ended(job_id)
    others = [Hint(1_000_000 + each, ended=True) for each in range(FEW)]
    facts = await watched.look(Hint(job_id, ended=True, instance="cyc-1"), *others)
    assert rapi.asked.count("job") > 1
    assert facts[-1]["result"]


async def test_a_bell_wakes_and_gives_each_hint_once() -> None:
    bell = Doorbell()
    bell.ring([Hint(1), Hint(1, ended=True), Hint(2)])
    await bell.wait(60)
    assert bell.take() == [Hint(1, ended=True), Hint(2)]
    assert bell.take() == []
    await bell.wait(0)

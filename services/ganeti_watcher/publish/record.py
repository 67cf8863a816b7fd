"""Writes what a look led to: cursor, observations and facts, in one commit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.ganeti_watcher.domain.cursor import Cursor
from services.ganeti_watcher.store.stores import Transaction
from shared.contracts.ganeti import InstanceObserved, JobObserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a cluster showed."""

    jobs: Sequence[JobObserved] = ()
    instances: Sequence[InstanceObserved] = ()
    everyone: Collection[str] | None = None  # all instance names, after a look at all of them


async def record(
    transaction: Transaction,
    cluster: str,
    cursors: tuple[Cursor | None, Cursor],
    fence: int,
    seen: Seen,
) -> int:
    """Have the facts published and the cursor moved, or neither; return how many facts there are.

    Instances go before jobs: whoever waits for a job's end then knows already what came of it.

    Args:
        transaction: of the watcher's database.
        cluster: which.
        cursors: what is stored, and what is to be stored.
        fence: proof that the cluster is ours to watch.
        seen: what was seen.

    Raises:
        shared.errors.StaleWrite: another replica has taken the cluster over; nothing was written.
    """
    before, after = cursors
    async with transaction() as stores:
        await stores.cursors.save(cluster, before, after, fence)
        news = await stores.instances.news(cluster, seen.instances, seen.everyone)
        await stores.outbox.publish(*news, *seen.jobs)
    return len(news) + len(seen.jobs)

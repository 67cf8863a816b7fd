"""How a cluster is followed is news when it changes, with the figures operators ask for."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ganeti_watcher.domain.watching import Standing
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.store.tables import clusters
from shared.contracts.ganeti import WatchChanged, WatchState


async def _told(transaction: Transaction, state: WatchState, fence: int) -> list[WatchChanged]:
    async with transaction() as stores:
        return await stores.states.write({"c": Standing(state=state)}, {"c": fence})


async def test_a_change_is_told_once_with_lag_drift_and_the_last_fact(
    transaction: Transaction, engine: AsyncEngine
) -> None:
    async with transaction() as stores:
        fence = (await stores.leases.hold("one", ["c"])).fences["c"]
    [first] = await _told(transaction, WatchState.FOLLOWING, fence)
    assert (first.lag_seconds, first.drift, first.last_fact_at) == (None, None, None)
    figures = {"lag": 0.25, "behind": 7, "drift": 2, "told_at": sa.func.to_timestamp(1000.5)}
    async with engine.begin() as connection:
        await connection.execute(sa.update(clusters).values(**figures))
    assert await _told(transaction, WatchState.FOLLOWING, fence) == []
    [news] = await _told(transaction, WatchState.BEHIND, fence)
    assert (news.cluster, news.state, news.sequence) == ("c", WatchState.BEHIND, first.sequence + 1)
    assert (news.lag_seconds, news.behind_jobs, news.drift) == (0.25, 7, 2)
    assert news.last_fact_at == 1000.5

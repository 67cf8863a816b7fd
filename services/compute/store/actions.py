"""What was done to servers, and the Ganeti jobs that did it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.store.tables import server_actions as actions
from shared.db.lean import flush, put_off
from shared.db.prepared import Prepared

THIS: Final = sa.and_(
    actions.c.server_id == sa.bindparam("server"), actions.c.request_id == sa.bindparam("request")
)
NOW: Final = sa.bindparam("now", type_=actions.c.updated_at.type)
EVENTS: Final = Prepared(sa.select(actions.c.events).where(THIS).with_for_update())
WRITE_EVENTS: Final = Prepared(
    sa.update(actions).where(THIS).values(events=sa.bindparam("ended", type_=JSONB), updated_at=NOW)
)
ADD_EVENT: Final = Prepared(
    sa.update(actions)
    .where(THIS, ~actions.c.events.contains(sa.bindparam("same", type_=JSONB)))
    .values(events=actions.c.events + sa.bindparam("event", type_=JSONB), updated_at=NOW)
)


class ActionStore:
    """Instance actions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Record actions that begin: server_id, request_id, action, user_id, project_id.

        They are written at the end of the transaction.
        """
        put_off(self._connection, actions, rows, unless_there=True)

    async def record_event(
        self, server_id: UUID, request_id: str, event: Mapping[str, Any], now: datetime
    ) -> None:
        """Add an event to an action, unless it has the one with this ``key``.

        Args:
            server_id: whose action.
            request_id: which action.
            event: key, event, start_time, finish_time, result, details, host.
            now: the moment.
        """
        ADD_EVENT.later(
            self._connection,
            server=server_id,
            request=request_id,
            now=now,
            same=[{"key": event["key"]}],
            event=[dict(event)],
        )

    async def finish_event(
        self,
        server_id: UUID,
        request_id: str,
        key: str,
        changes: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Say how an event ended; nothing when the action has no event with this key."""
        await flush(self._connection)
        which = {"server": server_id, "request": request_id}
        events = await EVENTS.value(self._connection, **which)
        if events is None:
            return
        ended = [
            event | dict(changes) if event["key"] == key and not event["finish_time"] else event
            for event in events
        ]
        await WRITE_EVENTS.count(self._connection, **which, ended=ended, now=now)

    async def fail(self, server_id: UUID, request_id: str, now: datetime) -> None:
        """Say that the action failed, as Nova words it."""
        await flush(self._connection)
        await self._connection.execute(
            sa.update(actions)
            .where(actions.c.server_id == server_id, actions.c.request_id == request_id)
            .values(message="Error", updated_at=now)
        )

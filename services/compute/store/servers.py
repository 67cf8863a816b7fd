"""Writes servers, and reads them to be written; lists and pages are in ``server_reads``."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.server import Server
from services.compute.store.documents import Documents, Renderer
from services.compute.store.rows import row_of, server_of
from services.compute.store.tables import servers
from shared.contracts.resources import CREATED, DELETED, UPDATED, ServerChanged
from shared.db.lean import put_off
from shared.db.prepared import Prepared
from shared.errors import NotFound, StaleWrite

RENDERED = frozenset({"view_min", "view_max", "admin_min", "admin_max"})
COLUMNS = [column for column in servers.c if column.key not in RENDERED]
KEYS = [column.key for column in COLUMNS]
ONE = sa.select(*COLUMNS).where(servers.c.id == sa.bindparam("whose"))
LOOK, FIND = Prepared(ONE), Prepared(ONE.with_for_update())
SAVE = Prepared(
    sa.update(servers)
    .where(servers.c.id == sa.bindparam("new_id"), servers.c.version == sa.bindparam("version"))
    .values({each: sa.bindparam(f"new_{each.key}", type_=each.type) for each in servers.c})
)


def not_found(server_id: object) -> NotFound:
    """Return the one answer for a server that is absent, deleted or another project's."""
    return NotFound(f"Instance {server_id} could not be found.")


class ServerStore:
    """Servers, inside one transaction."""

    def __init__(self, connection: AsyncConnection, render: Renderer) -> None:
        self._connection = connection
        self._render = render

    async def get(self, server_id: UUID, project_id: str | None = None) -> Server:
        """Return a live server, and lock its row until the commit.

        Args:
            server_id: which.
            project_id: whose it must be; None: anybody's.

        Raises:
            NotFound: absent, deleted, or another project's.
        """
        found = await self.find(server_id)
        if found is None or not found.is_visible or project_id not in {None, found.project_id}:
            raise not_found(server_id)
        return found

    async def find(self, server_id: UUID) -> Server | None:
        """Return a server, deleted or not, and lock its row until the commit."""
        row = await FIND.row(self._connection, whose=server_id)
        return None if row is None else server_of(dict(zip(KEYS, row.values(), strict=True)))

    async def look(self, server_id: UUID) -> Server | None:
        """Return a server as it is now, deleted or not; it may change at once."""
        row = await LOOK.row(self._connection, whose=server_id)
        return None if row is None else server_of(dict(zip(KEYS, row.values(), strict=True)))

    async def with_ids(self, ids: Collection[UUID]) -> list[Server]:
        """Return the live servers among these, locked in the order of their ids."""
        if not ids:
            return []
        return await self.those(servers.c.id.in_(list(ids)), servers.c.deleted_at.is_(None))

    async def on_network(self, network_id: str) -> list[Server]:
        """Return the live servers with a NIC in the network, locked."""
        in_network = servers.c.nics.contains([{"network_id": network_id}])
        return await self.those(in_network, servers.c.deleted_at.is_(None))

    async def with_ports(self, port_ids: Collection[str]) -> list[Server]:
        """Return the live servers that have one of these ports, locked."""
        has_port = sa.or_(*(servers.c.nics.contains([{"port_id": each}]) for each in port_ids))
        return await self.those(has_port, servers.c.deleted_at.is_(None))

    async def with_floating(self, floating_id: str, server_id: UUID | None) -> list[Server]:
        """Return the live servers that have a floating IP, and one that is to have it, locked."""
        has = servers.c.floating.contains([{"id": floating_id}])
        wanted = has if server_id is None else sa.or_(has, servers.c.id == server_id)
        return await self.those(wanted, servers.c.deleted_at.is_(None))

    async def those(self, *conditions: sa.ColumnElement[bool]) -> list[Server]:
        """Return the servers that meet the conditions, locked in the order of their ids."""
        asked = sa.select(*COLUMNS).where(*conditions).order_by(servers.c.id)
        return await self._read(asked.with_for_update())

    async def glance(self, ids: Collection[UUID]) -> list[Server]:
        """Return the servers among these as they are, deleted ones too; nothing is locked."""
        return await self._read(sa.select(*COLUMNS).where(servers.c.id.in_(list(ids))))

    async def _read(self, asked: sa.Select[Any]) -> list[Server]:
        keys = [column.key for column in COLUMNS]
        rows = await self._connection.execute(asked)
        return [server_of(dict(zip(keys, row, strict=True))) for row in rows]

    async def add(self, new: Sequence[Server]) -> list[ServerChanged]:
        """Insert servers, at the end of the transaction; return the news of them for the outbox."""
        rows, facts = [], []
        for server in new:
            documents = self._render(server)
            rows.append(row_of(server) | _rendered(documents))
            facts.append(_fact(server, documents, CREATED))
        put_off(self._connection, servers, rows)
        return facts

    async def save(self, changed: Server) -> tuple[Server, ServerChanged]:
        """Write a server over the version it was read at; return it and the news of it.

        Raises:
            StaleWrite: another writer got there first.
        """
        saved = replace(changed, version=changed.version + 1)
        documents = self._render(saved)
        row = row_of(saved) | _rendered(documents)
        values = {f"new_{name}": value for name, value in row.items()}
        if await SAVE.count(self._connection, version=changed.version, **values) != 1:
            raise StaleWrite(f"Server {changed.id} was changed by another request.")
        verb = DELETED if saved.deleted_at is not None else UPDATED
        return saved, _fact(saved, documents, verb)

    async def forget_jobs(self, cluster: str) -> None:
        """Forget which job ended the last action of the cluster's servers: ids begin anew."""
        await self._connection.execute(
            sa.update(servers).where(servers.c.cluster == cluster).values(last_job=None)
        )


def _rendered(documents: Documents) -> dict[str, Any]:
    return {
        "view_min": documents.view_min,
        "view_max": documents.view_max,
        "admin_min": documents.admin_min,
        "admin_max": documents.admin_max,
    }


def _fact(server: Server, documents: Documents, verb: str) -> ServerChanged:
    return ServerChanged(
        verb=verb,
        id=str(server.id),
        project_id=server.project_id,
        version=server.version,
        cluster=server.cluster,
        document=documents.event,
    )

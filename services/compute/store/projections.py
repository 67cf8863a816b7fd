"""Keeps what others told: newer news replaces older, whatever the order of arrival."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.store.tables import clusters, instances, resources
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import PlacedChanged, ResourceChanged
from shared.db.columnwise import columns_of, insert_columns
from shared.db.prepared import Prepared

OBSERVATION: Final = Prepared(
    sa.select(instances.c.fact).where(
        instances.c.cluster == sa.bindparam("where"), instances.c.server_id == sa.bindparam("whose")
    )
)
DOCUMENTS: Final = Prepared(
    sa.select(resources.c.id, resources.c.document).where(
        resources.c.kind == sa.bindparam("kind"),
        resources.c.id == sa.func.any(sa.bindparam("ids", type_=sa.ARRAY(sa.Text))),
        resources.c.gone.is_(False),
    )
)


def _record_resources() -> Prepared:
    names = ("project_id", "cluster", "version", "gone", "document")
    new = insert_columns(resources, ("kind", "id", *names))
    taken = new.on_conflict_do_update(
        index_elements=[resources.c.kind, resources.c.id],
        set_={name: new.excluded[name] for name in names} | {"seen_at": sa.func.now()},
        where=resources.c.version < new.excluded.version,
    )
    return Prepared(taken.returning(resources.c.kind, resources.c.id))


def _record_instances() -> Prepared:
    new = insert_columns(instances, ("cluster", "name", "server_id", "sequence", "fact"))
    return Prepared(
        new.on_conflict_do_update(
            index_elements=[instances.c.cluster, instances.c.name],
            set_={
                "sequence": new.excluded.sequence,
                "fact": new.excluded.fact,
                "seen_at": sa.func.now(),
            },
            where=instances.c.sequence < new.excluded.sequence,
        )
    )


RECORD_RESOURCES: Final = _record_resources()
RECORD_INSTANCES: Final = _record_instances()


class ProjectionStore:
    """The projections, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record_resources(self, facts: Sequence[ResourceChanged]) -> set[tuple[str, str]]:
        """Take in news of neighbours' resources; return (kind, id) of those that are news."""
        newest: dict[tuple[str, str], ResourceChanged] = {}
        for fact in facts:
            key = (fact.resource, fact.id)
            if key not in newest or fact.version > newest[key].version:
                newest[key] = fact
        rows = [
            {
                "kind": kind,
                "id": resource_id,
                "project_id": fact.project_id,
                "cluster": fact.cluster if isinstance(fact, PlacedChanged) else None,
                "version": fact.version,
                "gone": fact.gone,
                "document": fact.document,
            }
            for (kind, resource_id), fact in sorted(newest.items())
        ]
        if not rows:
            return set()
        taken = await RECORD_RESOURCES.rows(self._connection, **columns_of(rows))
        return {(row["kind"], row["id"]) for row in taken}

    async def record_clusters(self, facts: Sequence[ClusterChanged]) -> None:
        """Take in news of clusters; one that was removed is forgotten."""
        for fact in sorted(facts, key=lambda one: one.order):
            cluster = fact.cluster
            new = insert(clusters).values(
                name=cluster.name,
                version=cluster.version,
                state=cluster.state.value,
                availability_zone=cluster.availability_zone,
                document=cluster.model_dump(mode="json"),
            )
            await self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[clusters.c.name],
                    set_={
                        "version": new.excluded.version,
                        "state": new.excluded.state,
                        "availability_zone": new.excluded.availability_zone,
                        "document": new.excluded.document,
                        "seen_at": sa.func.now(),
                    },
                    where=clusters.c.version < new.excluded.version,
                )
            )

    async def record_instances(self, seen: Mapping[UUID, Sequence[InstanceObserved]]) -> None:
        """Take in observations of servers' instances; of each, the highest sequence stays."""
        newest: dict[tuple[str, str], tuple[UUID, InstanceObserved]] = {}
        for server_id, facts in seen.items():
            for fact in facts:
                key = (fact.cluster, fact.name)
                if key not in newest or fact.sequence > newest[key][1].sequence:
                    newest[key] = (server_id, fact)
        rows: list[dict[str, Any]] = [
            {
                "cluster": cluster,
                "name": name,
                "server_id": server_id,
                "sequence": fact.sequence,
                "fact": fact.model_dump(mode="json"),
            }
            for (cluster, name), (server_id, fact) in sorted(newest.items())
        ]
        if not rows:
            return
        await RECORD_INSTANCES.count(self._connection, **columns_of(rows))

    async def statuses(self, cluster: str) -> dict[str, str | None]:
        """Return what is known of a cluster's instances of ours: status by name.

        Those that are not there are left out.
        """
        rows = await self._connection.execute(
            sa.select(instances.c.name, instances.c.fact["status"].astext).where(
                instances.c.cluster == cluster, instances.c.fact["present"].as_boolean()
            )
        )
        return {row[0]: row[1] for row in rows}

    async def correct(self, server_id: UUID, seen: InstanceObserved) -> None:
        """Replace what is known of an instance by what was just seen of it.

        It takes the place of news that never came; the next news, whatever it says, is newer.
        """
        new = insert(instances).values(
            cluster=seen.cluster,
            name=seen.name,
            server_id=server_id,
            sequence=0,
            fact=seen.model_dump(mode="json"),
        )
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[instances.c.cluster, instances.c.name],
                set_={"fact": new.excluded.fact, "seen_at": sa.func.now()},
            )
        )

    async def observation_of(self, cluster: str, server_id: UUID) -> InstanceObserved | None:
        """Return what was last observed of a server's instance."""
        fact = await OBSERVATION.value(self._connection, where=cluster, whose=server_id)
        return None if fact is None else InstanceObserved.model_validate(fact)

    async def observations(self, ids: Collection[UUID]) -> dict[UUID, list[InstanceObserved]]:
        """Return what was last observed of these servers' instances, in any cluster."""
        rows = await self._connection.execute(
            sa.select(instances.c.server_id, instances.c.fact).where(
                instances.c.server_id.in_(list(ids))
            )
        )
        found: dict[UUID, list[InstanceObserved]] = {}
        for row in rows:
            found.setdefault(row.server_id, []).append(InstanceObserved.model_validate(row.fact))
        return found

    async def documents(self, kind: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return what is known of these resources, by id; those that are gone are left out."""
        if not ids:
            return {}
        rows = await DOCUMENTS.rows(self._connection, kind=kind, ids=list(ids))
        return dict(rows)

    async def forget(self, days: int = 30) -> int:
        """Drop resources that went so many days ago; return how many."""
        result = await self._connection.execute(
            sa.delete(resources).where(
                resources.c.gone,
                resources.c.seen_at < sa.func.now() - sa.text(f"interval '{int(days)} days'"),
            )
        )
        return result.rowcount

"""Rows from before a migration answer in the shape that rows have after it."""

from typing import Any
from uuid import UUID

import orjson
import pytest
import sqlalchemy as sa
from alembic import command

from services.network.domain.default_rule import DefaultRule, default_group
from services.network.domain.floating_ip import FloatingIp
from services.network.domain.network import Network
from services.network.domain.port import Port
from services.network.domain.resource import NamedResource
from services.network.domain.security_group import SecurityGroup
from services.network.main import MIGRATIONS
from services.network.store.floating_ips import FloatingIpStore
from services.network.store.networks import NetworkStore
from services.network.store.ports import PortStore
from services.network.store.security_groups import RuleStore, SecurityGroupStore
from shared.db.migrate import alembic_config
from shared.db.uow import engine_for
from tests.parts.postgres import Databases

BEFORE = "0002"
ID = "00000000-0000-4000-8000-00000000000{}"
NEW = {"ipv4_address_scope", "ipv6_address_scope"}

OLD_NETWORK = """
    INSERT INTO networks (id, project_id, description, revision, created_at, updated_at, doc,
      admin_doc, name, tags, admin_state_up, shared, external, is_default, port_security_enabled,
      mtu, dns_domain, availability_zone_hints, network_type, physical_network, segmentation_id,
      subnet_ids)
    VALUES (:id, 'p', '', 3, :at, :at, :doc, :admin_doc, :name, '[]', true, :shared, :shared,
      false, true, 1500, '', '[]', :type, 'physnet1', :vlan, '[]')
"""
OLD_GROUP = """
    INSERT INTO security_groups (id, project_id, description, revision, created_at, updated_at,
      doc, admin_doc, name, tags, is_default)
    VALUES (:id, 'p', '', 0, :at, :at, :doc, :doc, 'web', '[]', false)
"""


def upgrade(connection: sa.Connection, to: str) -> None:
    config = alembic_config(MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def rendered(thing: NamedResource, *but: str, **other: Any) -> str:
    """Render a thing as it was rendered before the migration."""
    document = thing.document() | (thing.restricted() if other else {}) | other
    return orjson.dumps({key: document[key] for key in document if key not in but}).decode()


@pytest.fixture
def url(databases: Databases) -> Any:
    with databases.fresh() as fresh:
        yield fresh


async def test_old_networks_and_groups_answer_like_new_ones(url: str) -> None:
    engine = engine_for(url)
    at = sa.func.now()
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, BEFORE)
        moment = (await connection.execute(sa.select(at))).scalar_one()
        common: dict[str, Any] = {"project_id": "p", "created_at": moment, "updated_at": moment}
        for number, (name, vlan, shared) in enumerate(
            [("flat", None, True), ('"shared":false', 100, False)], start=1
        ):
            kind = "flat" if vlan is None else "vlan"
            network = Network(
                id=UUID(ID.format(number)),
                name=name, shared=shared, external=shared, revision=3, network_type=kind,
                physical_network="physnet1", segmentation_id=vlan, **common,
            )  # fmt: skip
            await connection.execute(
                sa.text(OLD_NETWORK).bindparams(sa.bindparam("id", type_=sa.Uuid(as_uuid=False))),
                {
                    "id": ID.format(number), "at": moment, "name": name, "shared": shared,
                    "type": kind, "vlan": vlan, "doc": rendered(network, *NEW),
                    "admin_doc": rendered(
                        network, *NEW, **{"provider:physical_network": "physnet1"}
                    ),
                },
            )  # fmt: skip
        group = SecurityGroup(id=UUID(ID.format(3)), name="web", **common)
        await connection.execute(
            sa.text(OLD_GROUP).bindparams(sa.bindparam("id", type_=sa.Uuid(as_uuid=False))),
            {"id": ID.format(3), "at": moment, "doc": rendered(group, "shared")},
        )
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "head")
        await _check(connection)
    await engine.dispose()


GONE = {
    "ports": {"propagate_uplink_status"},
    "security_group_rules": {"remote_address_group_id"},
    "floating_ips": {"port_forwardings"},
}


def before_address_groups(value: Any, gone: set[str]) -> Any:
    """Return a document as it was rendered before rules spoke of address groups."""
    if isinstance(value, list):
        return [before_address_groups(each, gone) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: before_address_groups(each, gone) for key, each in value.items() if key not in gone
    }


async def test_old_ports_and_rules_answer_like_new_ones(url: str) -> None:
    engine = engine_for(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "0006")
        moment = (await connection.execute(sa.select(sa.func.now()))).scalar_one()
        common: dict[str, Any] = {"project_id": "p", "created_at": moment, "updated_at": moment}
        network = Network(
            id=UUID(ID.format(1)), name="n", network_type="vlan", physical_network="p",
            segmentation_id=5, **common,
        )  # fmt: skip
        port = Port(
            id=UUID(ID.format(2)), network_id=network.id, mac_address="fa:16:3e:00:00:01",
            profile={}, vif_details={}, name='"belongs_to_default_sg":true}', **common,
        )  # fmt: skip
        floating = FloatingIp(
            id=UUID(ID.format(4)), network_id=network.id, address="192.0.2.1",
            internal_port_id=port.id, **common,
        )  # fmt: skip
        nobodys = common | {"project_id": ""}
        first = [
            DefaultRule(id=UUID(ID.format(n)), direction=way, used_in_default_sg=True, **nobodys)
            for n, way in ((7, "ingress"), (8, "egress"))
        ]
        group = default_group(first, "p", moment)
        stores: list[tuple[Any, Any]] = [
            (NetworkStore(connection), network),
            (PortStore(connection), port),
            (SecurityGroupStore(connection), group),
            (FloatingIpStore(connection), floating),
            *((RuleStore(connection), rule) for rule in group.rules),
        ]
        gone = set().union(*GONE.values())
        for store, thing in stores:
            row = store.row_of(thing)
            for name in ("doc", "admin_doc"):
                old = before_address_groups(orjson.loads(row[name]), gone)
                row[name] = orjson.dumps(old).decode()
            known = [
                each for each in store.table.c if each.name not in GONE.get(store.table.name, ())
            ]
            table = sa.table(store.table.name, *(sa.column(c.name, c.type) for c in known))
            values = {each.name: row[each.name] for each in known if each.name in row}
            await connection.execute(sa.insert(table).values(values))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "head")
        everything: list[tuple[Any, Any]] = [
            (PortStore, port), (SecurityGroupStore, group), (RuleStore, None),
            (FloatingIpStore, floating),
        ]  # fmt: skip
        for store_of, thing in everything:
            table = store_of.table
            for row in await connection.execute(sa.select(table)):
                found = thing or next(each for each in group.rules if each.id == row.id)
                assert orjson.loads(row.doc) == found.document()
                assert orjson.loads(row.admin_doc) == found.document() | found.restricted()
    await engine.dispose()


async def _check(connection: Any) -> None:
    """Hold every stored document against what its row would be rendered as now."""
    stores: tuple[Any, ...] = (NetworkStore(connection), SecurityGroupStore(connection))
    for store in stores:
        for thing in await store.where():
            row = (
                await connection.execute(sa.select(store.table).where(store.table.c.id == thing.id))
            ).one()
            assert orjson.loads(row.doc) == thing.document()
            assert orjson.loads(row.admin_doc) == thing.document() | thing.restricted()
    policies = await connection.execute(
        sa.text("SELECT doc, object_id, action, target_project FROM rbac_policies ORDER BY action")
    )
    found = policies.all()
    assert [(row.action, row.target_project) for row in found] == [
        ("access_as_external", "*"),
        ("access_as_shared", "*"),
    ]
    assert {orjson.loads(row.doc)["object_id"] for row in found} == {ID.format(1)}

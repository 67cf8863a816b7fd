"""The network service's guards: no address, MAC, VLAN or group twice, nothing over a limit."""

from typing import Final

from tests.guards.guard import Guard

ADDRESSES: Final = "services/network/store/addresses.py"
GROUNDS: Final = "services/network/store/grounds.py"
CLUSTERS: Final = "services/network/store/clusters.py"
ROWS: Final = "services/network/store/rows.py"
NETWORKS: Final = "services/network/store/networks.py"
RACES: Final = "tests/integration/network/test_races.py"
PORTS: Final = "tests/contract/network/test_ports.py"
FREED: Final = "test_who_waited_for_the_last_address_gets_one_that_was_freed_meanwhile"
BEGINS: Final = "test_a_subnet_does_not_become_ready_while_a_port_begins_to_wait_for_it"
MEETING: Final = "tests/integration/network/test_ports_meet_clusters.py"
UPKEEP: Final = "tests/integration/network/test_upkeep.py"

GUARDS: Final = (
    Guard(
        name="a range is held while an address is cut out of it",
        where=GROUNDS,
        otherwise="who waited for the last address is given one beyond the range",
        old="              ORDER BY first LIMIT 1 FOR UPDATE\n",
        new="              ORDER BY first LIMIT 1\n",
        held_by=(f"{RACES}::test_the_last_addresses_go_to_as_many_ports_as_there_are",),
    ),
    Guard(
        name="the table of addresses decides, not the hint",
        where=GROUNDS,
        otherwise="a stale hint is an error, where the next address would do",
        old="          ON CONFLICT DO NOTHING\n          RETURNING subnet_id",
        new="          RETURNING subnet_id",
        held_by=(f"{RACES}::test_a_stale_hint_gives_no_address_twice",),
    ),
    Guard(
        name="the same for an address that is asked for",
        where=ADDRESSES,
        otherwise="who asks for an address that is taken is told to try again",
        old="      VALUES (:subnet, CAST(:address AS inet), :port)\n      ON CONFLICT DO NOTHING\n",
        new="      VALUES (:subnet, CAST(:address AS inet), :port)\n",
        held_by=(f"{PORTS}::test_a_port_that_cannot_be_is_refused_and_nothing_changes",),
    ),
    Guard(
        name="who finds no address left looks again",
        where=ADDRESSES,
        otherwise="a subnet is called full whose addresses were freed while we waited",
        old="            if taken is None and not await self.any_free(subnet_id):",
        new="            if taken is None:",
        held_by=(f"{RACES}::{FREED}",),
    ),
    Guard(
        name="ranges that somebody looks at are not dropped",
        where=ADDRESSES,
        otherwise="upkeep waits for requests",
        old="            .with_for_update(skip_locked=True)\n",
        new="            .with_for_update()\n",
        held_by=(f"{UPKEEP}::test_a_range_that_somebody_looks_at_is_left_alone",),
    ),
    Guard(
        name="a network stays while a port is made on it",
        where=GROUNDS,
        otherwise="a port is left on a network that is gone, or the delete is an error",
        old="          FOR KEY SHARE OF n\n",
        new="",
        held_by=(
            f"{RACES}::test_a_port_made_while_its_network_gets_a_subnet_has_its_address",
            f"{RACES}::test_deleting_a_network_and_plugging_into_it_leaves_neither_half",
        ),
    ),
    Guard(
        name="what changed while a port waited is read again",
        where=GROUNDS,
        otherwise="the port has no address in the subnet that was added",
        old='        if facts["revision_before"] != facts["n_revision"]:',
        new="        if False:",
        held_by=(f"{RACES}::test_a_port_made_while_its_network_gets_a_subnet_has_its_address",),
    ),
    Guard(
        name="one transaction at a time counts a project's ports",
        where=GROUNDS,
        otherwise="requests at once exceed the limit",
        old='*([quota_lock(project_id, "port")] if more else [])',
        new="",
        held_by=(f"{RACES}::test_the_limit_of_ports_holds_against_many_at_once",),
    ),
    Guard(
        name="and its other things",
        where="services/network/store/quotas.py",
        otherwise="requests at once exceed the limit",
        old="        await lean(self._connection).begin(quota_lock(project_id, resource))\n",
        new="",
        held_by=(f"{RACES}::test_a_quota_holds_against_many_at_once",),
    ),
    Guard(
        name="one transaction at a time looks for a free VLAN",
        where=NETWORKS,
        otherwise="of two networks made at once one is refused",
        old="        await self._connection.execute(\n"
        "            sa.text(\"SELECT pg_advisory_xact_lock(hashtextextended('vlans', 0))\")\n"
        "        )\n",
        new="",
        held_by=(f"{RACES}::test_many_networks_at_once_share_no_vlan",),
    ),
    Guard(
        name="what is changed is locked",
        where=ROWS,
        otherwise="what is deleted twice at once frees its address twice",
        old="(query.with_for_update() if lock else query)\n        ).one_or_none()",
        new="(query)\n        ).one_or_none()",
        held_by=(
            f"{RACES}::test_a_port_deleted_twice_at_once_frees_its_address_once",
            f"{RACES}::test_a_port_made_while_its_network_gets_a_subnet_has_its_address",
        ),
    ),
    Guard(
        name="a write names the revision it is over",
        where=ROWS,
        otherwise="a change that was made meanwhile is lost",
        old="self.table.c.id == thing.id, self.table.c.revision == thing.revision)",
        new="self.table.c.id == thing.id)",
        held_by=(f"{RACES}::test_a_write_over_an_old_revision_is_refused",),
    ),
    Guard(
        name="a MAC is in a network once",
        where="services/network/store/ports.py",
        otherwise="who asks for a MAC that is taken is told to try again",
        old="          ON CONFLICT (network_id, mac_address) DO NOTHING\n",
        new="",
        held_by=(f"{PORTS}::test_a_port_that_cannot_be_is_refused_and_nothing_changes",),
    ),
    Guard(
        name="what collides with another request is looked at again",
        where="services/network/store/stores.py",
        otherwise="the first requests of a project are refused, all but one",
        old='frozenset({"40P01", "40001", "23503", "23505"})',
        new="frozenset()",
        held_by=(f"{RACES}::test_what_collides_is_looked_at_again",),
    ),
    Guard(
        name="a port that waits for its subnet holds the row that tells of it",
        where=CLUSTERS,
        otherwise="the subnet becomes ready, and nobody plugs the port",
        old="sa.select(cluster_subnets).where(here).with_for_update(read=True)",
        new="sa.select(cluster_subnets).where(here)",
        held_by=(f"{RACES}::{BEGINS}",),
    ),
    Guard(
        name="older news of a cluster replaces nothing",
        where=CLUSTERS,
        otherwise="a cluster that was removed comes back",
        old='index_elements=["name"], set_=row, where=clusters.c.version < facts.version',
        new='index_elements=["name"], set_=row',
        held_by=(f"{UPKEEP}::test_older_news_of_a_cluster_changes_nothing",),
    ),
    Guard(
        name="older news of an instance tells nothing",
        where=CLUSTERS,
        otherwise="ports go down with a server that was started since",
        old="        where=instances.c.sequence < new.excluded.sequence,\n",
        new="",
        held_by=(f"{MEETING}::test_old_news_of_an_instance_changes_nothing",),
    ),
)

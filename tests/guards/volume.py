"""The volume service's guards: one server per volume, nothing over a limit, no lost change."""

from typing import Final

from tests.guards.guard import Guard

VOLUMES: Final = "services/volume/store/volumes.py"
TYPES: Final = "services/volume/store/volume_types.py"
PROJECTIONS: Final = "services/volume/store/projections.py"
RACES: Final = "tests/integration/volume/test_races.py"
ORDER: Final = "tests/integration/volume/test_old_news.py"

GUARDS: Final = (
    Guard(
        name="a volume is held while it is changed",
        where=VOLUMES,
        otherwise="two servers reserve it, or one reserves what is deleted",
        old="volumes.c.id == volume_id, _LIVE).with_for_update(of=volumes)",
        new="volumes.c.id == volume_id, _LIVE)",
        held_by=(
            f"{RACES}::test_of_two_servers_that_reserve_a_volume_at_once_one_gets_it",
            f"{RACES}::test_changes_at_once_all_happen",
            f"{RACES}::test_deleting_twice_at_once_deletes_once",
        ),
    ),
    Guard(
        name="what a snapshot is being taken of stays where it is",
        where="services/volume/usecases/placing.py",
        otherwise="its first server, or a use that came to nothing, takes its place from under it",
        old="return not volume.has_content and not await stores.snapshots.are_of(volume.id)",
        new="return not volume.has_content",
        held_by=(
            f"{RACES}::test_what_a_snapshot_is_being_taken_of_stays_where_it_is",
            f"{RACES}::test_a_use_that_came_to_nothing_leaves_a_snapshot_that_is_being_taken",
        ),
    ),
    Guard(
        name="a write names the version it is over",
        where=VOLUMES,
        otherwise="a change that was made meanwhile is lost",
        old=".where(volumes.c.id == volume.id, volumes.c.version == volume.version)",
        new=".where(volumes.c.id == volume.id)",
        held_by=(f"{RACES}::test_a_writer_that_read_an_older_version_is_refused",),
    ),
    Guard(
        name="one transaction at a time counts what a project has",
        where="services/volume/store/grounds.py",
        otherwise="volumes made at once exceed the limit",
        old="        await connection.begin(project_lock(project_id))\n",
        new="",
        held_by=(f"{RACES}::test_sixteen_at_once_at_a_limit_of_ten_make_ten",),
    ),
    Guard(
        name="also where it grows",
        where=VOLUMES,
        otherwise="volumes that grow at once exceed the limit",
        old="        await lean(self._connection).begin(project_lock(project_id))\n",
        new="        return\n",
        held_by=(f"{RACES}::test_growing_at_once_keeps_the_limit_too",),
    ),
    Guard(
        name="a type stays while a volume is made of it",
        where=TYPES,
        otherwise="a volume is of a type that is gone",
        old="            .with_for_update(read=True, of=volume_types)\n        )\n"
        "        rows = (await",
        new="        )\n        rows = (await",
        held_by=(f"{RACES}::test_no_type_is_deleted_while_a_volume_is_made_of_it",),
    ),
    Guard(
        name="also in the statement that new volumes stand on",
        where="services/volume/store/grounds.py",
        otherwise="a volume is of a type that is gone",
        old="        FOR KEY SHARE OF t\n",
        new="",
        held_by=(f"{RACES}::test_no_volume_is_made_of_a_type_that_is_being_deleted",),
    ),
    Guard(
        name="a type is held while it is changed",
        where=TYPES,
        otherwise="of extra specs set at once all but one are lost",
        old="            .with_for_update(of=volume_types)\n",
        new="",
        held_by=(f"{RACES}::test_extra_specs_added_at_once_are_all_there",),
    ),
    Guard(
        name="the first types are made once",
        where=TYPES,
        otherwise="of processes that begin at once all but one fail",
        old="                .on_conflict_do_nothing()  # another process of ours",
        new="                # another process of ours",
        held_by=(f"{RACES}::test_processes_that_begin_at_once_make_the_first_types_once",),
    ),
    Guard(
        name="an offer ends once",
        where="services/volume/store/transfers.py",
        otherwise="a volume is given away and kept",
        old="            .where(transfers.c.id == transfer.id, transfers.c.ended_at.is_(None))\n",
        new="            .where(transfers.c.id == transfer.id)\n",
        held_by=(f"{RACES}::test_an_offer_taken_and_withdrawn_at_once_is_one_of_both",),
    ),
    Guard(
        name="older news of a neighbour's resource replaces nothing",
        where=PROJECTIONS,
        otherwise="an image that is gone is there again",
        old="            where=resources.c.version < new.excluded.version,\n",
        new="",
        held_by=(f"{ORDER}::test_older_news_of_an_image_changes_nothing",),
    ),
    Guard(
        name="nor in one batch",
        where=PROJECTIONS,
        otherwise="the order within a batch decides",
        old="if key not in newest or fact.version > newest[key].version:",
        new="if True:",
        held_by=(f"{ORDER}::test_older_news_of_an_image_changes_nothing",),
    ),
    Guard(
        name="older news of a cluster replaces nothing",
        where=PROJECTIONS,
        otherwise="volumes are placed on a cluster that was removed",
        old="                    where=clusters.c.version < new.excluded.version,\n",
        new="",
        held_by=(f"{ORDER}::test_older_news_of_a_cluster_changes_nothing",),
    ),
    Guard(
        name="a snapshot is held while it is changed",
        where="services/volume/store/snapshots.py",
        otherwise="of changes at once all but one are refused",
        old="        row = (await self._connection.execute(query.with_for_update()))",
        new="        row = (await self._connection.execute(query))",
        held_by=(f"{ORDER}::test_changes_of_a_snapshot_at_once_all_happen",),
    ),
    Guard(
        name="a write of a snapshot names the version it is over",
        where="services/volume/store/snapshots.py",
        otherwise="a change that was made meanwhile is lost",
        old=".where(snapshots.c.id == snapshot.id, snapshots.c.version == snapshot.version)",
        new=".where(snapshots.c.id == snapshot.id)",
        held_by=(f"{ORDER}::test_a_writer_of_an_older_snapshot_is_refused",),
    ),
)

"""The compute service's guards: one action per server, nothing promised twice, no old news."""

from typing import Final

from tests.guards.guard import Guard

SERVERS: Final = "services/compute/store/servers.py"
PROJECTIONS: Final = "services/compute/store/projections.py"
PROGRESS: Final = "services/compute/usecases/progress.py"
RECONCILING: Final = "services/compute/usecases/reconciling.py"
DRIFTS: Final = "services/compute/store/drifts.py"
AGGREGATES: Final = "services/compute/store/aggregates.py"
RACES: Final = "tests/integration/compute/test_races.py"
LIMITS: Final = "tests/integration/compute/test_limit_races.py"
LIFECYCLE: Final = "tests/integration/compute/test_lifecycle_races.py"
UPDATES: Final = "tests/integration/compute/test_updates.py"
ORDER: Final = "tests/integration/compute/test_old_news.py"
ROUNDS: Final = "tests/integration/compute/test_reconciling.py"

GUARDS: Final = (
    Guard(
        name="a server is held while it is changed",
        where=SERVERS,
        otherwise="of changes at once one is lost or refused, and two actions begin",
        old="LOOK, FIND = Prepared(ONE), Prepared(ONE.with_for_update())",
        new="LOOK, FIND = Prepared(ONE), Prepared(ONE)",
        held_by=(
            f"{RACES}::test_changes_at_once_lose_nothing",
            f"{RACES}::test_deletes_at_once_are_one_delete",
        ),
    ),
    Guard(
        name="a write names the version it is over",
        where=SERVERS,
        otherwise="a change that was made meanwhile is lost",
        old=', servers.c.version == sa.bindparam("version"))',
        new=', sa.bindparam("version", type_=sa.BigInteger) >= 0)',
        held_by=(f"{ORDER}::test_a_writer_that_read_an_older_version_is_refused",),
    ),
    Guard(
        name="one action at a time",
        where="services/compute/domain/server.py",
        otherwise="two sagas work on one server",
        old="        if self.action and action is not Action.DELETE:\n",
        new="        if False:\n",
        held_by=(f"{RACES}::test_of_two_actions_at_once_one_is_refused",),
    ),
    Guard(
        name="one transaction at a time counts a project's servers and places any",
        where="services/compute/store/ground.py",
        otherwise="servers made at once exceed the limit, and the last room is promised twice",
        old="        await lean(self._connection).begin(lock_of(project_id), PLACEMENT_LOCK)\n",
        new="",
        held_by=(
            f"{RACES}::test_a_quota_is_never_exceeded_however_many_ask_at_once",
            f"{RACES}::test_the_last_room_is_promised_once",
        ),
    ),
    Guard(
        name="places are given by one at a time, whosever they are",
        where="services/compute/store/ground.py",
        otherwise="two projects are promised the last room",
        old=".begin(lock_of(project_id), PLACEMENT_LOCK)",
        new=".begin(lock_of(project_id))",
        held_by=(f"{ORDER}::test_places_are_given_by_one_at_a_time_whosever_they_are",),
    ),
    Guard(
        name="also where a size or a count of other things grows",
        where="services/compute/store/usage.py",
        otherwise="what is made at once exceeds the limit",
        old="        await lean(self._connection).begin(lock_of(project_id, resource))\n",
        new="        return\n",
        held_by=(
            f"{LIFECYCLE}::test_two_resizes_cannot_share_the_last_of_a_quota",
            f"{LIMITS}::test_keypairs_made_at_once_do_not_exceed_their_limit",
        ),
    ),
    Guard(
        name="an action ends only what it began",
        where=PROGRESS,
        otherwise="what an administrator reset, or a delete took over, is settled by the past",
        old="    if server is None or server.action not in actions:\n",
        new="    if server is None:\n",
        held_by=(f"{ORDER}::test_a_delete_is_not_overtaken_by_the_create_it_ended",),
    ),
    Guard(
        name="a failure ends only what it began",
        where=PROGRESS,
        otherwise="a server that is being deleted is shown in error, and its delete is lost",
        old="        if server is None or server.action is not action:\n            return\n"
        "        now = utcnow()\n        failed",
        new="        if server is None:\n            return\n"
        "        now = utcnow()\n        failed",
        held_by=(f"{ORDER}::test_a_failure_ends_only_the_action_it_is_of",),
    ),
    Guard(
        name="what was seen before the last action's job is old",
        where="services/compute/domain/reconcile.py",
        otherwise="a server that was just stopped is shown as running",
        old="    return seen.job_id is None or server.last_job is None or "
        "seen.job_id >= server.last_job",
        new="    return True",
        held_by=(
            f"{UPDATES}::test_what_was_seen_before_an_action_ended_is_old_news",
            f"{LIFECYCLE}::test_old_news_does_not_stop_a_server_that_was_started_since",
        ),
    ),
    Guard(
        name="what is seen during an action is no state of its own",
        where="services/compute/domain/reconcile.py",
        otherwise="the stop within a resize is shown as the user's",
        old="    if server.action is not None or server.vm_state in {S.BUILDING, S.DELETED}:\n",
        new="    if server.vm_state in {S.BUILDING, S.DELETED}:\n",
        held_by=(f"{LIFECYCLE}::test_a_stop_that_is_part_of_an_action_is_never_shown",),
    ),
    Guard(
        name="a new history of jobs makes old ids mean nothing",
        where=SERVERS,
        otherwise="news after a failover counts as old, for ever",
        old=".values(last_job=None)",
        new=".values(last_job=servers.c.last_job)",
        held_by=(f"{UPDATES}::test_after_a_new_history_of_jobs_old_ids_mean_nothing",),
    ),
    Guard(
        name="older news of an instance replaces nothing",
        where=PROJECTIONS,
        otherwise="a late observation undoes a newer one",
        old="            where=instances.c.sequence < new.excluded.sequence,\n",
        new="",
        held_by=(f"{ORDER}::test_older_observations_are_not_kept",),
    ),
    Guard(
        name="nor in one batch",
        where=PROJECTIONS,
        otherwise="the order within a batch decides",
        old="if key not in newest or fact.sequence > newest[key][1].sequence:",
        new="if True:",
        held_by=(f"{ORDER}::test_older_observations_are_not_kept",),
    ),
    Guard(
        name="older news of a neighbour's resource replaces nothing",
        where=PROJECTIONS,
        otherwise="a port that is gone is there again",
        old="        where=resources.c.version < new.excluded.version,\n",
        new="",
        held_by=(f"{ORDER}::test_older_news_of_a_network_changes_nothing",),
    ),
    Guard(
        name="nor in one batch",
        where=PROJECTIONS,
        otherwise="the order within a batch decides",
        old="if key not in newest or fact.version > newest[key].version:",
        new="if True:",
        held_by=(f"{ORDER}::test_older_news_of_a_network_changes_nothing",),
    ),
    Guard(
        name="older news of a cluster replaces nothing",
        where=PROJECTIONS,
        otherwise="servers are placed by capacity that is gone",
        old="                    where=clusters.c.version < new.excluded.version,\n",
        new="",
        held_by=(f"{ORDER}::test_older_news_of_a_cluster_changes_nothing",),
    ),
    Guard(
        name="a promise ends with news that is newer than the instance",
        where="services/compute/store/capacity.py",
        otherwise="room is promised again before the cluster's figures show who has it",
        old="        AND coalesce(counted_from, {NEVER}) > clusters.version\n",
        new="        AND counted_from IS NULL\n",
        held_by=(f"{RACES}::test_a_promise_ends_when_the_capacity_shows_the_server",),
    ),
    Guard(
        name="a flavor is held while it is changed",
        where="services/compute/store/flavors.py",
        otherwise="of extra specs set at once some are refused",
        old="            sa.select(*columns).where(flavors.c.id == flavor_id).with_for_update()\n",
        new="            sa.select(*columns).where(flavors.c.id == flavor_id)\n",
        held_by=(f"{LIMITS}::test_extra_specs_set_at_once_are_all_kept",),
    ),
    Guard(
        name="a write of a flavor names the version it is over",
        where="services/compute/store/flavors.py",
        otherwise="a change that was made meanwhile is lost",
        old=".where(flavors.c.id == changed.id, flavors.c.version == changed.version)",
        new=".where(flavors.c.id == changed.id)",
        held_by=(f"{ORDER}::test_a_writer_of_an_older_flavor_is_refused",),
    ),
    Guard(
        name="a flavor's name is given once",
        where="services/compute/store/flavors.py",
        otherwise="of flavors made at once some are errors",
        old='            insert(flavors).values(_row(made) | {"created_at": now})'
        ".on_conflict_do_nothing()\n",
        new='            insert(flavors).values(_row(made) | {"created_at": now})\n',
        held_by=(f"{LIMITS}::test_of_flavors_made_at_once_under_one_name_there_is_one",),
    ),
    Guard(
        name="one at a time gives a name to an aggregate",
        where=AGGREGATES,
        otherwise="of aggregates renamed at once some are errors",
        old="        await self._connection.execute(\n"
        "            sa.select(sa.func.pg_advisory_xact_lock("
        "sa.func.hashtextextended(name, 0)))\n        )\n",
        new="",
        held_by=(f"{LIMITS}::test_aggregates_renamed_at_once_to_one_name_leave_one_with_it",),
    ),
    Guard(
        name="an aggregate is held while it is changed",
        where=AGGREGATES,
        otherwise="of hosts added at once all but one are lost",
        old="where(aggregates.c.id == ident).with_for_update()",
        new="where(aggregates.c.id == ident)",
        held_by=(f"{LIMITS}::test_metadata_set_at_once_on_an_aggregate_is_all_kept",),
    ),
    Guard(
        name="one process at a time compares servers with instances",
        where=DRIFTS,
        otherwise="two looks at once pass for two rounds",
        old="        return bool(await self._connection.scalar(lock))",
        new="        return bool(lock is not None)",
        held_by=(f"{ORDER}::test_of_two_that_compare_at_once_one_does",),
    ),
    Guard(
        name="a server that changed in between is looked at anew",
        where=DRIFTS,
        otherwise="what was decided about is not what there is",
        old='"looks": sa.case((same, drifts.c.looks + 1), else_=1),',
        new='"looks": drifts.c.looks + 1,',
        held_by=(f"{ROUNDS}::test_a_server_that_changed_between_two_looks_is_looked_at_anew",),
    ),
    Guard(
        name="a difference must last two rounds",
        where=DRIFTS,
        otherwise="work in progress is undone",
        old="return self.looks >= LASTS and",
        new="return self.looks >= 1 and",
        held_by=(f"{ROUNDS}::test_a_difference_is_put_right_in_the_second_round_only",),
    ),
    Guard(
        name="a server that changed since the look is left alone",
        where=RECONCILING,
        otherwise="an action that began meanwhile is undone",
        old="        if server is None or server.version != drift.version:\n",
        new="        if server is None:\n",
        held_by=(f"{ORDER}::test_what_changed_since_the_look_is_not_put_right",),
    ),
    Guard(
        name="so is one that is no longer so in Ganeti",
        where=RECONCILING,
        otherwise="a server is set back to what its instance was",
        old="            if drift.difference not in differences(server, seen, utcnow(), tags):\n",
        new="            if False:\n",
        held_by=(f"{ROUNDS}::test_what_is_no_longer_so_in_ganeti_is_left_alone",),
    ),
)

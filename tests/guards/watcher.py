"""The watcher's guards: nothing told twice, nothing told by two, nothing of another history."""

from typing import Final

from tests.guards.guard import Guard

LEASES: Final = "services/ganeti_watcher/store/leases.py"
CURSORS: Final = "services/ganeti_watcher/store/cursors.py"
COMPARE: Final = "services/ganeti_watcher/domain/compare.py"
CURSOR: Final = "services/ganeti_watcher/domain/cursor.py"
FOLLOWING: Final = "services/ganeti_watcher/watch/following.py"
SEEN: Final = "services/ganeti_watcher/domain/seen.py"
ACTOR: Final = "tests/integration/ganeti_watcher/test_actor.py"
HISTORY: Final = "tests/integration/ganeti_watcher/test_history.py"
REPLICAS: Final = "tests/integration/ganeti_watcher/test_leases.py"
FENCES: Final = "tests/integration/ganeti_watcher/test_fences.py"
COMPARING: Final = "tests/unit/ganeti_watcher/test_compare.py"
INSTANCES: Final = "tests/unit/ganeti_watcher/test_instances.py"
RAN_OUT: Final = "test_a_lease_that_ran_out_by_the_databases_clock_is_taken_with_a_new_fence"

GUARDS: Final = (
    Guard(
        name="only a lease that ran out is taken",
        where=LEASES,
        otherwise="two replicas watch one cluster, and each throws the other out",
        old=" AND (leased_until IS NULL OR leased_until < now())",
        new="",
        held_by=(f"{REPLICAS}::test_a_held_cluster_is_nobody_elses",),
    ),
    Guard(
        name="only one's own lease is renewed",
        where=LEASES,
        otherwise="a replica goes on with a cluster that was taken over",
        old="WHERE owner = :owner AND name = ANY",
        new="WHERE name = ANY",
        held_by=(f"{REPLICAS}::test_a_held_cluster_is_nobody_elses",),
    ),
    Guard(
        name="who takes over gets a new fence",
        where=LEASES,
        otherwise="the replica before it can still write",
        old="fence = fence + 1,",
        new="fence = fence,",
        held_by=(f"{REPLICAS}::{RAN_OUT}",),
    ),
    Guard(
        name="of replicas that claim at once one gets the cluster",
        where=LEASES,
        otherwise="the second waits, and takes from the first what it has just taken",
        old=" LIMIT :many FOR UPDATE SKIP LOCKED",
        new=" LIMIT :many",
        held_by=(f"{FENCES}::test_what_another_is_claiming_is_passed_by",),
    ),
    Guard(
        name="the fence is proved where the cursor moves",
        where=CURSORS,
        otherwise="a replica that was asleep tells old news, and moves the cursor back",
        old="WHERE name = :cluster AND fence = :fence RETURNING name",
        new="WHERE name = :cluster AND CAST(:fence AS bigint) > 0 RETURNING name",
        held_by=(f"{ACTOR}::test_a_watcher_whose_cluster_was_taken_over_writes_nothing",),
    ),
    Guard(
        name="and where instances are told",
        where=CURSORS,
        otherwise="a replica that was asleep tells old states as new ones",
        old="            .where(clusters.c.name == cluster, clusters.c.fence == fence)\n"
        "            .values(values or",
        new="            .where(clusters.c.name == cluster)\n            .values(values or",
        held_by=(f"{FENCES}::test_who_was_taken_over_from_tells_no_states",),
    ),
    Guard(
        name="and where a cluster is begun anew",
        where=CURSORS,
        otherwise="a replica that was asleep forgets what its heir followed",
        old="            .where(clusters.c.name == cluster, clusters.c.fence == fence)\n"
        "            .where(clusters.c.uuid",
        new="            .where(clusters.c.name == cluster)\n            .where(clusters.c.uuid",
        held_by=(f"{FENCES}::test_who_was_taken_over_from_begins_nothing_anew",),
    ),
    Guard(
        name="and where it is said how a cluster is followed",
        where="services/ganeti_watcher/store/states.py",
        otherwise="a replica that was asleep calls a cluster silent that another follows",
        old="WHERE c.name = w.cluster AND c.fence = w.fence",
        new="WHERE c.name = w.cluster",
        held_by=(f"{FENCES}::test_who_was_taken_over_from_says_nothing_of_the_cluster",),
    ),
    Guard(
        name="facts and the cursor behind them are one commit",
        where="services/ganeti_watcher/publish/record.py",
        otherwise="a crash in between loses facts, or tells them twice",
        old="            await self._tell(stores, news, facts)\n"
        "        self.known.update(news.kept)\n"
        "        return len(facts), lag",
        new="        async with self.transaction() as stores:\n"
        "            await self._tell(stores, news, facts)\n        self.known.update(news.kept)\n"
        "        return len(facts), lag",
        held_by=(f"{FENCES}::test_facts_and_the_cursor_behind_them_are_one_commit",),
    ),
    Guard(
        name="one commit at a time per cluster",
        where=FOLLOWING,
        otherwise="jobs and states hand out one sequence twice",
        old="        async with self.writing:\n            self.settled",
        new="        if True:\n            self.settled",
        held_by=(f"{FENCES}::test_jobs_and_states_are_told_one_after_the_other",),
    ),
    Guard(
        name="an older look tells nothing of what a job told since",
        where=SEEN,
        otherwise="a stopped server is told as running again",
        old="        if name not in settled and (name not in trouble",
        new="        if (name not in trouble",
        held_by=(f"{ACTOR}::test_what_a_look_at_all_instances_says_is_old_where_a_job_told_since",),
    ),
    Guard(
        name="trouble counts when two looks show it",
        where=SEEN,
        otherwise="what Ganeti is about to restart is told as crashed",
        old="(name not in trouble or name in doubts.trouble)",
        new="True",
        held_by=(f"{ACTOR}::test_trouble_is_believed_when_two_looks_show_it",),
    ),
    Guard(
        name="absence counts when two looks show it",
        where=SEEN,
        otherwise="an instance whose job told of it after the look began is told as gone",
        old="for name in gone & doubts.gone if",
        new="for name in gone if",
        held_by=(
            f"{INSTANCES}::test_trouble_and_absence_are_told_when_two_looks_in_a_row_show_them",
        ),
    ),
    Guard(
        name="a job is known by when it was received",
        where=CURSOR,
        otherwise="the end of another job is told as this one's",
        old="return self.received is None or self.received == received",
        new="return True",
        held_by=(
            f"{COMPARING}::test_an_id_used_again_breaks_the_history",
            f"{HISTORY}::test_a_job_that_took_an_open_jobs_id_is_told_and_the_old_one_is_lost",
        ),
    ),
    Guard(
        name="so is the last one seen, at every look",
        where=COMPARE,
        otherwise="after a restored serial new jobs are taken for old ones",
        old="    if last is not None and cursor.anchor not in (None, last.received):",
        new="    if False:",
        held_by=(f"{COMPARING}::test_the_last_job_being_another_one_breaks_the_history",),
    ),
    Guard(
        name="an unknown id is waited for",
        where=COMPARE,
        otherwise="a job whose file is written late is told as lost",
        old="        if self.now - since >= MISSING_FOR:",
        new="        if True:",
        held_by=(f"{COMPARING}::test_a_skipped_id_is_followed_until_it_shows_or_seems_lost",),
    ),
    Guard(
        name="and asked for by exact ids before it counts as lost",
        where=FOLLOWING,
        otherwise="a job that was archived at once is told as lost",
        old="            if job.job_id in found and job.is_the_same",
        new="            if False and job.is_the_same",
        held_by=(
            f"{ACTOR}::test_a_job_that_was_archived_before_its_end_was_seen_is_told_as_it_ended",
        ),
    ),
    Guard(
        name="an accepted job gets a last word in its epoch",
        where=FOLLOWING,
        otherwise="who waits for a job of before the break waits for ever",
        old="        promised = await self._settling.promised(self._reader)\n",
        new="        promised: list[OpenJob] = []\n",
        held_by=(
            f"{HISTORY}::test_an_accepted_job_nobody_saw_before_the_break_is_told_in_both_epochs",
        ),
    ),
    Guard(
        name="and it must carry the submission's mark",
        where=FOLLOWING,
        otherwise="another job of its id passes for it",
        old="if job.key and job.received is None and result.key != job.key:",
        new="if False:",
        held_by=(
            f"{HISTORY}::test_an_accepted_job_that_is_gone_is_lost_though_another_has_its_id",
        ),
    ),
    Guard(
        name="on a walk, only ids up to its end are new",
        where=COMPARE,
        otherwise="an open job of the epoch before skips ids nobody tells of in the new one",
        old=" and (upto is None or each <= upto)",
        new="",
        held_by=(f"{COMPARING}::test_on_a_walk_an_open_job_beyond_its_end_is_no_new_id",),
    ),
)

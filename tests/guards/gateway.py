"""The gateway's guards: every effect once, whoever is killed and whatever is lost."""

from typing import Final

from tests.guards.guard import Guard

STATEMENTS: Final = "services/rapi_gateway/store/statements.py"
COURIER: Final = "services/rapi_gateway/usecases/courier.py"
CLUSTERS: Final = "services/rapi_gateway/store/clusters.py"
LEASES: Final = "services/rapi_gateway/store/leases.py"
OBSERVATION: Final = "services/rapi_gateway/domain/observation.py"
REGISTRY: Final = "services/rapi_gateway/usecases/registry.py"
HISTORIES: Final = "services/rapi_gateway/usecases/histories.py"
RACES: Final = "tests/integration/rapi_gateway/test_races.py"
CLAIMS: Final = "tests/integration/rapi_gateway/test_claims.py"
REGISTRATION: Final = "tests/integration/rapi_gateway/test_registry.py"
SUBMISSIONS: Final = "tests/integration/rapi_gateway/test_submissions.py"
TROUBLE: Final = "tests/integration/rapi_gateway/test_trouble.py"
CHANGES: Final = "tests/integration/rapi_gateway/test_changes.py"
TOLD: Final = "tests/integration/rapi_gateway/test_guards.py"
F37: Final = "tests/faults/test_f37_two_believe_they_lead.py"

GUARDS: Final = (
    Guard(
        name="a lease per cluster, taken only when it ran out",
        where=LEASES,
        otherwise="two processes speak for one cluster",
        old=" OR leases.until < now()",
        new=" OR true",
        held_by=(f"{RACES}::test_one_process_holds_a_cluster",),
    ),
    Guard(
        name="the lease is checked in the statement that claims",
        where=STATEMENTS,
        otherwise="a process that was asleep sends beside the one that took over",
        old="C.sending_at.is_(None), lease, open_)",
        new="C.sending_at.is_(None), open_)",
        held_by=(
            f"{RACES}::test_without_the_lease_nothing_is_sent",
            f"{F37}::test_who_slept_before_claiming_claims_nothing",
        ),
    ),
    Guard(
        name="and until when it lasts",
        where=STATEMENTS,
        otherwise="a lease that ran out still entitles to send",
        old="        leases.c.until > sa.func.now(),\n",
        new="",
        held_by=(f"{CLAIMS}::test_a_lease_that_ran_out_entitles_to_nothing",),
    ),
    Guard(
        name="the cluster's state is checked there, too",
        where=STATEMENTS,
        otherwise="what was read before an administrator set it offline is sent",
        old="C.sending_at.is_(None), lease, open_)",
        new="C.sending_at.is_(None), lease)",
        held_by=(f"{RACES}::test_a_cluster_set_offline_meanwhile_is_sent_nothing",),
    ),
    Guard(
        name="only what is not being sent is claimed",
        where=STATEMENTS,
        otherwise="a submission whose fate is open is sent again",
        old="where(*ATTEMPT, C.sending_at.is_(None), lease, open_)",
        new="where(*ATTEMPT, lease, open_)",
        held_by=(f"{CLAIMS}::test_what_is_being_sent_is_not_claimed_again",),
    ),
    Guard(
        name="every write names the attempt it is of",
        where=STATEMENTS,
        otherwise="a late writer ends what a later attempt is sending",
        old='IS_PENDING, C.attempts == sa.bindparam("attempt", type_=sa.Integer))',
        new='IS_PENDING, sa.bindparam("attempt", type_=sa.Integer) >= 0)',
        held_by=(
            f"{RACES}::test_a_late_writer_does_not_undo_what_a_later_attempt_found",
            f"{F37}::test_what_the_sleeper_still_writes_changes_nothing",
        ),
    ),
    Guard(
        name="what has ended is not written again",
        where=STATEMENTS,
        otherwise="a late writer undoes what became of a submission",
        old="(*ROW, IS_PENDING, C.attempts",
        new="(*ROW, C.attempts",
        held_by=(f"{CLAIMS}::test_what_has_ended_stays_as_it_is",),
    ),
    Guard(
        name="who slept after claiming does not send",
        where=COURIER,
        otherwise="it sends beside whoever took over and looked for it in vain",
        old="if time.monotonic() - begun > STALE_CLAIM:",
        new="if False:",
        held_by=(
            f"{RACES}::test_who_slept_after_claiming_does_not_send",
            f"{F37}::test_who_sleeps_after_claiming_does_not_send",
        ),
    ),
    Guard(
        name="one row per key",
        where=STATEMENTS,
        otherwise="a repeated request is an error, or a second effect",
        old="        .on_conflict_do_nothing()\n",
        new="",
        held_by=(f"{SUBMISSIONS}::test_the_same_key_means_the_same_job",),
    ),
    Guard(
        name="a key fits one operation only",
        where="services/rapi_gateway/usecases/submit.py",
        otherwise="another operation is answered with the first one's job",
        old="        row.check_same(intent)\n",
        new="",
        held_by=(f"{SUBMISSIONS}::test_a_key_used_for_another_operation_is_refused",),
    ),
    Guard(
        name="the oldest of a target goes first",
        where=STATEMENTS,
        otherwise="two submissions for one instance overtake each other",
        old="        .ext(distinct_on(C.cluster, C.target))\n",
        new="",
        held_by=(f"{TROUBLE}::test_a_drained_queue_holds_submissions_back_in_their_order",),
    ),
    Guard(
        name="one in hand per target",
        where=STATEMENTS,
        otherwise="a submission is delivered twice at once",
        old="            ~sa.exists().where(taken.c.cluster == head.c.cluster, "
        "taken.c.target == head.c.target),\n",
        new="            taken.c.cluster.is_distinct_from('') | True,\n",
        held_by=(f"{CLAIMS}::test_what_is_in_hand_is_not_given_out_again",),
    ),
    Guard(
        name="a job depends on the job before it of its target",
        where=COURIER,
        otherwise="Ganeti runs a stop before the create it is for",
        old="        if await queries.is_live(link, job):\n            return (job,)\n",
        new="",
        held_by=(f"{TOLD}::test_a_job_comes_after_the_one_before_it_on_its_instance",),
    ),
    Guard(
        name="what may have been sent is looked for by its mark",
        where=COURIER,
        otherwise="a lost answer costs a second job",
        old="        if job is not None:\n            await self._accept(link, row, job)",
        new="        if False:\n            await self._accept(link, row, job)",
        held_by=(f"{RACES}::test_a_crash_between_sending_and_the_answer_leaves_one_job",),
    ),
    Guard(
        name="it counts as lost only after the settle time",
        where=COURIER,
        otherwise="it is sent again while Ganeti still takes it in",
        old="if row.sent_for < cluster.view.settle:",
        new="if row.sent_for < 0:",
        held_by=(f"{CLAIMS}::test_what_was_sent_just_now_is_not_sent_again",),
    ),
    Guard(
        name="what must not happen twice is not repeated on a guess",
        where=COURIER,
        otherwise="a server is rebooted or reinstalled twice",
        old="elif row.kind in ONCE and not (same_epoch and row.sent_for < ARCHIVED_AFTER):",
        new="elif False:",
        held_by=(f"{RACES}::test_a_reboot_nobody_can_account_for_is_not_repeated",),
    ),
    Guard(
        name="before it counts as lost, the job history is asked for",
        where=COURIER,
        otherwise="a job with a low id, after a restored serial, is missed and sent again",
        old="elif same_epoch and not await self._is_same_history(row, cluster):",
        new="elif False:",
        held_by=(f"{CLAIMS}::test_before_anything_counts_as_lost_the_history_is_looked_at",),
    ),
    Guard(
        name="what a create made is known by its tag",
        where=COURIER,
        otherwise="a create whose job was archived is sent again",
        old="if row.kind in CREATES and (found := await made(link, row)).is_so:",
        new="if (found := Look()).is_so:",
        held_by=(f"{CLAIMS}::test_a_create_in_doubt_is_known_by_what_it_made",),
    ),
    Guard(
        name="looks before it sends",
        where=COURIER,
        otherwise="what is so already becomes a job that fails",
        old="found = Look() if after else await look(link, row)",
        new="found = Look()",
        held_by=(
            f"{RACES}::test_an_instance_made_for_the_key_is_adopted",
            f"{CHANGES}::test_what_is_so_already_makes_no_job",
        ),
    ),
    Guard(
        name="only what was not sent is taken back",
        where=STATEMENTS,
        otherwise="a caller is told that nothing happened, and it happens",
        old="where(*ROW, IS_PENDING, C.sending_at.is_(None))",
        new="where(*ROW, IS_PENDING)",
        held_by=(f"{CLAIMS}::test_what_is_on_its_way_cannot_be_taken_back",),
    ),
    Guard(
        name="a cluster is held while it is changed",
        where=CLUSTERS,
        otherwise="of two changes at once one is lost, and a version is given out twice",
        old="            statement = statement.with_for_update()\n",
        new="            pass\n",
        held_by=(f"{CLAIMS}::test_changes_of_a_cluster_at_once_are_all_made",),
    ),
    Guard(
        name="a uuid is registered once",
        where=CLUSTERS,
        otherwise="one Ganeti is two clusters, and its capacity is promised twice",
        old="        except IntegrityError as taken:\n",
        new="        except ZeroDivisionError as taken:\n",
        held_by=(f"{REGISTRATION}::test_one_ganeti_cluster_is_registered_once",),
    ),
    Guard(
        name="a name that comes back goes on counting epochs",
        where=CLUSTERS,
        otherwise="its jobs are taken for those of the cluster before it",
        old='update={"version": old.view.version + 1, "epoch": old.view.epoch + 1}',
        new='update={"version": old.view.version + 1}',
        held_by=(
            f"{REGISTRATION}::test_jobs_of_a_cluster_that_was_removed_are_not_those_of_the_next_of_its_name",
        ),
    ),
    Guard(
        name="an epoch is ended once, however many see the break",
        where=HISTORIES,
        otherwise="each report of the same break begins an epoch",
        old="if held.view.epoch == after:",
        new="if True:",
        held_by=(
            "tests/integration/rapi_gateway/test_histories.py::test_a_history_is_broken_off_once",
        ),
    ),
    Guard(
        name="a job id that is not new begins an epoch, once",
        where=REGISTRY,
        otherwise="each job accepted after the break begins another epoch",
        old="    if held.view.epoch != epoch:  # somebody has noticed already\n"
        "        return held.view.epoch\n",
        new="",
        held_by=(f"{CLAIMS}::test_of_two_that_see_the_same_break_one_begins_the_epoch",),
    ),
    Guard(
        name="a job id of an older epoch replaces nothing",
        where="services/rapi_gateway/ganeti/link.py",
        otherwise="after a break newer jobs count as seen, and are not looked for",
        old="        elif epoch == self.epoch:\n",
        new="        else:\n",
        held_by=(f"{CLAIMS}::test_a_job_id_of_an_older_epoch_raises_nothing",),
    ),
    Guard(
        name="a new master begins a new epoch",
        where=OBSERVATION,
        otherwise="ids given out again after a failover are taken for jobs of before",
        old="if before and before != master:",
        new="if False:",
        held_by=(f"{TROUBLE}::test_a_new_master_begins_a_new_epoch",),
    ),
    Guard(
        name="only the registered uuid is believed",
        where="services/rapi_gateway/ganeti/link.py",
        otherwise="another cluster is sent what is meant for this one",
        old='if self._access.uuid and info.get("uuid") != self._access.uuid:',
        new="if False:",
        held_by=(f"{RACES}::test_only_the_cluster_with_the_known_uuid_is_believed_elsewhere",),
    ),
)

"""The guards in what all services stand on: the outbox, sagas, jobs, repeated requests."""

from typing import Final

from tests.guards.guard import Guard

RELAY: Final = "shared/bus/relay.py"
MESSAGES: Final = "shared/db/messaging.py"
MISSED: Final = "tests/integration/shared/test_resending.py"
SAGAS: Final = "shared/db/saga_statements.py"
RUNNER: Final = "shared/saga/runner.py"
JOBS: Final = "shared/db/jobs.py"
REPEATS: Final = "shared/db/idempotency.py"
RELAYS: Final = "tests/integration/shared/test_bus_relay.py"
ENGINE: Final = "tests/integration/shared/test_sagas.py"
INBOX: Final = "tests/integration/shared/test_inbox.py"
NEWS: Final = "tests/integration/shared/test_jobs.py"
CLAIMS: Final = "tests/integration/shared/test_idempotency.py"
F01: Final = "tests/faults/test_f01_broker_killed.py"
F19: Final = "tests/faults/test_f19_repeated_and_reordered.py"

GUARDS: Final = (
    Guard(
        name="one relay at a time per database",
        where=RELAY,
        otherwise="two relays swap one resource's news",
        old="        if not await statements.our_turn.value(connection):\n            return 0\n",
        new="",
        held_by=(f"{RELAYS}::test_a_second_relay_keeps_its_hands_off_while_the_first_is_at_it",),
    ),
    Guard(
        name="news leave in the order of their rows",
        where=RELAY,
        otherwise="an older state of a resource comes after a newer one",
        old="            .order_by(outbox.c.id)\n",
        new="            .order_by(outbox.c.id.desc())\n",
        held_by=(f"{RELAYS}::test_rows_go_out_once_and_in_the_order_they_were_written",),
    ),
    Guard(
        name="a row is marked after the bus took it",
        where=RELAY,
        otherwise="a crash in between loses news",
        old="            await bus.publish(list(waiting.values()))\n"
        "            await statements.mark.count(connection, ids=list(waiting))\n",
        new="            await statements.mark.count(connection, ids=list(waiting))\n"
        "            await connection.commit()\n"
        "            await bus.publish(list(waiting.values()))\n",
        held_by=(
            f"{RELAYS}::test_rows_that_the_bus_refuses_are_still_there_for_the_next_try",
            f"{RELAYS}::test_a_relay_that_dies_between_confirm_and_commit_publishes_again",
        ),
    ),
    Guard(
        name="who prunes passes by what another prunes",
        where=RELAY,
        otherwise="replicas that prune wait for each other, or kill each other's statement",
        old="        .with_for_update(skip_locked=True)\n",
        new="        .with_for_update()\n",
        held_by=(f"{RELAYS}::test_who_prunes_does_not_wait_for_another_who_does",),
    ),
    Guard(
        name="what is told again waits for what is on its way",
        where=MESSAGES,
        otherwise="news that is out but not marked yet is missed by a queue that was just made",
        old="    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(RELAYING)))\n",
        new="",
        held_by=(f"{MISSED}::test_what_is_on_its_way_is_waited_for",),
    ),
    Guard(
        name="what is told again is told once for one wish",
        where="shared/bus/resending.py",
        otherwise="what goes out again is taken back again, for as long as clocks may be apart",
        old="        until = now if asked is None else min(now, asked + SKEW)\n",
        new="        until = now if asked is None else asked + SKEW\n",
        held_by=(f"{MISSED}::test_what_is_out_again_is_not_taken_back_once_more",),
    ),
    Guard(
        name="whoever makes a queue asks for what it missed",
        where="shared/bus/consumer.py",
        otherwise="what a broker lost with its disk, or before it wrote a queue down, is lost",
        old="                await make_up(connection, self._subscription, self._deadlines)\n",
        new="                pass\n",
        held_by=(
            f"{MISSED}::test_a_queue_that_was_lost_with_news_in_it_gets_the_news_again",
            f"{F01}::test_a_broker_that_lost_all_it_had_is_told_again",
        ),
    ),
    Guard(
        name="an outbox whose queue of wishes was lost tells all again",
        where="shared/bus/resending.py",
        otherwise="who asked while this service was away asked in vain",
        old="            missed=self._everything,\n",
        new="",
        held_by=(
            f"{MISSED}::test_an_outbox_whose_service_was_away_when_the_broker_was_lost_tells_all_again",
        ),
    ),
    Guard(
        name="a saga is claimed by one runner",
        where=SAGAS,
        otherwise="two runners take the same step at once",
        old="        .with_for_update(skip_locked=True)\n",
        new="",
        held_by=(f"{ENGINE}::test_two_runners_never_hold_the_same_saga",),
    ),
    Guard(
        name="and by nobody else while its lease lasts",
        where=SAGAS,
        otherwise="a step that takes long is taken twice at once",
        old="            sagas.c.leased_until <= sa.func.now(),\n",
        new="",
        held_by=(f"{ENGINE}::test_a_saga_that_is_held_is_not_given_out",),
    ),
    Guard(
        name="every write proves the lease by its number",
        where=SAGAS,
        otherwise="a runner that slept overwrites what its heir did",
        old='        sagas.c.lease == sa.bindparam("held"),\n',
        new='        sa.bindparam("held", type_=sa.BigInteger) >= 0,\n',
        held_by=(f"{ENGINE}::test_who_lost_a_saga_writes_nothing_of_it",),
    ),
    Guard(
        name="a superseded saga writes nothing",
        where=SAGAS,
        otherwise="what a delete took over goes on beside it",
        old="    live = sa.and_(ours, sagas.c.ended_at.is_(None))\n",
        new="    live = ours\n",
        held_by=(
            f"{ENGINE}::test_the_step_of_a_superseded_saga_is_cancelled_at_the_next_renewal",
            f"{ENGINE}::test_a_superseded_saga_writes_nothing_and_its_successor_waits_for_its_step",
        ),
    ),
    Guard(
        name="a successor waits for the step that still runs",
        where=SAGAS,
        otherwise="two steps work on one server at once",
        old="            ~still_held,\n",
        new="",
        held_by=(
            f"{ENGINE}::test_a_superseded_saga_writes_nothing_and_its_successor_waits_for_its_step",
        ),
    ),
    Guard(
        name="one live saga per subject",
        where="shared/db/sagas.py",
        otherwise="two sagas work on one server",
        old='            "sagas_one_live",\n            "subject",\n            unique=True,\n',
        new='            "sagas_one_live",\n            "subject",\n',
        held_by=(f"{ENGINE}::test_a_subject_has_one_live_saga",),
    ),
    Guard(
        name="a knock while a step runs counts for more than its pause",
        where=SAGAS,
        otherwise="news that come while a step asks are slept through",
        old='"wake_at": sa.case((undisturbed, due), else_=sagas.c.wake_at),',
        new='"wake_at": sa.case((undisturbed, due), else_=due),',
        held_by=(f"{ENGINE}::test_a_knock_while_a_step_runs_is_not_lost",),
    ),
    Guard(
        name="a knock always changes when a saga is due",
        where=SAGAS,
        otherwise="a knock at the very moment of the claim is not noticed",
        old="sa.func.least(sagas.c.wake_at, sa.func.now()) - MOMENT)",
        new="sa.func.least(sagas.c.wake_at, sa.func.now()))",
        held_by=(f"{ENGINE}::test_a_knock_while_a_step_runs_is_not_lost",),
    ),
    Guard(
        name="what a saga waits for is written before it asks",
        where=RUNNER,
        otherwise="news that come after the question find nobody who waits",
        old="        if onward.held.awaiting not in {None, held.awaiting}:\n"
        "            return False\n",
        new="",
        held_by=(f"{ENGINE}::test_what_a_saga_waits_for_is_written_before_it_asks",),
    ),
    Guard(
        name="a step ends when its lease is lost",
        where=RUNNER,
        otherwise="it goes on sending while somebody else has taken over",
        old="                    if not await sagas.renew(held):\n"
        "                        return None\n",
        new="                    await sagas.renew(held)\n",
        held_by=(f"{ENGINE}::test_the_step_of_a_superseded_saga_is_cancelled_at_the_next_renewal",),
    ),
    Guard(
        name="news of a job count by rank, not by arrival",
        where=JOBS,
        otherwise="a late `running` undoes a job's end",
        old="        where=jobs.c.rank < new.excluded.rank,\n",
        new="",
        held_by=(
            f"{NEWS}::test_a_final_status_is_never_overwritten",
            f"{F19}::test_whatever_the_order_the_end_is_the_same",
        ),
    ),
    Guard(
        name="and within one batch",
        where=JOBS,
        otherwise="a late `running` in the same batch undoes a job's end",
        old="if key not in best or RANK[fact.status] > RANK[best[key].status]:",
        new="if True:",
        held_by=(f"{NEWS}::test_a_final_status_is_never_overwritten",),
    ),
    Guard(
        name="who asks for a job waits for news that are being written",
        where=JOBS,
        otherwise="a saga reads old news and sleeps through the new",
        old="    touched = new.on_conflict_do_update("
        'index_elements=keys, set_={"rank": jobs.c.rank})\n'
        "    return Prepared(touched.returning(jobs.c.fact), by_itself=True)",
        new="    del new, keys\n"
        "    known = sa.select(jobs.c.fact).where(\n"
        '        jobs.c.cluster == sa.bindparam("where"),\n'
        '        jobs.c.epoch == sa.bindparam("history"),\n'
        '        jobs.c.job_id == sa.bindparam("number"),\n'
        "    )\n"
        "    return Prepared(known, by_itself=True)",
        held_by=(
            f"{NEWS}::test_whoever_asks_for_a_job_waits_for_news_of_it_that_is_being_written",
        ),
    ),
    Guard(
        name="a message is seen for the first time once",
        where="shared/db/messaging.py",
        otherwise="a message that is delivered again is an error for ever, or counts twice",
        old="            .on_conflict_do_nothing()\n",
        new="",
        held_by=(f"{INBOX}::test_a_message_is_seen_for_the_first_time_once",),
    ),
    Guard(
        name="a key in use is not claimed",
        where=REPEATS,
        otherwise="a repeated request does the work twice",
        old="        table.c.leased_until < now,\n",
        new="",
        held_by=(
            f"{CLAIMS}::test_a_claim_runs_until_it_is_answered",
            f"{CLAIMS}::test_of_many_at_once_one_gets_the_claim",
        ),
    ),
    Guard(
        name="an answered key is not claimed",
        where=REPEATS,
        otherwise="after the lease a repeated request does the work twice",
        old="        table.c.sealed_answer.is_(None),\n        table.c.leased_until",
        new="        table.c.leased_until",
        held_by=(f"{CLAIMS}::test_what_was_answered_is_not_done_again_when_the_lease_is_over",),
    ),
    Guard(
        name="a key fits one body only",
        where=REPEATS,
        otherwise="another request takes over an abandoned one and is answered in its name",
        old="        table.c.body_hash == body_hash,\n    )\n    return",
        new="    )\n    return",
        held_by=(f"{CLAIMS}::test_a_dead_holder_blocks_only_until_its_lease_ends",),
    ),
    Guard(
        name="only the holder of a claim answers",
        where=REPEATS,
        otherwise="work that was taken over is done by both",
        old='table.c.claim == sa.bindparam("token"))',
        new='sa.bindparam("token", type_=sa.Uuid).is_not(None))',
        held_by=(f"{CLAIMS}::test_losing_the_lease_undoes_the_work_of_the_transaction",),
    ),
    Guard(
        name="only the holder of a claim gives it back",
        where=REPEATS,
        otherwise="a third request does the work beside the one that took over",
        old="                table.c.claim == claim.token,\n"
        "                table.c.sealed_answer.is_(None),\n            )\n        )\n\n\n",
        new="                table.c.sealed_answer.is_(None),\n            )\n        )\n\n\n",
        held_by=(f"{CLAIMS}::test_who_lost_the_lease_can_neither_answer_nor_forget",),
    ),
    Guard(
        name="an answer is not forgotten",
        where=REPEATS,
        otherwise="a failure after the answer makes its repeat do the work again",
        old="                table.c.sealed_answer.is_(None),\n            )\n        )\n\n\n",
        new="            )\n        )\n\n\n",
        held_by=(f"{CLAIMS}::test_an_answer_is_not_forgotten",),
    ),
    Guard(
        name="one process migrates a database",
        where="shared/db/migrate.py",
        otherwise="services that start together break each other's migration",
        old="        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))\n",
        new="",
        held_by=(
            "tests/integration/shared/test_migrating.py::test_processes_that_migrate_at_once_do_it_once",
        ),
    ),
)

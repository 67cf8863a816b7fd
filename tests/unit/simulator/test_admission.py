"""Filter rules and ad-hoc rate limits: which queued jobs may start."""

from typing import Any

import pytest

from deploy.simulator.jobs.admission import Verdict, admit
from deploy.simulator.model import FilterRule, Job, Op


def _job(number: int = 5, opcode: str = "OP_TAGS_SET", reason: str = "") -> Job:
    trail = [["gnt:user", reason, 1], ["gnt:opcode:tags_set", f"job={number};index=0", 2]]
    op = Op(input={"OP_ID": opcode, "priority": 0, "depends": None, "reason": trail})
    return Job(id=number, ops=[op], received=(1, 0))


def _rule(action: Any, *predicates: list[Any], priority: int = 0) -> FilterRule:
    return FilterRule(
        uuid=f"u{priority}",
        watermark=4,
        priority=priority,
        predicates=list(predicates),
        action=action,
        reason_trail=[],
    )


OPCODE = ["opcode", ["=", "OP_ID", "OP_TAGS_SET"]]


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([], Verdict.START),
        ([_rule("PAUSE")], Verdict.HOLD),
        ([_rule("REJECT", OPCODE)], Verdict.REJECT),
        ([_rule("REJECT", ["opcode", ["=", "OP_ID", "OP_OTHER"]])], Verdict.START),
        ([_rule("REJECT", OPCODE, ["opcode", ["=", "OP_ID", "OP_OTHER"]])], Verdict.START),
        ([_rule("REJECT", priority=1), _rule("ACCEPT", OPCODE)], Verdict.START),
        ([_rule("REJECT", priority=1), _rule("CONTINUE", OPCODE)], Verdict.REJECT),
        ([_rule("PAUSE", ["jobid", [">", "id", "watermark"]])], Verdict.HOLD),
        ([_rule("PAUSE", ["jobid", ["<=", "id", "watermark"]])], Verdict.START),
        ([_rule("PAUSE", ["reason", ["=", "source", "gnt:user"]])], Verdict.HOLD),
        ([_rule("PAUSE", ["reason", ["=~", "reason", "^maintenance"]])], Verdict.START),
        ([_rule(["RATE_LIMIT", 2], OPCODE)], Verdict.START),
        ([_rule(["RATE_LIMIT", 1], OPCODE)], Verdict.HOLD),
    ],
)
def test_the_first_rule_that_applies_decides(rules: list[FilterRule], verdict: Verdict) -> None:
    assert admit(_job(), rules, [_job(3)]) is verdict


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("rate-limit:1:bucket", Verdict.HOLD),
        ("rate-limit:2:bucket", Verdict.START),
        ("rate-limit:1:other", Verdict.START),
        ("rate-limit:x:bucket", Verdict.START),
    ],
)
def test_a_reason_may_limit_how_many_of_its_bucket_run(reason: str, verdict: Verdict) -> None:
    running = [_job(3, reason="rate-limit:1:bucket"), _job(4)]
    assert admit(_job(reason=reason), [], running) is verdict

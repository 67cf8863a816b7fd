"""Which queued jobs may start: the filter rules of operators, and rate limits in reasons."""

import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any

from deploy.simulator.model import FilterRule, Job, Json
from deploy.simulator.query import filters
from deploy.simulator.query.cells import UNKNOWN, normal

_AD_HOC = re.compile(r"rate-limit:(\d+):(.+)")


class Verdict(Enum):
    """What the rules say about a queued job."""

    START = auto()
    HOLD = auto()
    REJECT = auto()


def admit(job: Job, rules: Iterable[FilterRule], running: Iterable[Job]) -> Verdict:
    """Whether a job may start while those others run."""
    others = list(running)
    if not _within_ad_hoc_limits(job, others):
        return Verdict.HOLD
    for rule in sorted(rules, key=lambda rule: (rule.priority, rule.watermark, rule.uuid)):
        if rule.action == "CONTINUE" or not applies(rule, job):
            continue
        if rule.action == "ACCEPT":
            return Verdict.START
        if rule.action == "REJECT":
            return Verdict.REJECT
        if rule.action == "PAUSE" or not _below(rule, others):
            return Verdict.HOLD
    return Verdict.START


def applies(rule: FilterRule, job: Job) -> bool:
    """Whether all predicates of a rule are true of a job."""
    return all(_holds(predicate, rule, job) for predicate in rule.predicates)


def _below(rule: FilterRule, running: list[Job]) -> bool:
    return sum(applies(rule, other) for other in running) < int(rule.action[1])


def _holds(predicate: list[Any], rule: FilterRule, job: Job) -> bool:
    kind, raw = predicate
    if kind == "jobid":
        return _true(_with_watermark(raw, rule), {"id": job.id})
    if kind == "opcode":
        return any(_true(raw, op.input) for op in job.ops)
    return any(
        _true(raw, dict(zip(("source", "reason", "timestamp"), entry, strict=True)))
        for op in job.ops
        for entry in op.input["reason"]
    )


def _with_watermark(raw: Any, rule: FilterRule) -> Any:
    if not isinstance(raw, list):
        return rule.watermark if raw == "watermark" else raw
    return [_with_watermark(part, rule) for part in raw]


def _true(raw: Any, values: Json) -> bool:
    test = filters.read(raw, set(), lambda _name: True)
    try:
        return test(lambda name: normal(values[name]) if name in values else UNKNOWN) and all(
            name in values for name in _names(raw)
        )
    except filters.Incomparable:
        return False


def _names(raw: Any) -> set[str]:
    names: set[str] = set()
    filters.read(raw, names, lambda _name: True)
    return names


def _buckets(job: Job) -> dict[str, int]:
    """The ad-hoc limits in a job's reasons: bucket and how many of it may run."""
    found = {}
    for op in job.ops:
        for _source, reason, _at in op.input["reason"]:
            if reason.startswith("rate-limit:") and (match := _AD_HOC.fullmatch(reason)):
                found[match[2]] = int(match[1])
    return found


def _within_ad_hoc_limits(job: Job, running: list[Job]) -> bool:
    limits = _buckets(job)
    if not limits:
        return True
    used = Counter(bucket for other in running for bucket in _buckets(other))
    return all(used[bucket] < most for bucket, most in limits.items())

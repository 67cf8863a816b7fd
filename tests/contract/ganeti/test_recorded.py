"""Exchanges recorded on a real Ganeti 3.0.2, replayed in order."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.ganeti.matching import difference
from tests.contract.ganeti.target import Target

_GROUPS = ("discovery", "network", "create", "lifecycle", "errors", "delete", "extra")
_FOLDER = Path(__file__).parent / "cases"

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


def _cases() -> list[Any]:
    found = []
    for group in _GROUPS:
        cases = json.loads((_FOLDER / f"{group}.json").read_text())
        found += [pytest.param(case, id=f"{group}/{case['name']}") for case in cases]
    return found


@pytest.mark.parametrize("case", _cases())
async def test_answers_as_recorded(target: Target, case: dict[str, Any]) -> None:
    if "simulator_only" in case and target.real:
        pytest.skip(case["simulator_only"])
    case = json.loads(target.filled(json.dumps(case)))
    answer = await target.call(
        case["method"],
        case["path"],
        case.get("body"),
        raw=case.get("raw"),
        user=case.get("user", "writer"),
        content_type=case.get("content_type", "application/json"),
    )
    assert answer.status == case["status"], answer.text
    if "answer" in case:
        assert difference(case["answer"], answer.json) is None
    if "job" in case:
        assert isinstance(answer.json, int), answer.text
        job = await target.job(answer.json)
        assert difference(case["job"], _shown(job)) is None


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    ops = [_without_reason(op) for op in job["ops"]]
    return {
        "status": job["status"],
        "summary": job["summary"],
        "result": job["opresult"],
        "log": [[entry[3] for entry in log] for log in job["oplog"]],
        "ops": ops,
    }


def _without_reason(op: dict[str, Any]) -> dict[str, Any]:
    """Opcodes, and opcodes inside opcodes, without their trails, which are all different."""
    shown = {name: value for name, value in op.items() if name != "reason"}
    if op["OP_ID"] == "OP_INSTANCE_MULTI_ALLOC":
        shown["instances"] = [_without_reason(inner) for inner in op["instances"]]
    return shown

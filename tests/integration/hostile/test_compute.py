"""The compute service takes nothing it should not, and tells strangers nothing."""

import pytest

from tests.integration.hostile.matrix import cross, unguarded
from tests.integration.hostile.target import Target
from tests.integration.hostile.walking import Findings, walk

pytestmark = pytest.mark.timeout(600)


async def test_hostile_requests_are_refused_and_change_nothing(compute: Target) -> None:
    findings = Findings()
    await walk(compute, findings)
    assert findings.asked > 1000
    assert not findings.wrong, "\n".join(findings.wrong)


async def test_nobody_sees_or_does_what_is_others(compute: Target) -> None:
    findings = Findings()
    await cross(compute, findings)
    assert not findings.wrong, "\n".join(findings.wrong)
    assert unguarded(compute.notes) == []

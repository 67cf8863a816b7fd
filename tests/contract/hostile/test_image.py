"""The image service takes nothing it should not, and tells strangers nothing."""

from tests.contract.hostile.matrix import compare, refuse_members, unguarded
from tests.contract.hostile.target import Target
from tests.contract.hostile.walking import Findings, walk


async def test_hostile_requests_are_refused_and_change_nothing(image: Target) -> None:
    findings = Findings()
    await walk(image, findings)
    assert findings.wrong == []


async def test_strangers_cannot_tell_what_is_there(image: Target) -> None:
    findings = Findings()
    await compare(image, findings)
    assert findings.wrong == []


async def test_members_are_refused_what_is_for_administrators(image: Target) -> None:
    findings = Findings()
    await refuse_members(image, findings)
    assert findings.wrong == []
    assert unguarded(image.notes) == []

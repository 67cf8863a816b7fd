"""Addressing an instance's devices: by index, uuid or name."""

from collections.abc import Sequence
from typing import Any

from deploy.simulator.logic.run import NOT_UNIQUE, WRONG_INPUT, Run, failure, prereq
from deploy.simulator.model import Disk, Json, Nic

Modification = tuple[str, Any, Json]  # action, which device, parameters


def as_modifications(given: list[list[Any]], kind: str) -> list[Modification]:
    """Both forms a body may have, as one; and at most one addition or removal."""
    found: list[Modification] = []
    for item in given:
        if len(item) == 3:
            found.append((item[0], item[1], item[2]))
        elif isinstance(item[0], str):
            found.append((item[0], -1, item[1]))
        else:
            found.append(("modify", item[0], item[1]))
    if sum(action != "modify" for action, _, _ in found) > 1:
        raise prereq(
            f"Only one {kind} add/attach/remove/detach operation is supported at a time",
            WRONG_INPUT,
        )
    return found


def plugged(run: Run, label: str, *, hotplug: bool) -> list[list[Any]]:
    """What the result says of a device on its way into a running instance, or out of it.

    One that does not get there is no error: the job is a success, and only its result tells.
    """
    if not hotplug:
        return []
    run.info("Trying to hotplug device...")
    faults = run.world.faults
    if faults.fail_hotplugs > 0:
        faults.fail_hotplugs -= 1
        run.warn("Could not hotplug device: Error while executing hotplug action")
        run.info("Continuing execution..")
        return [[label, "hotplug:failed"]]
    run.info("Hotplug done.")
    return [[label, "hotplug:done"]]


def refuse_duplicate_name(kind: str, name: str | None, taken: set[str | None]) -> None:
    """Device names are unique within an instance."""
    if name is not None and name in taken:
        raise prereq(f"{kind} name '{name}' already used", NOT_UNIQUE)


def position(kind: str, which: Any, devices: Sequence[Disk | Nic]) -> int | None:
    """The index of the device, None when nothing matches.

    Raises:
        OpFailed: when it is an index out of range.
    """
    try:
        index = int(which)
    except ValueError:
        matches = (i for i, d in enumerate(devices) if which in (d.uuid, d.name))
        return next(matches, None)
    if index == -1:
        return len(devices) - 1
    if index < 0:
        raise prereq("Not accepting negative indices other than -1", WRONG_INPUT)
    if index >= len(devices):
        raise failure(f"Got {kind} index {index}, but there are only {len(devices)}")
    return index

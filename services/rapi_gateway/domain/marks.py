"""The marks by which we know our own work in Ganeti: job reasons, comments and tags."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

PREFIX: Final = "cyclades:"
CLAIMS: Final = ("gnt:user", "gnt:client")  # sources of reasons that people and tools give


def mark(key: UUID) -> str:
    """Return the text that ties a job to its submission."""
    return f"{PREFIX}{key}"


def reason(key: UUID, request_id: str | None) -> str:
    """Return the reason of a job: our mark, and the request it serves."""
    return f"{mark(key)};{request_id}" if request_id else mark(key)


def intent_tag(key: UUID) -> str:
    """Return the tag of what a create submission made."""
    return f"{PREFIX}intent:{key}"


def is_marked(opcodes: Iterable[Any], key: UUID) -> bool:
    """Whether one of a job's opcodes carries the mark, in its reason or its comment."""
    ours = mark(key)
    for opcode in opcodes:
        if not isinstance(opcode, dict):
            continue
        trail = [entry[1] for entry in opcode.get("reason") or () if len(entry) > 1]
        texts = [opcode.get("comment"), *trail]
        if any(isinstance(text, str) and text.split(";", 1)[0] == ours for text in texts):
            return True
    return False


def is_unclaimed(opcodes: Iterable[Any]) -> bool:
    """Whether nobody has said who a job is for: neither a tool, nor a user of RAPI."""
    for opcode in opcodes:
        if not isinstance(opcode, dict):
            continue
        sources = [str(entry[0]) for entry in opcode.get("reason") or () if entry]
        if opcode.get("comment") or any(source.startswith(CLAIMS) for source in sources):
            return False
    return True

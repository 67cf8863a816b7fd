"""Facts about Ganeti 3.0.2 that are data: opcodes, query fields, cluster defaults."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One opcode parameter: its type (see `validation`) and its default."""

    name: str
    kind: Any
    default: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Opcode:
    """An opcode: which parameter its summary shows, and all its parameters."""

    summary: str | None
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the query API, as clients are told about it."""

    name: str
    title: str
    kind: str
    doc: str

    def as_json(self) -> dict[str, str]:
        """The definition as the wire has it."""
        return {"name": self.name, "title": self.title, "kind": self.kind, "doc": self.doc}


def unknown_field(name: str) -> Field:
    """How Ganeti describes a field it does not have."""
    return Field(name=name, title=name, kind="unknown", doc=f"Unknown field '{name}'")


def _load(name: str) -> Any:
    return json.loads((_DATA / name).read_text())


def _parameters(rows: list[list[Any]], types: list[Any]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name=n, kind=types[kind], default=value) for n, kind, value in rows)


_RAW = _load("opcodes.json")
COMMON = {p.name: p for p in _parameters(_RAW["common"], _RAW["types"])}
OPCODES = {
    name: Opcode(summary=raw["summary"], parameters=_parameters(raw["params"], _RAW["types"]))
    for name, raw in _RAW["opcodes"].items()
}
FIELDS = {
    resource: {row[0]: Field(name=row[0], title=row[1], kind=row[2], doc=row[3]) for row in rows}
    for resource, rows in _load("query_fields.json").items()
}
CLUSTER: dict[str, Any] = _load("cluster.json")

"""Draws bodies that a model takes, or nearly: what is legal gets deeper than what is not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel
from pydantic.errors import PydanticInvalidForJsonSchema

from services.network.api.schemas.attributes import Table

Json = dict[str, Any]
Names = Mapping[str, Any]  # legal values of fields, by the field's name
NOBODY = str(UUID(int=0x1111))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a part of a body may be, as the service reads it."""

    name: str
    fields: tuple[str, ...]  # of an object
    closed: bool  # whether it has no others
    draw: Callable[[Names, str], Any] = field(compare=False)  # for a method; legal or nearly


def shape_of_model(model: type[BaseModel]) -> Shape:
    """Return what a pydantic model takes."""
    if issubclass(model, RootModel):  # an action: which one is no member to make up
        return Shape(model.__qualname__, (), closed=False, draw=lambda _names, _method: {})
    try:
        schema = model.model_json_schema(by_alias=True)
    except PydanticInvalidForJsonSchema:
        schema = {"properties": {name: {} for name in model.model_fields}, "type": "object"}
    return Shape(
        name=model.__qualname__,
        fields=tuple(schema.get("properties", {})),
        closed=model.model_config.get("extra") == "forbid",
        draw=lambda names, _method: _sample(schema, schema, "", names),
    )


def shape_of_table(table: Table) -> Shape:
    """Return what a table of Neutron's attributes takes."""

    def draw(names: Names, method: str) -> Json:
        creates = method == "POST"
        settable = [
            each
            for each in table.attributes
            if each.check is not None and (each.create if creates else each.update)
        ]
        wanted = [each.key for each in settable if each.key in names and not each.admin]
        return {key: names[key] for key in wanted}

    fields = tuple(each.key for each in table.attributes)
    return Shape(name=table.singular, fields=fields, closed=True, draw=draw)


def _sample(schema: Json, root: Json, name: str, names: Names) -> Any:
    if name in names:
        return names[name]
    if "$ref" in schema:
        return _sample(root["$defs"][schema["$ref"].rpartition("/")[2]], root, "", names)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            options = [each for each in schema[choice] if each.get("type") != "null"]
            return _sample((options or schema[choice])[0], root, name, names)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    return _plain(schema, root, names)


def _plain(schema: Json, root: Json, names: Names) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, root, names)
        case "array":
            item = schema.get("items", {})
            return [_sample(item, root, "", names)] if item else []
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
        case "string":
            return NOBODY if schema.get("format") == "uuid" else "sample"
        case _:
            return {}


def _object(schema: Json, root: Json, names: Names) -> Json:
    known = schema.get("properties", {})
    wanted = {*schema.get("required", ()), *(name for name in known if name in names)}
    drawn = {name: _sample(known[name], root, name, names) for name in known if name in wanted}
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict) and not known:
        drawn["k"] = _sample(extra, root, "", names)
    return drawn

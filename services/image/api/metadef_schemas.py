"""JSON schemas of metadata definitions, drawn from the bodies they are read by."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from services.image.api.schemas.metadef import (
    AssociationIn,
    NamedDefinition,
    NamespaceIn,
    ObjectIn,
    TagIn,
)
from shared.errors import NotFound
from shared.web.answers import answer

Schema = dict[str, Any]

OWN: Final[Schema] = {"readOnly": True, "type": "string"}
MOMENTS: Final[Schema] = dict.fromkeys(("created_at", "updated_at"), OWN)
LINKS: Final[Schema] = dict.fromkeys(("self", "schema"), OWN)


def _one(name: str, model: type[BaseModel], own: Schema) -> Schema:
    drawn = model.model_json_schema(ref_template="#/definitions/{model}")
    schema: Schema = {
        "name": name,
        "properties": {**drawn["properties"], **own},
        "required": drawn.get("required", []),
        "additionalProperties": False,
    }
    if "$defs" in drawn:
        schema["definitions"] = drawn["$defs"]
    return schema


def _many(name: str, item: Schema) -> Schema:
    definitions = {"definitions": item["definitions"]} if "definitions" in item else {}
    inner = {key: value for key, value in item.items() if key != "definitions"}
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": inner},
            **{link: {"type": "string"} for link in ("first", "next", "schema")},
        },
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
        **definitions,
    }


_NAMESPACE: Final = _one("namespace", NamespaceIn, MOMENTS | LINKS)
_OBJECT: Final = _one("object", ObjectIn, MOMENTS | LINKS)
_PROPERTY: Final = _one("property", NamedDefinition, {})
_TYPE: Final = _one("resource_type_association", AssociationIn, MOMENTS)
_TAG: Final = _one("tag", TagIn, MOMENTS)
SCHEMAS: Final[Mapping[str, Schema]] = {
    "namespace": _NAMESPACE,
    "namespaces": _many("namespaces", _NAMESPACE),
    "object": _OBJECT,
    "objects": _many("objects", _OBJECT),
    "property": _PROPERTY,
    "properties": _many("properties", _PROPERTY),
    "resource_type": _TYPE,
    "resource_types": _many("resource_type_associations", _TYPE),
    "tag": _TAG,
    "tags": _many("tags", _TAG),
}


async def show(request: web.Request) -> web.Response:
    """``GET /v2/schemas/metadefs/{name}``."""
    schema = SCHEMAS.get(request.match_info["name"])
    if schema is None:
        raise NotFound("The resource could not be found.")
    return answer(schema)


ROUTES: Final = (web.get("/v2/schemas/metadefs/{name}", show, allow_head=False),)

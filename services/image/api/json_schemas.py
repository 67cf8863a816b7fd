"""JSON schemas of what the API shows; clients build their models from them."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.image.domain.formats import CONTAINER_FORMATS, DISK_FORMATS
from services.image.domain.image import Visibility
from services.image.domain.member import MemberStatus
from shared.errors import NotFound
from shared.web.answers import answer

Schema = dict[str, Any]

UUID: Final = (
    "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
)


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _maybe(kind: str, description: str, **more: Any) -> Schema:
    return {"type": ["null", kind], "description": description, **more}


def _own(schema: Schema) -> Schema:
    return {**schema, "readOnly": True}


IMAGE: Final[Schema] = {
    "id": _text("An identifier for the image", pattern=UUID),
    "name": _maybe("string", "Descriptive name for the image", maxLength=255),
    "status": _own(
        _text(
            "Status of the image",
            enum=["queued", "saving", "active", "killed", "deleted", "uploading", "importing",
                  "pending_delete", "deactivated"],
        )
    ),
    "visibility": _text("Scope of image accessibility", enum=[each.value for each in Visibility]),
    "protected": {
        "type": "boolean",
        "description": "If true, image will not be deletable.",
    },
    "os_hidden": {
        "type": "boolean",
        "description": "If true, image will not appear in default image list response.",
    },
    "checksum": _own(_maybe("string", "md5 hash of image contents.", maxLength=32)),
    "os_hash_algo": _own(
        _maybe("string", "Algorithm to calculate the os_hash_value", maxLength=64)
    ),
    "os_hash_value": _own(
        _maybe("string", "Hexdigest of the image contents using os_hash_algo", maxLength=128)
    ),
    "owner": _maybe("string", "Owner of the image", maxLength=255),
    "size": _own(_maybe("integer", "Size of image file in bytes")),
    "virtual_size": _own(_maybe("integer", "Virtual size of image in bytes")),
    "container_format": _maybe(
        "string", "Format of the container", enum=[None, *CONTAINER_FORMATS]
    ),
    "disk_format": _maybe("string", "Format of the disk", enum=[None, *DISK_FORMATS]),
    "created_at": _own(_text("Date and time of image registration")),
    "updated_at": _own(_text("Date and time of the last image modification")),
    "tags": {
        "type": "array",
        "description": "List of strings related to the image",
        "items": {"type": "string", "maxLength": 255},
    },
    "min_ram": {
        "type": "integer",
        "description": "Amount of ram (in MB) required to boot image.",
    },
    "min_disk": {
        "type": "integer",
        "description": "Amount of disk space (in GB) required to boot image.",
    },
    "self": _own(_text("An image self url")),
    "file": _own(_text("An image file url")),
    "schema": _own(_text("An image schema url")),
    "architecture": _text("Operating system architecture", is_base=False),
    "os_distro": _text("Common name of operating system distribution", is_base=False),
    "os_version": _text("Operating system version as its distributor names it", is_base=False),
    "description": _text("A human-readable string describing this image", is_base=False),
}  # fmt: skip

MEMBER: Final[Schema] = {
    "member_id": _text("An identifier for the image member (tenantId)"),
    "image_id": _text("An identifier for the image", pattern=UUID),
    "created_at": _text("Date and time of image member creation"),
    "updated_at": _text("Date and time of last modification of image member"),
    "status": _text("The status of this image member", enum=[each.value for each in MemberStatus]),
    "schema": {"type": "string"},
}

TASK: Final[Schema] = {
    "id": _text("An identifier for the task", pattern=UUID),
    "type": _text("The type of task", enum=["import", "api_image_import", "location_import"]),
    "status": _text(
        "The current status of this task", enum=["pending", "processing", "success", "failure"]
    ),
    "input": _maybe("object", "The parameters required by task, JSON blob"),
    "result": _maybe("object", "The result of current task, JSON blob"),
    "owner": _text("An identifier for the owner of this task"),
    "message": _text("Human-readable informative message only included when appropriate"),
    "expires_at": _maybe("string", "Datetime when this resource would be subject to removal"),
    "created_at": _text("Datetime when this resource was created"),
    "updated_at": _text("Datetime when this resource was updated"),
    "self": {"type": "string", "readOnly": True},
    "schema": {"type": "string", "readOnly": True},
}

LINKS: Final = [
    {"rel": "self", "href": "{self}"},
    {"rel": "enclosure", "href": "{file}"},
    {"rel": "describedby", "href": "{schema}"},
]


def _one(name: str, properties: Schema) -> Schema:
    return {"name": name, "properties": properties}


def _many(name: str, item: Schema, *, pages: bool = True) -> Schema:
    properties: Schema = {name: {"type": "array", "items": item}}
    links = [{"rel": "describedby", "href": "{schema}"}]
    if pages:
        properties |= {"first": {"type": "string"}, "next": {"type": "string"}}
        links = [{"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"}, *links]
    properties["schema"] = {"type": "string"}
    return {"name": name, "properties": properties, "links": links}


_IMAGE: Final = {
    **_one("image", IMAGE),
    "additionalProperties": {"type": "string"},
    "links": LINKS,
}
SCHEMAS: Final[Mapping[str, Schema]] = {
    "image": _IMAGE,
    "images": _many("images", _IMAGE),
    "member": _one("member", MEMBER),
    "members": _many("members", _one("member", MEMBER), pages=False),
    "task": _one("task", TASK),
    "tasks": _many("tasks", _one("task", TASK)),
}


async def show(request: web.Request) -> web.Response:
    """``GET /v2/schemas/{name}``."""
    schema = SCHEMAS.get(request.match_info["name"])
    if schema is None:
        raise NotFound("The resource could not be found.")
    return answer(schema)


ROUTES: Final = (web.get("/v2/schemas/{name}", show, allow_head=False),)

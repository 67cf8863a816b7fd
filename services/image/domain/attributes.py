"""What the members of an image's JSON are called, and which of them callers may write."""

from typing import Final

from shared.errors import NotAllowed

# Callers set these, each by its own rules.
WRITABLE: Final = frozenset(
    {
        "name", "visibility", "protected", "os_hidden", "container_format", "disk_format",
        "min_disk", "min_ram", "owner", "tags",
    }
)  # fmt: skip
# Only the service sets these.
READ_ONLY: Final = frozenset(
    {
        "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url",
        "self", "file", "schema", "stores", "os_hash_algo", "os_hash_value",
    }
)  # fmt: skip
# Nobody sets these: they mean something to Glance that is not shown here.
RESERVED: Final = frozenset({"location", "locations", "deleted", "deleted_at"})
RESERVED_PREFIX: Final = "os_glance_"
BASE: Final = WRITABLE | READ_ONLY | RESERVED | {"id"}
LONGEST: Final = 255  # characters of a name, a tag, a property's name or its value


class AttributeNotWritable(NotAllowed):
    """The member of the image's JSON is not the caller's to write."""

    code = "image.attribute_not_writable"


def check_writable(name: str) -> None:
    """Let callers write the member, or not.

    Raises:
        AttributeNotWritable: it is the service's, or nobody's.
    """
    if name in READ_ONLY:
        raise AttributeNotWritable(f"Attribute '{name}' is read-only.")
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise AttributeNotWritable(f"Attribute '{name}' is reserved.")

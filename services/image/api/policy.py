"""Who may do what with images: Glance's rule names and defaults."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    SERVICE,
    PolicyRule,
)

# Images of everybody's, and what is shared: who sees them at all is not policy's to say.
VISIBLE: Final = (
    f"{PROJECT_READER_OR_ADMIN} or {SERVICE} or (role:reader and ('public':%(visibility)s or "
    "'community':%(visibility)s or 'shared':%(visibility)s))"
)

READ_DEFINITIONS: Final = f"role:reader or {ADMIN}"  # of those that are visible
DEFINITION_READS: Final = (
    "get_metadef_namespace", "get_metadef_namespaces", "get_metadef_object",
    "get_metadef_objects", "list_metadef_resource_types", "get_metadef_resource_type",
    "get_metadef_property", "get_metadef_properties", "get_metadef_tag", "get_metadef_tags",
)  # fmt: skip
DEFINITION_WRITES: Final = (
    "modify_metadef_namespace", "add_metadef_namespace", "delete_metadef_namespace",
    "modify_metadef_object", "add_metadef_object", "delete_metadef_object",
    "add_metadef_resource_type_association", "remove_metadef_resource_type_association",
    "modify_metadef_property", "add_metadef_property", "remove_metadef_property",
    "modify_metadef_tag", "add_metadef_tag", "add_metadef_tags", "delete_metadef_tag",
    "delete_metadef_tags",
)  # fmt: skip

RULES: Final = (
    PolicyRule("add_image", PROJECT_MEMBER_OR_SERVICE_OR_ADMIN, "Create an image"),
    PolicyRule("get_images", f"role:reader or {SERVICE} or {ADMIN}", "List images"),
    PolicyRule("get_image", VISIBLE, "Show an image"),
    PolicyRule("modify_image", PROJECT_MEMBER_OR_ADMIN, "Change an image and its tags"),
    PolicyRule("delete_image", f"{PROJECT_MEMBER_OR_ADMIN} or role:service", "Delete an image"),
    PolicyRule("upload_image", PROJECT_MEMBER_OR_SERVICE_OR_ADMIN, "Send an image's bytes"),
    PolicyRule("download_image", VISIBLE, "Get an image's bytes"),
    PolicyRule("publicize_image", ADMIN, "Make an image everybody's"),
    PolicyRule("communitize_image", PROJECT_MEMBER_OR_ADMIN, "Make an image the community's"),
    PolicyRule("set_image_owner", f"{SERVICE} or {ADMIN}", "Give an image to another project"),
    PolicyRule("deactivate", PROJECT_MEMBER_OR_ADMIN, "Take an image's bytes out of reach"),
    PolicyRule("reactivate", PROJECT_MEMBER_OR_ADMIN, "Put them back in reach"),
    PolicyRule("download_deactivated", ADMIN, "Get the bytes of a deactivated image"),
    PolicyRule("add_member", PROJECT_MEMBER_OR_ADMIN, "Share an image"),
    PolicyRule("get_members", VISIBLE, "List whom an image is shared with"),
    PolicyRule("get_member", VISIBLE, "Show one of them"),
    PolicyRule("modify_member", "role:member or role:admin", "Accept or reject an image"),
    PolicyRule("delete_member", PROJECT_MEMBER_OR_ADMIN, "Share an image no longer"),
    PolicyRule("get_usage", f"role:reader or {ADMIN}", "Show how much of the quota is used"),
    PolicyRule("tasks_api_access", ADMIN, "See all tasks"),
    *(PolicyRule(name, READ_DEFINITIONS, "See metadata definitions") for name in DEFINITION_READS),
    *(PolicyRule(name, ADMIN, "Change metadata definitions") for name in DEFINITION_WRITES),
    PolicyRule("create_image_ticket", SERVICE, "Get a signed address of an image's bytes"),
)

"""What administrators send about limits."""

from services.compute.api.schemas.fields import Closed
from services.compute.api.schemas.scalars import Flag, Limit


class ClassLimits(Closed):
    """New limits; only what is sent changes."""

    instances: Limit = -1
    cores: Limit = -1
    ram: Limit = -1
    metadata_items: Limit = -1
    key_pairs: Limit = -1
    server_groups: Limit = -1
    server_group_members: Limit = -1
    injected_files: Limit = -1
    injected_file_content_bytes: Limit = -1
    injected_file_path_bytes: Limit = -1
    floating_ips: Limit = -1
    fixed_ips: Limit = -1
    security_groups: Limit = -1
    security_group_rules: Limit = -1


class Limits(ClassLimits):
    """New limits of a project or a user."""

    force: Flag = False

    def sent(self) -> dict[str, int]:
        """Return the limits that were sent."""
        return self.model_dump(include=self.model_fields_set - {"force"})


class LimitsBody(Closed):
    """The body of ``PUT /os-quota-sets/{project}``."""

    quota_set: Limits


class ClassLimitsBody(Closed):
    """The body of ``PUT /os-quota-class-sets/{class}``."""

    quota_class_set: ClassLimits

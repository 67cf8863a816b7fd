"""RBAC policies: who else may see and use what."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from typing_extensions import override

from services.network.domain.resource import Json, Resource

EVERYBODY: Final = "*"
AS_SHARED, AS_EXTERNAL = "access_as_shared", "access_as_external"
NETWORK, SECURITY_GROUP = "network", "security_group"
SUBNET_POOL, ADDRESS_SCOPE = "subnetpool", "address_scope"
ADDRESS_GROUP: Final = "address_group"
ACTIONS: Final = {
    NETWORK: (AS_SHARED, AS_EXTERNAL),
    SECURITY_GROUP: (AS_SHARED,),
    SUBNET_POOL: (AS_SHARED,),
    ADDRESS_SCOPE: (AS_SHARED,),
    ADDRESS_GROUP: (AS_SHARED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RbacPolicy(Resource):
    """One project, or everybody, may use one object."""

    object_type: str
    object_id: UUID
    action: str
    target_project: str

    @override
    def document(self) -> Json:
        """Return the policy as its owner sees it."""
        return {
            "id": str(self.id),
            "tenant_id": self.project_id,
            "project_id": self.project_id,
            "object_type": self.object_type,
            "object_id": str(self.object_id),
            "action": self.action,
            "target_tenant": self.target_project,
        }

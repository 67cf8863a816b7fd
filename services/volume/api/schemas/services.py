"""Bodies about services (Block Storage API v3)."""

from services.volume.api.schemas.base import Closed, Text, Word


class ServiceNamed(Closed):
    """Which service: ``binary`` names it; it was called ``service`` once."""

    host: Word
    binary: Text | None = None
    service: Text | None = None


class LogReason(ServiceNamed):
    """``PUT /os-services/disable-log-reason``."""

    disabled_reason: Word


class Host(Closed):
    """``PUT /os-services/freeze`` and ``thaw``."""

    host: Word
    cluster: Text | None = None
    backend_id: Text | None = None

"""What goes wrong with a cluster, on demand."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Faults:
    """Switches of one cluster; all off is a healthy one."""

    luxid_down: bool = False  # everything that needs the master daemon answers 502
    drop_requests: int = 0  # so many next requests are reset before they are read
    lose_responses: int = 0  # so many next submissions are accepted, then reset
    latency: float = 0.0  # seconds added to every request
    refuse_auth: bool = False  # credentials have been rotated: 401
    fail_hotplugs: int = 0  # so many next devices do not reach their running instance

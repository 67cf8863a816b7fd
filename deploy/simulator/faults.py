"""What goes wrong with a cluster, on demand."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Faults:
    """Switches of one cluster; all off is a healthy one."""

    luxid_down: bool = False  # everything that needs the master daemon answers 502
    drop_requests: int = 0  # so many next requests are reset before they are read
    lose_responses: int = 0  # so many next submissions are accepted, then reset
    lose_jobs: int = 0  # so many next submissions use up an id and come to nothing: 502
    lock_timeouts: int = 0  # so many next opcodes fail for want of the configuration's lock
    time_out_accepted: int = 0  # so many next submissions are accepted, and answered with 504
    time_out_refused: int = 0  # so many next submissions are answered with 504 and come to nothing
    time_out_after: float = 0.0  # seconds until such a 504
    taken_slots: int = 0  # connections that other clients hold
    latency: float = 0.0  # seconds added to every request
    refuse_auth: bool = False  # credentials have been rotated: 401
    fail_hotplugs: int = 0  # so many next devices do not reach their running instance

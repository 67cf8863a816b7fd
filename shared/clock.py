"""Time, in one place, so that tests can stand in for it."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the present moment, always with its zone."""
    return datetime.now(UTC)


def seconds_z(moment: datetime) -> str:
    """Return the moment as ``YYYY-MM-DDTHH:MM:SSZ``, as most OpenStack resources show it."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def micros(moment: datetime) -> str:
    """Return the moment as ``YYYY-MM-DDTHH:MM:SS.ffffff`` without a zone, as Nova and Cinder do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26]

"""Sizes as Ganeti rounds and prints them."""


def rounded(mib: int) -> int:
    """Disks grow to a multiple of 4 MiB."""
    return -(-mib // 4) * 4


def human(mib: int) -> str:
    """`16M`, `1.0G`, `1.5T`."""
    if mib < 1024:
        return f"{mib}M"
    if mib < 1024 * 1024:
        return f"{mib / 1024:.1f}G"
    return f"{mib / 1024 / 1024:.1f}T"

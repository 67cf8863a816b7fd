"""Sizes as Ganeti rounds and prints them."""


def rounded(mib: int, template: str) -> int:
    """New disks are made a multiple of 4 MiB, but not those of an ExtStorage provider."""
    return mib if template == "ext" else -(-mib // 4) * 4


def human(mib: int) -> str:
    """`16M`, `1.0G`, `1.5T`."""
    if mib < 1024:
        return f"{mib}M"
    if mib < 1024 * 1024:
        return f"{mib / 1024:.1f}G"
    return f"{mib / 1024 / 1024:.1f}T"

"""What a guard against a race is, for the page and for taking it out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard.

    Args:
        name: what it is, in a few words.
        where: the file it stands in.
        otherwise: what would happen without it.
        old: the words of the file that are the guard.
        new: what stands in their place when it is taken out.
        held_by: the tests of which at least one fails then, each as ``path::name``.
    """

    name: str
    where: str
    otherwise: str
    old: str
    new: str
    held_by: tuple[str, ...]

    def without(self, source: str) -> str:
        """Return the file without the guard.

        Raises:
            ValueError: the file does not hold the guard's words exactly once.
        """
        if source.count(self.old) != 1:
            raise ValueError(f"{self.where} does not hold once: {self.old}")
        return source.replace(self.old, self.new)

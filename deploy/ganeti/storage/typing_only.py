"""What only the type checker needs: nodes have the standard library of Python 3.11."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import override as override  # noqa: PLC0414  # exported
else:

    def override(method: Any) -> Any:
        """Mark nothing."""
        return method

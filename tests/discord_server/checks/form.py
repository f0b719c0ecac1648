"""A form being checked: what is wrong, field by field, as Discord lists it (code 50035)."""

from __future__ import annotations

from typing import Any, TypeAlias

from tests.discord_server.errors import ApiError

Path: TypeAlias = tuple[str | int, ...]


class Form:
    """Collects what is wrong with a request body, field by field (code 50035)."""

    def __init__(self) -> None:
        self.errors: dict[str, Any] = {}

    def fail(self, path: Path, code: str, message: str) -> None:
        """Note one mistake at `path`."""
        place = self.errors
        for part in path:
            place = place.setdefault(str(part), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def raise_if_wrong(self) -> None:
        """Refuse the form if anything was noted."""
        if self.errors:
            raise ApiError(400, 50035, "Invalid Form Body", self.errors)

    def required(self, path: Path) -> None:
        """Note a missing field."""
        self.fail(path, "BASE_TYPE_REQUIRED", "This field is required")

    def text(self, path: Path, value: Any, high: int, *, low: int = 0, need: bool = True) -> bool:
        """Check a string's length; return whether it is fine."""
        if value is None:
            if need:
                self.required(path)
            return not need
        if not isinstance(value, str):
            self.fail(path, "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")
            return False
        return self.length(path, len(value), high, low=low)

    def length(self, path: Path, size: int, high: int, *, low: int = 0) -> bool:
        """Check a length against its bounds; return whether it is fine."""
        if low <= size <= high:
            return True
        if low:
            said = f"Must be between {low} and {high} in length."
            self.fail(path, "BASE_TYPE_BAD_LENGTH", said)
        else:
            self.fail(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        return False

    def choice(self, path: Path, value: Any, allowed: tuple[Any, ...]) -> bool:
        """Check that a value is one of those allowed; return whether it is."""
        if value in allowed:
            return True
        listed = ", ".join(str(item) for item in allowed)
        self.fail(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False

    def url(self, path: Path, value: Any, schemes: tuple[str, ...]) -> bool:
        """Check an address's scheme; return whether it is fine."""
        if not isinstance(value, str):
            self.required(path)
            return False
        if value.split("://", 1)[0] in schemes and "://" in value:
            return True
        scheme = value.split(":", 1)[0]
        said = f'Scheme "{scheme}" must be one of {schemes}.'
        self.fail(path, "URL_TYPE_INVALID_SCHEME", said)
        return False

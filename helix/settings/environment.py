"""Typed access to environment variables. An invalid value raises ConfigurationError."""

from collections.abc import Mapping, Sequence

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class ConfigurationError(Exception):
    """An invalid setting. The message names the variable and says what to write instead; it never shows a secret."""


class Environment:
    """The environment variables of a process. An empty or blank variable counts as not set."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def optional(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """An integer; both bounds are allowed values."""
        value = self.optional(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            raise ConfigurationError(f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}.")
        return number

    def number(self, name: str, default: float, *, minimum: float, maximum: float) -> float:
        """A number with or without a fraction; both bounds are allowed values."""
        value = self.optional(name)
        try:
            number = default if value is None else float(value)
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            raise ConfigurationError(f"{name} must be a number from {minimum:g} to {maximum:g}, not {value!r}.")
        return number

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.optional(name)
        if value is None:
            return default
        if value.lower() in TRUE_WORDS | FALSE_WORDS:
            return value.lower() in TRUE_WORDS
        raise ConfigurationError(f"{name} must be 1 or 0, not {value!r}.")

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        value = self.text(name, default).lower()
        if value not in options:
            raise ConfigurationError(f"{name} must be one of {', '.join(options)}, not {value!r}.")
        return value

    def comma_separated(self, name: str) -> tuple[str, ...]:
        """The values between the commas, stripped; empty ones are left out."""
        return tuple(value.strip() for value in self.text(name, "").split(",") if value.strip())

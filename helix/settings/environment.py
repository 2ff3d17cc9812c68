"""Reading environment variables, with a sentence for every value that cannot be used."""

from collections.abc import Mapping, Sequence

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class ConfigurationError(Exception):
    """A setting cannot be used. The message says which one, and what to write instead; it never shows a secret."""


class Environment:
    """The environment variables of a process. One that is set to nothing counts as not set."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def optional(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between `least` and `most`, both included."""
        given = self.optional(name)
        if given is None:
            return default
        try:
            number = int(given)
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise ConfigurationError(f"{name} must be a whole number from {least} to {most}, not {given!r}.")
        return number

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number, perhaps with a fraction, between `least` and `most`, both included."""
        given = self.optional(name)
        try:
            number = default if given is None else float(given)
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise ConfigurationError(f"{name} must be a number from {least:g} to {most:g}, not {given!r}.")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        given = self.optional(name)
        if given is None:
            return default
        if given.lower() in TRUE_WORDS | FALSE_WORDS:
            return given.lower() in TRUE_WORDS
        raise ConfigurationError(f"{name} must be 1 or 0, not {given!r}.")

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        given = self.text(name, default).lower()
        if given not in options:
            raise ConfigurationError(f"{name} must be one of {', '.join(options)}, not {given!r}.")
        return given

    def several(self, name: str) -> tuple[str, ...]:
        """The comma-separated values, without blanks."""
        return tuple(value.strip() for value in self.text(name, "").split(",") if value.strip())

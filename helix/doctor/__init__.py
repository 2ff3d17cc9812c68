"""`helix doctor`: looks at everything that an installation stands on, and says what is wrong and what to do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helix.doctor import database, machine, outside, queue, stored, work
from helix.doctor.finding import Finding, error

if TYPE_CHECKING:
    from helix.settings import Settings

__all__ = ["Finding", "examine"]

CHECKS = (*machine.CHECKS, *database.CHECKS, *queue.CHECKS, *work.CHECKS, *stored.CHECKS, *outside.CHECKS)


def examine(settings: "Settings") -> Iterator[Finding]:
    """In an application context. A check that breaks is a finding, too, and does not keep the others from running."""
    for check in CHECKS:
        try:
            yield from check(settings)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is told
            name = check.__name__.replace("_", " ")
            yield error(
                f"Looking at the {name} broke: {problem}", "Correct what stands above it first, then run this again."
            )

"""`helix doctor`: checks everything that an installation depends on, and reports problems with their remedies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helix.doctor import database, machine, outside, queue, stored, tools, work
from helix.doctor.finding import Finding, error

if TYPE_CHECKING:
    from helix.settings import Settings

__all__ = ["Finding", "examine"]

CHECKS = (
    *machine.CHECKS,
    *database.CHECKS,
    *queue.CHECKS,
    *work.CHECKS,
    *stored.CHECKS,
    *tools.CHECKS,
    *outside.CHECKS,
)


def examine(settings: "Settings") -> Iterator[Finding]:
    """Run all checks in an application context. A check that fails is a finding, and the others still run."""
    for check in CHECKS:
        try:
            yield from check(settings)
        except Exception as problem:  # noqa: BLE001 - reported as a finding
            name = check.__name__.replace("_", " ")
            yield error(
                f"Looking at the {name} broke: {problem}", "Correct what stands above it first, then run this again."
            )

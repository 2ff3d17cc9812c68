"""Several rounds of one measurement: on a machine that others use, the calmest says most, and processor time even more."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.execution.latency import percentiles

ROUNDS = 3


class Moment:
    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def milliseconds(self) -> tuple[float, float]:
        """Since then: in all, and of processor time of this process."""
        return (time.perf_counter() - self._wall) * 1000, (time.process_time() - self._processor) * 1000


@dataclass(frozen=True)
class Rounds:
    """Milliseconds. `every_p95` are those of all rounds, the lowest first; the others are of that round."""

    p50: float
    p95: float
    processor_p50: float
    every_p95: list[float]

    def __str__(self) -> str:
        rounds = ", ".join(f"{p95:.1f}" for p95 in self.every_p95)
        return f"p50 {self.p50:.1f}, p95 {self.p95:.1f} ms (p95 of the rounds: {rounds}); processor {self.processor_p50:.1f} ms"


def measured_rounds(measure: Callable[[], list[tuple[float, float]]]) -> tuple[float, float, float, list[float]]:
    """The fields of `Rounds`. `measure` gives for each sample what `Moment.milliseconds` does."""
    found = []
    for _ in range(ROUNDS):
        samples = measure()
        p50, p95 = percentiles([wall for wall, _processor in samples])
        found.append((p95, p50, percentiles([processor for _wall, processor in samples])[0]))
    p95, p50, processor = min(found)
    return p50, p95, processor, sorted(one[0] for one in found)

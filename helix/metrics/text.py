import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from helix.metrics.answers import REGISTRY
from helix.metrics.folder import VARIABLE


@dataclass(frozen=True)
class Figure:
    """One number with its labels; several of a name differ in their labels."""

    name: str
    help: str
    values: Sequence[tuple[Mapping[str, str], float]]


class _Shown:
    """Figures that were read for this one answer, as prometheus_client collects them."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = list(figures)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for figure in self._figures:
            names = list(figure.values[0][0]) if figure.values else []
            family = GaugeMetricFamily(figure.name, figure.help, labels=names)
            for labels, value in figure.values:
                family.add_metric([labels[name] for name in names], value)
            yield family


def written(figures: Iterable[Figure]) -> bytes:
    """The whole answer in Prometheus' text format: these figures, and what the processes have counted."""
    shown = CollectorRegistry()
    shown.register(_Shown(figures))  # type: ignore[arg-type]
    counted = REGISTRY
    if os.environ.get(VARIABLE):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    return generate_latest(shown) + generate_latest(counted)

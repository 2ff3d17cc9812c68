import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from helix.metrics.http import REGISTRY
from helix.metrics.multiprocess import ENV_VARIABLE


@dataclass(frozen=True)
class Metric:
    """One number with its labels; several of a name differ in their labels."""

    name: str
    help: str
    values: Sequence[tuple[Mapping[str, str], float]]


class _Shown:
    """Figures that were read for this one answer, as prometheus_client collects them."""

    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = list(figures)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for figure in self._figures:
            names = list(figure.values[0][0]) if figure.values else []
            family = GaugeMetricFamily(figure.name, figure.help, labels=names)
            for labels, value in figure.values:
                family.add_metric([labels[name] for name in names], value)
            yield family


def render(figures: Iterable[Metric]) -> bytes:
    """The whole answer in Prometheus' text format: these figures, and what the processes have counted."""
    shown = CollectorRegistry()
    shown.register(_Shown(figures))  # type: ignore[arg-type]
    counted = REGISTRY
    if os.environ.get(ENV_VARIABLE):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    return generate_latest(shown) + generate_latest(counted)

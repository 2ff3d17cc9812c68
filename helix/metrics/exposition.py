import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from helix.metrics.http import REGISTRY
from helix.metrics.multiprocess import ENV_VARIABLE


@dataclass(frozen=True)
class Metric:
    """A gauge: its name, help text, and values as (labels, value)."""

    name: str
    help: str
    values: Sequence[tuple[Mapping[str, str], float]]


class _Shown:
    """A prometheus_client collector of given metrics."""

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
    """The metrics in Prometheus' text format: the given ones, and those of the web processes."""
    shown = CollectorRegistry()
    shown.register(_Shown(figures))  # type: ignore[arg-type]
    counted = REGISTRY
    if os.environ.get(ENV_VARIABLE):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    return generate_latest(shown) + generate_latest(counted)

from prometheus_client import CollectorRegistry, Gauge, Histogram

REGISTRY = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_answers = Histogram(
    "helix_request_seconds",
    "Time until an answer was ready, or a stream began, by route, method and status",
    ("route", "method", "status"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
_streams = Gauge(
    "helix_event_streams_open",
    "Open pages that get live updates",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """Record a request. `route` is the URL rule and not the URL, to limit the number of label values."""
    _answers.labels(route, method, str(status)).observe(seconds)


def set_open_streams(count: int) -> None:
    """Set the number of event streams that this process serves."""
    _streams.set(count)

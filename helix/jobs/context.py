"""The application context of jobs. A worker binds the application once, before it forks."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask

from helix import logs

P = ParamSpec("P")
R = TypeVar("R")

_app: Flask | None = None


def bind(app: Flask) -> None:
    global _app
    _app = app


def app() -> Flask:
    """The bound application. Jobs run in workers started by `helix worker`, not by a plain `rq worker`."""
    if _app is None:
        raise RuntimeError("No application is bound: start workers with `helix worker`.")
    return _app


def in_app(job: Callable[P, R]) -> Callable[P, R]:
    """Run a job in an application context, with its own database session."""

    @wraps(job)
    def within(*args: P.args, **kwargs: P.kwargs) -> R:
        with app().app_context(), logs.bound(job=job.__name__):
            return job(*args, **kwargs)

    return within

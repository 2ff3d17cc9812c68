"""Configures one handler on the root logger, for all log lines of the process: ours, gunicorn's, RQ's, libraries'."""

import logging
import os
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

import structlog
from structlog.types import EventDict, Processor

from helix.logs.masking import mask_secrets

if TYPE_CHECKING:
    from helix.settings import Settings

# Loggers whose info lines repeat ours or are of no use.
NOISY_LOGGERS = (
    "httpx",
    "httpcore",
    "rq",
    "alembic",
    "botocore",
    "aiobotocore",
    "s3fs",
    "urllib3",
    "asyncio",
    "litellm",
)


def configure(settings: "Settings", part: str) -> None:
    """Log to standard error according to LOG_FORMAT and LOG_LEVEL. Safe to repeat.

    `part` names the process in every line: web, worker, scheduler, or the CLI command.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings, part))
    root = logging.getLogger()
    root.handlers = [handler]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root.setLevel(level)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _formatter(settings: "Settings", part: str) -> logging.Formatter:
    def where(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {**event, "part": part, "pid": os.getpid()}

    machine = settings.log_format == "json"
    time: Processor = structlog.processors.TimeStamper(fmt="iso" if machine else "%H:%M:%S", utc=machine)
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if machine
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            time,
            *([where] if machine else []),
            structlog.processors.format_exc_info,
            mask_secrets(settings.secret_values()),
            renderer,
        ],
    )


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("helix").critical("The process broke", exc_info=(kind, error, trace))


def _thread_crashed(about: threading.ExceptHookArgs) -> None:
    if about.exc_value is None or about.exc_type is SystemExit:
        return
    name = about.thread.name if about.thread else "a thread"
    logging.getLogger("helix").critical(
        "The thread %s broke", name, exc_info=(about.exc_type, about.exc_value, about.exc_traceback)
    )

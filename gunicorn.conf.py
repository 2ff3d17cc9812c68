"""How gunicorn serves us: read by `gunicorn wsgi:app` and by `helix web` alike. The figures come from config.py."""

import gc
import os
import signal

from setproctitle import setproctitle

from config import Settings
from helix import malloc_arenas
from helix.metrics import multiprocess as metrics

# Before anything is loaded: the processes that answer inherit it.
malloc_arenas.configure_malloc()
_settings = Settings.from_environment()

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
worker_class = "helix.gunicorn_worker.Worker"
workers = _settings.web_processes
# An open page holds a thread for its event stream. Threads are made when they are first needed, not before.
threads = _settings.web_threads
worker_connections = _settings.web_threads + 400
backlog = 512
timeout = 60
# Streams end by themselves on the stop (helix/shutdown.py); answers under way get this long.
graceful_timeout = 5
keepalive = 5
preload_app = False
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# How lines are written is decided in one place, and requests are logged by the application: helix/request_log.py.
logger_class = "helix.logs.gunicorn_logger.WebServerLogger"
accesslog = None
# Who the client is, behind how many proxies, is decided in one place: TRUSTED_PROXIES, by the application.
forwarded_allow_ips = ""
# Two installations of one account would share this socket.
control_socket_disable = True


if _settings.metrics_token:
    metrics.prepare_directory(metrics.directory_for(_settings.data_dir, _settings.port))


def child_exit(server, worker):
    worker.forget()
    metrics.mark_process_dead(worker.pid)


def pre_fork(server, worker):
    setproctitle("helix web")


def post_fork(server, worker):
    setproctitle("helix web")


def post_worker_init(worker):
    """Tell the process that it is about to stop, before gunicorn starts to wait for the answers under way."""
    from helix import shutdown

    # The application is there for good: looking through it for garbage again and again costs answers their time.
    gc.collect()
    gc.freeze()

    def announce(number):
        original = signal.getsignal(number)

        def handler(received, frame):
            shutdown.begin()
            original(received, frame)

        signal.signal(number, handler)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        announce(number)

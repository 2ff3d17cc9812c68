"""The configuration of gunicorn, for `helix web` and for `gunicorn wsgi:app`. The values come from the settings."""

import gc
import os
import signal

from setproctitle import setproctitle

from helix import malloc_arenas
from helix.metrics import multiprocess as metrics
from helix.settings import Settings

# Before anything else is loaded: the worker processes inherit it.
malloc_arenas.configure_malloc()
_settings = Settings.from_environment()

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
worker_class = "helix.gunicorn_worker.Worker"
workers = _settings.web_processes
# Each open page occupies a thread with its event stream. Threads are created when they are first needed.
threads = _settings.web_threads
worker_connections = _settings.web_threads + 400
backlog = 512
timeout = 60
# Event streams end by themselves (helix/shutdown.py); other requests get this many seconds.
graceful_timeout = 5
keepalive = 5
preload_app = False
# In memory: the heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# The format is that of all our logs. The application writes the access log: helix/request_log.py.
logger_class = "helix.logs.gunicorn_logger.WebServerLogger"
accesslog = None
# The application evaluates X-Forwarded-For itself, according to TRUSTED_PROXIES.
forwarded_allow_ips = ""
# Two installations of the same user would share this socket.
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
    """Announce the shutdown to the application before gunicorn waits for the requests in progress."""
    from helix import shutdown

    # The objects of the application live as long as the process: the garbage collector need not visit them.
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

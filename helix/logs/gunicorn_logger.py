"""gunicorn's logger, using the same handler as the application. Its access log is off: see helix/request_log.py."""

import logging
from typing import Any

from gunicorn.glogging import Logger

from helix import logs
from helix.settings import Settings


class WebServerLogger(Logger):
    """Named in gunicorn.conf.py."""

    def setup(self, cfg: Any) -> None:
        settings = Settings.from_environment()
        logs.configure(settings, "web")
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers = []
            log.propagate = True
        self.error_log.setLevel(max(logging.getLogger().level, 0 if settings.production else logging.WARNING))

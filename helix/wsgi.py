"""The WSGI application as `helix web` serves it."""

import logging
import sys

from helix import live
from helix.app import create_app
from helix.schema_version import mismatch
from helix.settings import ConfigurationError, Settings

log = logging.getLogger("helix")
settings = Settings.from_environment()
try:
    settings.require_writable_folders()
    app = create_app(settings)
    problem = mismatch(app)
except ConfigurationError as error:
    problem = str(error)
if problem:
    sys.stderr.write(f"{problem}\n")
    # gunicorn stops when a worker exits with 4 (`APP_LOAD_ERROR`); with any other code it starts another one.
    sys.exit(4)
for warning in settings.warnings():
    log.warning("%s", warning)
# Only a process that serves many requests of the same people gains from what these two cache.
live.rights.follow()
live.writes.follow()

"""What a WSGI server loads: `gunicorn wsgi:app`."""

import logging
import sys

from config import ConfigurationError, Settings
from helix import live
from helix.app import create_app
from helix.schema_version import mismatch

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
    # With this code gunicorn stops; with any other it would start another worker, for ever.
    sys.exit(4)
for said in settings.warnings():
    log.warning("%s", said)
# This process serves many requests of the same people, and is asked for the same things again.
live.rights.follow()
live.writes.follow()

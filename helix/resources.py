"""Where the files that are not modules are: in the root of a checkout, or inside the installed package.

pyproject.toml maps the root's `templates`, `static`, `migrations` and `gunicorn.conf.py` into the wheel as
`helix/templates` and so on.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# The package first: another distribution may have put a `templates` of its own beside it in site-packages.
INSTALLED = (_PACKAGE / "templates").is_dir()
ROOT = _PACKAGE if INSTALLED else _PACKAGE.parent

# The entry of `sys.path` that `helix` is imported from.
IMPORT_PATH = _PACKAGE.parent

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"
GUNICORN_CONFIG = ROOT / "gunicorn.conf.py"
# The pinned packages of a checkout. A wheel has none: pip chose the packages by its metadata.
LOCK = ROOT / "requirements.txt"

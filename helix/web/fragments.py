"""Parts of pages that are made from values alone: nothing else of the page's context reaches their template."""

from functools import lru_cache

from flask import Flask
from markupsafe import Markup


def register(app: Flask) -> None:
    """`html_of(template, name=value, ...)` for templates."""

    @lru_cache(1000)
    def html_of(template: str, **values: object) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(values))  # noqa: S704 - it escapes

    app.jinja_env.globals["html_of"] = html_of

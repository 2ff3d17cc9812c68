"""Parts of pages that are made from values alone: nothing else of the page's context reaches their template."""

from functools import lru_cache

from flask import Flask
from markupsafe import Markup


def register(app: Flask) -> None:
    """`html_of(template, name=value, ...)` for templates, and `cached_html_of` for parts without a form token.

    The values of a cached part are hashable.
    """

    def html_of(template: str, **values: object) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(values))  # noqa: S704 - it escapes

    app.jinja_env.globals |= {"html_of": html_of, "cached_html_of": lru_cache(1000)(html_of)}

"""Parts of pages that are values: what a menu of fifty agents shows is rendered once, until one of them changes.

Nothing but the values reaches the template, so what is remembered is never out of date, whoever looks.
"""

from collections.abc import Hashable
from functools import lru_cache

from flask import Flask
from markupsafe import Markup

MOST_REMEMBERED = 200


def register(app: Flask) -> None:
    """`html_of(template, name=value, ...)` for templates; every value can be hashed."""

    @lru_cache(MOST_REMEMBERED)
    def rendered(template: str, values: frozenset[tuple[str, Hashable]]) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(dict(values)))  # noqa: S704 - it escapes

    def html_of(template: str, **values: Hashable) -> Markup:
        return rendered(template, frozenset(values.items()))

    app.jinja_env.globals["html_of"] = html_of

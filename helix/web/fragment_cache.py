"""Parts of pages that are values: what a menu of fifty agents shows is rendered once, until one of them changes.

Nothing but the values reaches the template, so what is remembered is never out of date, whoever looks. The one thing
that is another's in each page, the token of its forms, is put in afterwards.
"""

from collections.abc import Hashable
from contextvars import ContextVar
from functools import lru_cache

from flask import Flask
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

MOST_REMEMBERED = 400
# No text that anybody typed can look like it: there "<" is escaped.
TOKEN = "<the token of this page>"  # noqa: S105 - it stands for one

_remembering: ContextVar[bool] = ContextVar("remembering", default=False)


def register(app: Flask) -> None:
    """`html_of(template, name=value, ...)` for templates; every value can be hashed."""

    @lru_cache(MOST_REMEMBERED)
    def rendered(template: str, values: frozenset[tuple[str, Hashable]]) -> tuple[Markup, bool]:
        before = _remembering.set(True)
        try:
            html = app.jinja_env.get_template(template).render(dict(values))
        finally:
            _remembering.reset(before)
        return Markup(html), TOKEN in html  # noqa: S704 - it escapes

    def html_of(template: str, **values: Hashable) -> Markup:
        html, has_forms = rendered(template, frozenset(values.items()))
        if has_forms and not _remembering.get():
            return Markup(html.replace(TOKEN, generate_csrf()))  # noqa: S704 - the token has letters, digits and dots
        return html

    app.jinja_env.globals |= {"html_of": html_of, "csrf_token": _csrf_token}


def _csrf_token() -> str:
    return Markup(TOKEN) if _remembering.get() else generate_csrf()  # noqa: S704 - replaced by a token

"""Parts of pages that are made from values alone: nothing else of the page's context reaches their template."""

from flask import Flask
from markupsafe import Markup


def register(app: Flask) -> None:
    """`html_of(template, name=value, ...)` for templates."""

    def html_of(template: str, **values: object) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(values))  # noqa: S704 - it escapes

    app.jinja_env.globals["html_of"] = html_of

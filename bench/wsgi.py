"""The application and the baseline under one server: `/bare` is a Flask route that does nothing else."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from wsgi import app as product

bare = Flask("bare")


@bare.get("/")
def nothing() -> dict[str, bool]:
    return {"ok": True}


app = DispatcherMiddleware(product, {"/bare": bare})

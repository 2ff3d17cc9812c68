"""No private name of a library (`_x`) is used: it may change in any release, without a word in the library's notes."""

from pathlib import Path

import pytest

from tests.support import private_names

SCANNED = ("helix", "config.py", "wsgi.py", "gunicorn.conf.py", "bench", "scripts", "migrations", "tests/support")
# At most five. File and name as the scanner prints them: one sentence of reason, and the upstream issue.
EXCEPTIONS: dict[tuple[str, str], str] = {}
MOST_EXCEPTIONS = 5


@pytest.fixture
def scan(tmp_path):
    """`scan(text)`: the private names of libraries that a module of this text in helix/ uses."""

    def _scan(text, **others):
        folder = tmp_path / "helix"
        folder.mkdir(exist_ok=True)
        for name, other in others.items():
            (folder / f"{name}.py").write_text(other)
        (folder / "module.py").write_text(text)
        return [use.name for use in private_names.scan(tmp_path, [folder / "module.py"])]

    return _scan


@pytest.fixture(scope="module")
def uses(root):
    return private_names.scan(root, files(root))


def files(root: Path) -> list[Path]:
    return [
        file for name in SCANNED for file in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))
    ]


def test_code_uses_no_private_name_of_a_library(uses):
    assert [str(use) for use in uses if (use.file, use.name) not in EXCEPTIONS] == []


def test_every_exception_is_used_and_names_its_upstream_issue(uses):
    used = {(use.file, use.name) for use in uses}

    assert len(EXCEPTIONS) <= MOST_EXCEPTIONS
    assert set(EXCEPTIONS) <= used
    assert all("https://github.com/" in reason for reason in EXCEPTIONS.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from httpx._client import USE_CLIENT_DEFAULT", "httpx._client.USE_CLIENT_DEFAULT"),
        ("from httpx import _client", "httpx._client"),
        ("import httpx._client", "httpx._client"),
        ("import httpx\nhttpx._client.x()", "httpx._client"),
        ("from sys import _getframe", "sys._getframe"),
        ("import sys\nsys._getframe()", "sys._getframe"),
        ("def f(session):\n    return session._new", "session._new"),
        ("def f(session):\n    return session.bind._pool.x", "session.bind._pool"),
        ("def f():\n    return make()._mapping", "make()._mapping"),
        ("def f(x):\n    return getattr(x, '_y', None)", "getattr('_y')"),
        ("def f(x):\n    x.__dict__.pop('_y')", "pop('_y')"),
        ("def f(x):\n    return vars(x)['_y']", "vars(x)['_y']"),
        ("def f(monkeypatch, x):\n    monkeypatch.setattr(x, '_y', 1)", "setattr('_y')"),
        ("def f(monkeypatch):\n    monkeypatch.setattr('rq.worker._x', 1)", "setattr('rq.worker._x')"),
        ("from unittest import mock\nmock.patch('rq.worker._x')", "patch('rq.worker._x')"),
        ("import rq\nrq.call(1, _x=True)", "rq.call(_x=)"),
        ("from rq import call\ncall(_x=True)", "call(_x=)"),
        ("def f(rq):\n    rq.call(_x=True)", "rq.call(_x=)"),
    ],
)
def test_private_name_of_a_library_is_found(scan, text, name):
    assert scan(text) == [name]


@pytest.mark.parametrize(
    "use",
    ["self._stop_requested = True", "super()._install_signal_handlers()"],
)
def test_private_name_that_is_inherited_from_a_library_is_found(scan, use):
    text = f"import rq\nclass Worker(rq.Worker):\n    def stop(self):\n        {use}"

    assert [name.partition(", of ")[0] for name in scan(text)] == [f"Worker.{use.split('.')[1].split()[0].strip('()')}"]


def test_private_attribute_of_a_library_class_that_hides_its_module_is_found(scan):
    text = "import httpx\nclass Ours(httpx.HTTPTransport):\n    def __init__(self):\n        self._pool = None"

    assert [name.partition(", of ")[0] for name in scan(text)] == ["Ours._pool"]


def test_method_that_replaces_a_private_one_of_a_library_is_found(scan):
    text = "import rq\nclass Ours(rq.Worker):\n    pass\nclass Worker(Ours):\n    def _shutdown(self):\n        pass"

    assert [name.partition(", of ")[0] for name in scan(text)] == ["Worker._shutdown"]


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos._exit(1)",
        "def f(row):\n    return row._asdict() | row._replace(x=1)",
        "class Ours:\n    def __init__(self):\n        self._x = 1\ndef f(ours):\n    return ours._x",
        "from helix import other\nother._function()",
        "from helix.other import Other\ndef f(other: Other):\n    return other._field, getattr(other, '_field')",
        "import rq\nclass Worker(rq.Worker):\n    def stop(self):\n        self._our_own_word = 1",
        "from helix._ours import x",
        "from helix.other import other\nother(_x=1)",
        "def ours(_x): ...\nours(_x=1)",
        "x = __name__, object().__class__",
    ],
)
def test_private_name_of_our_own_is_allowed(scan, text):
    assert scan(text, other="def _function(): ...\nclass Other:\n    _field: int = 0\n") == []

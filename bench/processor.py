"""python -m bench.processor: processor time of each operation relative to the bare route, in one process.

Unlike rates, processor time is meaningful on a machine that is shared with other work. The application runs without a
server, and the time of PostgreSQL's processes is included. `--profile` shows where it is spent.
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import world
from bench.load import Call
from bench.operations import Operation, operations
from bench.rates import PEOPLE
from bench.server import database
from tests.support.backing_services import private_redis

BARE = Operation("bare", 1.0, [Call("/bare/")])


def main() -> None:
    asked = _arguments()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="hb") as folder,
        private_redis(Path(folder)) as redis_url,
        database(asked.database, asked.postgresql, asked.size, asked.keep) as url,
    ):
        os.environ |= {"DATABASE_URL": url, "REDIS_URL": redis_url, "DATA_DIR": folder}
        from bench.wsgi import app

        _measure(app, asked)


def _measure(app: Callable[..., Any], asked: argparse.Namespace) -> None:
    from helix.api import response_cache
    from helix.extensions import db
    from helix.web import page_cache
    from wsgi import app as product

    if asked.anew:
        response_cache.answers.seconds = page_cache.pages.seconds = 0.0
    client = Client(app)
    token = client.sign_in(PEOPLE[asked.person])
    cookie = client.sign_in_browser(PEOPLE[asked.person])
    backends = Backends(product, db)
    chosen = [one for one in operations(client.api(token)) if asked.only in one.name]  # type: ignore[arg-type]
    for operation in chosen:
        headers = {"HTTP_COOKIE": cookie, "HTTP_ACCEPT_ENCODING": "gzip"} if operation.page else token
        press = client.prepared(operation.calls, headers)
        bare = client.prepared(BARE.calls, {})
        _times(press, min(20, asked.calls), backends)
        here = there = yard = 0.0
        for _round in range(5):
            yard += _times(bare, 200, backends)[0] / 5
            ours, theirs = _times(press, max(1, asked.calls // 5), backends)
            here, there = here + ours / 5, there + theirs / 5
        share = (asked.server + yard) / (asked.server + here + there)
        print(
            f"{operation.name:<40} {here:7.2f} ms + {there:6.2f} in the database, bare {yard:.3f}: "
            f"{share:.3f} of {operation.goal:.2f} {'yes' if share >= operation.goal else 'NO'}",
            flush=True,
        )
        if asked.profile:
            _profile(press, asked.calls)


def _times(press: Callable[[], None], calls: int, backends: "Backends") -> tuple[float, float]:
    """Milliseconds a call: of this process, and of the database's."""
    database, own = backends.seconds(), time.process_time()
    for _call in range(calls):
        press()
    return (time.process_time() - own) * 1000 / calls, (backends.seconds() - database) * 1000 / calls


def _profile(press: Callable[[], None], calls: int) -> None:
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for _call in range(calls):
        press()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    pstats.Stats(profile).sort_stats("cumtime").print_stats(60)


class Client:
    """The application, called as a server calls it."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app

    def sign_in(self, email: str) -> dict[str, str]:
        from werkzeug.test import Client as TestClient

        reply = TestClient(self.app).post("/api/auth/login", data={"username": email, "password": world.PASSWORD})
        return {"HTTP_AUTHORIZATION": f"Bearer {reply.json['access_token']}"}

    def sign_in_browser(self, email: str) -> str:
        from werkzeug.test import Client as TestClient

        browser = TestClient(self.app)
        form = browser.get("/sign-in").text
        csrf = form.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        sent = {"email": email, "password": world.PASSWORD, "csrf_token": csrf}
        reply = browser.post("/sign-in", data=sent, headers={"Referer": "http://localhost/"})
        assert reply.status_code == 303, reply.text
        browser.get("/boards")
        return browser.get("/boards").request.headers["Cookie"]

    def api(self, token: dict[str, str]) -> Any:
        """Enough of an httpx client for `operations`."""
        import httpx

        transport = httpx.WSGITransport(app=self.app)
        headers = {"Authorization": token["HTTP_AUTHORIZATION"]}
        return httpx.Client(transport=transport, base_url="http://localhost", headers=headers)

    def prepared(self, calls: Sequence[Call], headers: dict[str, str]) -> Callable[[], None]:
        """A function that sends the next of the calls each time."""
        from io import BytesIO

        from werkzeug.test import EnvironBuilder

        environs = []
        for call in calls:
            builder = EnvironBuilder(call.path, method=call.method, data=call.body or None)
            if call.body:
                builder.content_type = "application/json"
            environs.append((builder.get_environ() | headers, call.body.encode()))
        turn = iter(range(1 << 60))

        def start(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
            assert status[0] == "2", status
            return lambda _data: None

        def press() -> None:
            environ, body = environs[next(turn) % len(environs)]
            answer = self.app(environ | {"wsgi.input": BytesIO(body)}, start)
            for _part in answer:
                pass
            if hasattr(answer, "close"):
                answer.close()

        return press


class Backends:
    """Processor time of the database's processes that serve this one: they are read from /proc."""

    def __init__(self, product: Any, db: Any) -> None:
        self.pids: list[int] = []
        with product.app_context():
            self.engine = db.engine

    def seconds(self) -> float:
        if self.engine.dialect.name != "postgresql":
            return 0.0
        query = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        with self.engine.connect() as connection:
            pids = connection.execute(query).scalars().all()
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.processor", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--size", type=int, default=20_000, help="number of tasks")
    parser.add_argument("--person", choices=["admin", "member"], default="admin")
    parser.add_argument("--calls", type=int, default=100, help="of each operation")
    parser.add_argument("--only", default="", help="operations with these words in their name")
    parser.add_argument("--keep", type=Path, help="a folder (and databases) where what was filled stays for later runs")
    parser.add_argument(
        "--server", type=float, default=0.15, help="ms that gunicorn spends on any request, bare or not"
    )
    parser.add_argument("--anew", action="store_true", help="nothing is answered from memory")
    parser.add_argument("--profile", action="store_true", help="where the time went, by function")
    parser.add_argument("--postgresql", default="postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    return parser.parse_args()


if __name__ == "__main__":
    main()

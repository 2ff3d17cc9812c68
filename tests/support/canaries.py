"""Recognizable secrets, providers that return them, and the stores that are searched for them."""

import io
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from redis import Redis
from werkzeug.test import TestResponse

from helix.extensions import db
from helix.queue.connection import redis
from tests.support.model_reply import Reply
from tests.support.oidc_provider import CLIENT_SECRET

MODEL_KEY = "sk-CANARYmodel0key1of2some3length-9876"
BOT_TOKEN = "7000001:AACANARYtelegramCANARYtelegramCANARY12"
SEARCH_KEY = "CANARYsearch0key1of2some3length-5432"
SMTP_PASSWORD = "CANARYsmtp-password"
S3_SECRET = "CANARYs3secretCANARYs3secretCANARYs3sec"
PASSWORD, GUESS, CHOSEN = "CANARY of a password", "CANARY of a guess", "CANARY of another password"


@dataclass
class Canaries:
    """Every secret by its name. Those that the product makes up come in as they are shown, which is once."""

    values: dict[str, str] = field(
        default_factory=lambda: {
            "model key": MODEL_KEY,
            "bot token": BOT_TOKEN,
            "search key": SEARCH_KEY,
            "SMTP password": SMTP_PASSWORD,
            "S3 secret": S3_SECRET,
            "OIDC client secret": CLIENT_SECRET,
            "password": PASSWORD,
            "wrong password": GUESS,
            "chosen password": CHOSEN,
        }
    )

    def add(self, name: str, value: str) -> str:
        self.values[name] = value
        return value

    def found_in(self, text: str) -> list[str]:
        return [name for name, value in self.values.items() if value in text]


# How a provider can throw the key that it was sent back at us.
def in_a_message(reply: Reply) -> None:
    reply.error(401, f"Incorrect API key provided: {MODEL_KEY}", "invalid_api_key")


def in_a_page(reply: Reply) -> None:
    reply.send(500, f"<h1>Unauthorized</h1> {MODEL_KEY}".encode(), "text/html")


def in_a_header(reply: Reply) -> None:
    reply.error(429, "slow down", "rate_limit", Retry_After=MODEL_KEY, WWW_Authenticate=MODEL_KEY)


def in_a_redirect(reply: Reply) -> None:
    reply.send(307, b"", Location=f"http://127.0.0.1:9/?api_key={MODEL_KEY}")


def in_the_stream(reply: Reply) -> None:
    reply.open()
    reply.piece("So far")
    reply.event({"error": {"message": f"key {MODEL_KEY} was revoked", "code": MODEL_KEY}})
    reply.close()


def in_broken_json(reply: Reply) -> None:
    reply.send(200, f'{{"choices": [{MODEL_KEY}'.encode())


def in_the_answer(reply: Reply) -> None:
    """Whole, and cut in two; else it is an answer like any other."""
    reply.open()
    for piece in (f"Your key is {MODEL_KEY}", ", once more ", MODEL_KEY[:17], MODEL_KEY[17:], "."):
        reply.piece(piece)
    reply.finish()


HOSTILE = {
    echo.__name__.replace("_", "-"): echo
    for echo in (in_a_message, in_a_page, in_a_header, in_a_redirect, in_the_stream, in_broken_json)
}


def text_of(reply: TestResponse) -> str:
    """An answer with its headers, unpacked where it is an archive."""
    content = reply.get_data()
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    return f"{reply.headers}\n{content.decode('utf-8', 'replace')}"


def all_rows() -> str:
    """Every row of every table, as text."""
    found = []
    for table in db.metadata.sorted_tables:
        found += [f"{table.name} {tuple(row)}" for row in db.session.execute(sa.select(table))]
    db.session.rollback()
    return "\n".join(found)


def all_of_redis(connection: Redis | None = None) -> str:
    """Every value of every key, jobs unpacked. By default of the application's Redis."""
    connection, found = connection or redis(), []
    readers = {
        b"string": connection.get,
        b"hash": connection.hgetall,
        b"list": lambda key: connection.lrange(key, 0, -1),
        b"set": connection.smembers,
        b"zset": lambda key: connection.zrange(key, 0, -1, withscores=True),
        b"stream": lambda key: connection.xrange(key),
    }
    for key in connection.scan_iter(count=1000):
        kind = connection.type(key)
        found.append(f"{key!r} {_readable(readers[kind if isinstance(kind, bytes) else kind.encode()](key))}")
    return "\n".join(found)


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{_readable(name)}={_readable(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple | set):
        return " ".join(map(_readable, value))
    if isinstance(value, bytes):
        with suppress(zlib.error):  # jobs are packed, the rest is not
            value = zlib.decompress(value)
        return value.decode("utf-8", "replace")
    return str(value)

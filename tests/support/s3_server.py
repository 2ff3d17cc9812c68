"""As much of S3 as an installation asks for, over HTTP: put (in parts, too), get (a range, too), head, delete, lists.

    with S3Server() as s3:
        environment = s3.environment | {"FILES_URL": "s3://files/helix"}

Signatures are not checked; who does not name the key is refused. moto has far more, and far more to install.
"""

import hashlib
import re
import secrets
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY_ID, SECRET = "AKIAHELIXTESTS000000", "only-for-tests"


class S3Server:
    """`objects` by "bucket/key". Every bucket there is has been named beforehand."""

    def __init__(self, *, address: str = "127.0.0.1", port: int = 0, buckets: tuple[str, ...] = ("files",)) -> None:
        self.objects: dict[str, bytes] = {}
        self.buckets = set(buckets)
        self.uploads: dict[str, dict[int, bytes]] = {}
        self._http = ThreadingHTTPServer((address, port), _handler_of(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self._http.server_address[:2])

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}

    def __enter__(self) -> "S3Server":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def begin_upload(self) -> str:
        number = secrets.token_hex(8)
        self.uploads[number] = {}
        return number

    def end_upload(self, number: str, name: str) -> None:
        """What its parts hold becomes the object, all at once."""
        parts = self.uploads.pop(number)
        self.objects[name] = b"".join(parts[part] for part in sorted(parts))

    def listing(self, bucket: str, asked: dict[str, list[str]]) -> str:
        """ListObjectsV2, a delimiter included."""
        prefix, delimiter = asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]
        keys = sorted(name.partition("/")[2] for name in self.objects if name.startswith(f"{bucket}/{prefix}"))
        shared: dict[str, None] = {}
        contents = []
        for key in keys:
            rest = key.removeprefix(prefix)
            if delimiter and delimiter in rest:
                shared[prefix + rest.partition(delimiter)[0] + delimiter] = None
            else:
                contents.append(
                    f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[f'{bucket}/{key}'])}</Size>"
                    "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;0&quot;</ETag></Contents>"
                )
        folders = "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in shared)
        return (
            f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(contents) + len(shared)}</KeyCount>"
            f"<IsTruncated>false</IsTruncated>{''.join(contents)}{folders}</ListBucketResult>"
        )


def _handler_of(server: S3Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self._body()
            where = urlsplit(self.path)
            name, asked = unquote(where.path).strip("/"), parse_qs(where.query, keep_blank_values=True)
            bucket, _, key = name.partition("/")
            if KEY_ID not in self.headers.get("Authorization", ""):
                self._error(403, "AccessDenied")
            elif bucket not in server.buckets:
                self._error(404, "NoSuchBucket")
            elif not key:
                self._answer(200, server.listing(bucket, asked).encode(), {"Content-Type": "application/xml"})
            elif "uploads" in asked or "uploadId" in asked:
                self._in_parts(name, asked, body)
            elif self.command == "PUT":
                server.objects[name] = body
                self._answer(200, b"", {"ETag": _etag(body)})
            elif self.command == "DELETE":
                server.objects.pop(name, None)
                self._answer(204, b"", {})
            elif name not in server.objects:
                self._error(404, "NoSuchKey")
            else:
                self._give(server.objects[name])

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

        def _in_parts(self, name: str, asked: dict[str, list[str]], body: bytes) -> None:
            bucket, _, key = name.partition("/")
            number = asked.get("uploadId", [""])[0]
            about = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key>"
            if number and number not in server.uploads:
                self._error(404, "NoSuchUpload")
            elif self.command == "POST" and not number:
                number = server.begin_upload()
                self._say(f"<InitiateMultipartUploadResult>{about}<UploadId>{number}</UploadId>", "Initiate")
            elif self.command == "PUT":
                server.uploads[number][int(asked["partNumber"][0])] = body
                self._answer(200, b"", {"ETag": _etag(body)})
            elif self.command == "POST":
                server.end_upload(number, name)
                self._say(f"<CompleteMultipartUploadResult>{about}<ETag>&quot;0&quot;</ETag>", "Complete")
            else:
                del server.uploads[number]
                self._answer(204, b"", {})

        def _say(self, opening: str, verb: str) -> None:
            text = f"{opening}</{verb}MultipartUploadResult>"
            self._answer(200, text.encode(), {"Content-Type": "application/xml"})

        def _give(self, content: bytes) -> None:
            facts = {"ETag": _etag(content), "Last-Modified": formatdate(usegmt=True), "Accept-Ranges": "bytes"}
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if part is None:
                return self._answer(200, content, facts)
            first, last = int(part[1]), min(int(part[2] or len(content)), len(content) - 1)
            if first >= len(content):
                return self._error(416, "InvalidRange")
            facts["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            return self._answer(206, content[first : last + 1], facts)

        def _body(self) -> bytes:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
                return content
            # "size;chunk-signature=...\r\n" before each piece; trailing checksums behind the last, which is empty.
            whole = b""
            while content:
                head, _, content = content.partition(b"\r\n")
                size = int(head.partition(b";")[0], 16)
                if not size:
                    break
                whole, content = whole + content[:size], content[size + 2 :]
            return whole

        def _error(self, status: int, code: str) -> None:
            body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
            self._answer(status, body, {"Content-Type": "application/xml"})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for header, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(header, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Nobody reads it."""

    return Handler


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'

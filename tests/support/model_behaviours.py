"""Behaviours of the test server's models. The model's name is the function's name with dashes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.support.model_reply import Reply

WORDS = ["Hello", " from", " the", " test", " model", "."]
TEXT = "".join(WORDS)
TWO_MEGABYTES = 2_000_000


def ok(reply: Reply) -> None:
    """The usual: six pieces, `stop`, usage."""
    reply.open()
    for word in WORDS:
        reply.piece(word)
    reply.finish()


def echo(reply: Reply) -> None:
    """The prompt's last message, as the answer."""
    reply.open()
    reply.piece("You said: " + reply.prompt())
    reply.finish()


def no_usage(reply: Reply) -> None:
    reply.open()
    for word in WORDS:
        reply.piece(word)
    reply.finish(usage=False)


def slow(reply: Reply) -> None:
    """`slow:2`: two seconds before the first byte."""
    reply.wait(reply.number(2))
    ok(reply)


def slow_pieces(reply: Reply) -> None:
    """`slow-pieces:0.5`: half a second before each piece."""
    reply.open()
    for word in WORDS:
        reply.wait(reply.number(0.5))
        reply.piece(word)
    reply.finish()


def drip(reply: Reply) -> None:
    """Keeps the connection alive with comments for 60 s and says nothing."""
    reply.open()
    for _ in range(600):
        reply.raw(b": still here\n\n")
        reply.wait(0.1)
        if reply._stopping.is_set():
            return


def silence(reply: Reply) -> None:
    """Takes the request and never answers."""
    reply.wait(60)


def unauthorized(reply: Reply) -> None:
    key = reply._http.headers.get("Authorization", "none")
    reply.error(401, f"Incorrect API key provided: {key}", "invalid_api_key")


def forbidden(reply: Reply) -> None:
    reply.error(403, "This key may not use this model.", "permission_error")


def not_found(reply: Reply) -> None:
    reply.error(404, f"The model `{reply.model}` does not exist.", "model_not_found")


def rate_limited(reply: Reply) -> None:
    """`rate-limited`: no Retry-After; `rate-limited:7`: 7 seconds."""
    headers = {"Retry_After": reply.argument} if reply.argument else {}
    reply.error(429, "Rate limit reached.", "rate_limit_exceeded", **headers)


def rate_limited_until(reply: Reply) -> None:
    """`rate-limited-until:90`: a date 90 seconds from now."""
    moment = datetime.now(UTC) + timedelta(seconds=reply.number(90))
    reply.error(429, "Rate limit reached.", "rate_limit_exceeded", Retry_After=format_datetime(moment, usegmt=True))


def no_quota(reply: Reply) -> None:
    reply.error(429, "You exceeded your current quota, please check your plan.", "insufficient_quota")


def payment_required(reply: Reply) -> None:
    reply.error(402, "Insufficient credits.")


def broken(reply: Reply) -> None:
    """`broken`: 500; `broken:503`: another status."""
    reply.error(int(reply.number(500)), "Internal error. Stack: secret-internals", "server_error")


def broken_once(reply: Reply) -> None:
    """500 for the first request of this very name in the life of the process, then ok."""
    if reply.model not in _seen:
        _seen.add(reply.model)
        broken_with = Reply(reply._http, reply.body, "broken", reply._stopping)
        broken(broken_with)
    else:
        ok(reply)


_seen: set[str] = set()


def html(reply: Reply) -> None:
    reply.send(200, b"<!doctype html><html><body>Welcome to nginx</body></html>", "text/html")


def broken_json(reply: Reply) -> None:
    reply.open()
    reply.piece("Half")
    reply.raw(b'data: {"choices": [{"delta": {"content": \n\n')
    reply.close()


def cut(reply: Reply) -> None:
    """The stream stops in the middle: the connection closes without an end of the body."""
    reply.open()
    for word in WORDS[:3]:
        reply.piece(word)


def cut_politely(reply: Reply) -> None:
    """The body ends as a body should, but the answer does not: no finish reason."""
    reply.open()
    for word in WORDS[:3]:
        reply.piece(word)
    reply.close()


def cut_with_done(reply: Reply) -> None:
    """`[DONE]`, but no finish reason before it."""
    reply.open()
    for word in WORDS[:3]:
        reply.piece(word)
    reply.raw(b"data: [DONE]\n\n")
    reply.close()


def empty(reply: Reply) -> None:
    reply.open()
    reply.finish(tokens=0)


def blank(reply: Reply) -> None:
    reply.open()
    reply.piece(" \n ")
    reply.finish()


def huge(reply: Reply) -> None:
    """2 MB of text in pieces of 10,000 letters, all different; stops when nobody reads."""
    reply.open()
    for number in range(TWO_MEGABYTES // 10_000):
        reply.piece(f"{number:06d} lorem ipsum ".ljust(20) * 500)
    reply.finish(tokens=500_000)


def long(reply: Reply) -> None:
    """Cut short by max_tokens."""
    reply.open()
    for word in WORDS:
        reply.piece(word)
    reply.finish("length")


def refusal(reply: Reply) -> None:
    """The refusal field of OpenAI, without content; Anthropic's stop reason `refusal`."""
    reply.open()
    if reply.shape == "openai":
        reply.event(reply._choice({"refusal": "I cannot help with that."}))
        reply.finish("stop")
    else:
        reply.finish("content_filter")


def content_filter(reply: Reply) -> None:
    reply.open()
    reply.piece("I was about to say")
    reply.finish("content_filter")


def content_policy(reply: Reply) -> None:
    reply.error(400, "Your request was rejected by our safety system.", "content_policy_violation")


def too_long(reply: Reply) -> None:
    reply.error(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded")


def bad_request(reply: Reply) -> None:
    reply.error(400, "Unrecognized request argument.", "invalid_request_error")


def error_in_stream(reply: Reply) -> None:
    """A 200 that turns into an error after two pieces."""
    reply.open()
    for word in WORDS[:2]:
        reply.piece(word)
    error = {"type": "overloaded_error", "message": "Overloaded"}
    reply.event({"type": "error", "error": error} if reply.shape == "anthropic" else {"error": error})
    reply.close()


def strange_end(reply: Reply) -> None:
    reply.open()
    reply.piece("Hello")
    reply.finish("insufficient_system_resource")


def redirect(reply: Reply) -> None:
    """`redirect:9123`: to that port of this machine."""
    reply.send(307, b"", Location=f"http://127.0.0.1:{int(reply.number(9))}/v1/chat/completions")


BY_NAME: dict[str, Callable[[Reply], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        ok, echo, no_usage, slow, slow_pieces, drip, silence, unauthorized, forbidden, not_found, rate_limited,
        rate_limited_until, no_quota, payment_required, broken, broken_once, html, broken_json, cut, cut_politely,
        cut_with_done, empty, blank, huge, long, refusal, content_filter, content_policy, too_long, bad_request,
        error_in_stream, strange_end, redirect,
    )
}  # fmt: skip

"""Security headers that every response must have."""

from werkzeug.test import TestResponse

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
REFERRER = {"same-origin", "no-referrer"}
# Either the policy of pages, or the one of files, which is stricter.
NEVER_ALLOWED = ("unsafe-inline", "unsafe-eval", "nonce-", "http:", "https:", "*")


def problems(reply: TestResponse) -> list[str]:
    """What is wrong with the headers of an answer, in words; nothing for a good one."""
    found = [
        f"{name}: {reply.headers.get(name)}" for name, wanted in EVERYWHERE.items() if reply.headers.get(name) != wanted
    ]
    if reply.headers.get("Referrer-Policy") not in REFERRER:
        found.append(f"Referrer-Policy: {reply.headers.get('Referrer-Policy')}")
    policy = reply.headers.get("Content-Security-Policy", "")
    directives = {name: values for name, *values in (part.split() for part in policy.split(";") if part.strip())}
    if "sandbox" not in directives and directives.get("frame-ancestors") != ["'none'"]:
        found.append(f"may be framed: {policy}")
    if directives.get("script-src", directives.get("default-src")) not in (["'self'"], ["'none'"]):
        found.append(f"scripts from elsewhere: {policy}")
    if any(word in policy for word in NEVER_ALLOWED):
        found.append(f"too wide a policy: {policy}")
    if reply.mimetype == "text/html" and "no-store" not in reply.headers.get("Cache-Control", ""):
        found.append(f"a page that is kept: {reply.headers.get('Cache-Control')}")
    if reply.headers.get("Access-Control-Allow-Origin"):
        found.append("readable from other sites")
    return found

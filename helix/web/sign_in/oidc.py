"""Signing in through another service: there and back. Links and not forms, since forms may lead to this site alone."""

import hmac
import logging
import re
import time
from typing import Any
from urllib.parse import urlencode

from flask import current_app, redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from helix.errors import Forbidden, HelixError, NotFound, TooManyRequests
from helix.oidc import Begun, OidcError, Provider
from helix.services import accounts, settings
from helix.services.accounts import throttle
from helix.transaction import end_reading
from helix.web import session
from helix.web.blueprint import local, public_blueprint
from helix.web.sign_in.page import sign_in_page

blueprint = public_blueprint("sign_in_elsewhere")
BLUEPRINTS = (blueprint,)
log = logging.getLogger(__name__)

# What a service may say went wrong (RFC 6749, 4.1.2.1): a word, and nothing that somebody typed into an address.
ERROR = re.compile(r"[a-z_]{1,60}")
BACK = "/sign-in/oidc/back"
PATIENCE = 900  # seconds for a person to sign in over there
STRAY = "This sign-in was begun in another window, or too long ago. Try again."


@blueprint.get("/sign-in/oidc")
def leave() -> ResponseReturnValue:
    """To the service, with marks in this browser's cookie that the way back must bring along."""
    provider = _provider()
    address = _back_to()
    end_reading()
    try:
        begun, there = provider.begin(address, choose=cookie.pop("choose_account", False))
    except OidcError as error:
        log.warning("Nobody can sign in through another service: %s", error.message)
        return sign_in_page(error.status, refused=error.message)
    cookie["oidc"] = {**begun.as_dict(), "next": local(request.args.get("next"), otherwise="")}
    return redirect(there, 303)


@blueprint.get(BACK)
def come_back() -> ResponseReturnValue:
    """Signs this browser in, in a session that shares nothing with the one before."""
    provider, here = _provider(), request.remote_addr or ""
    marks: dict[str, Any] = cookie.pop("oidc", None) or {}
    back_to = _back_to()
    end_reading()
    who = None
    try:
        throttle.count_attempt(address=here)
        who = provider.finish(_begun(marks), _code(), back_to)
        user = accounts.sign_in_with_oidc(who, address=here)
        throttle.clear_attempts(address=here)
    except TooManyRequests as error:
        return _refused(error, marks)
    except (OidcError, Forbidden) as error:
        claim = error.claim if isinstance(error, OidcError) else None
        accounts.record_refused_sign_in(error.message, who=who, claim=claim, address=here)
        return _refused(error, marks)
    session.end()
    session.begin(user)
    return redirect(local(marks.get("next")), 303)


def _refused(error: HelixError, marks: dict[str, Any]) -> ResponseReturnValue:
    """To the form, which says why: so the code and the state do not stay in the address."""
    cookie["refused"] = {"status": error.status, "words": error.message}
    # Else the service, where somebody is still signed in, would send the same person back at once. One that could not
    # do what it was asked is not asked again.
    cookie["choose_account"] = request.args.get("error") in (None, "access_denied")
    back = local(marks.get("next"), otherwise="")
    return redirect(f"/sign-in?{urlencode({'next': back})}" if back else "/sign-in", 303)


def _provider() -> Provider:
    chosen = current_app.config["HELIX"].oidc
    if chosen is None:
        raise NotFound("Nobody signs in through another service here.")
    return Provider(chosen)


def _back_to() -> str:
    return settings.base_url() + BACK


def _begun(marks: dict[str, Any]) -> Begun:
    """What this browser left with, if what came back belongs to it. Raises Forbidden."""
    state = request.args.get("state", "")
    try:
        begun = Begun(marks["state"], marks["nonce"], marks["verifier"], int(marks["at"]))
    except (KeyError, TypeError, ValueError):
        raise Forbidden(STRAY) from None
    fits = hmac.compare_digest(state.encode("utf-8", "surrogatepass"), begun.state.encode())
    if not fits or not 0 <= time.time() - begun.at < PATIENCE:
        raise Forbidden(STRAY)
    return begun


def _code() -> str:
    """The code, if it comes from the service that was asked (RFC 9207) and the person was let through there."""
    chosen = current_app.config["HELIX"].oidc
    if request.args.get("iss", chosen.issuer) != chosen.issuer:
        raise Forbidden(STRAY)
    if "error" in request.args or not request.args.get("code"):
        name, said = f"{chosen.name[:1].upper()}{chosen.name[1:]}", request.args.get("error", "")
        because = f" ({said})" if ERROR.fullmatch(said) else ""
        raise Forbidden(f"{name} did not let you through{because}. Try again, or ask an admin.")
    return request.args["code"]

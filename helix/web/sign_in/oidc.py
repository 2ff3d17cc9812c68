"""Sign-in by OpenID Connect. Uses links and not forms, because the CSP allows forms only for this site."""

import hmac
import logging
import re
import time
from typing import Any
from urllib.parse import urlencode

from flask import current_app, redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from helix.db.transaction import end_reading
from helix.errors import Forbidden, HelixError, NotFound, TooManyRequests
from helix.oidc import Begun, OidcError, Provider
from helix.services import accounts, settings
from helix.services.accounts import throttle
from helix.web import session
from helix.web.blueprint import local_path, public_blueprint
from helix.web.sign_in.page import sign_in_page

blueprint = public_blueprint("sign_in_elsewhere")
BLUEPRINTS = (blueprint,)
log = logging.getLogger(__name__)

# The error code of the provider (RFC 6749, 4.1.2.1). Other texts in the URL are not shown.
ERROR = re.compile(r"[a-z_]{1,60}")
CALLBACK_PATH = "/sign-in/oidc/back"
MAX_AGE_SECONDS = 900  # seconds to sign in at the provider
STATE_MISMATCH = "This sign-in was started in another window, or has expired. Try again."


@blueprint.get("/sign-in/oidc")
def start() -> ResponseReturnValue:
    """Redirect to the provider. The state of the request is kept in this browser's session cookie."""
    provider = _provider()
    address = _callback_url()
    end_reading()
    try:
        pending, there = provider.begin(address, choose=cookie.pop("choose_account", False))
    except OidcError as error:
        log.warning("Nobody can sign in through another service: %s", error.message)
        return sign_in_page(error.status, refused=error.message)
    cookie["oidc"] = {**pending.as_dict(), "next": local_path(request.args.get("next"), otherwise="")}
    return redirect(there, 303)


@blueprint.get(CALLBACK_PATH)
def callback() -> ResponseReturnValue:
    """Handle the provider's callback and sign this browser in with a fresh session."""
    provider, here = _provider(), request.remote_addr or ""
    state_data: dict[str, Any] = cookie.pop("oidc", None) or {}
    back_to = _callback_url()
    end_reading()
    who = None
    try:
        throttle.count_attempt(address=here)
        who = provider.finish(_pending(state_data), _code(), back_to)
        user = accounts.sign_in_with_oidc(who, address=here)
        throttle.clear_attempts(address=here)
    except TooManyRequests as error:
        return _refused(error, state_data)
    except (OidcError, Forbidden) as error:
        claim = error.claim if isinstance(error, OidcError) else None
        accounts.record_refused_sign_in(error.message, who=who, claim=claim, address=here)
        return _refused(error, state_data)
    session.end()
    session.begin(user)
    return redirect(local_path(state_data.get("next")), 303)


def _refused(error: HelixError, state_data: dict[str, Any]) -> ResponseReturnValue:
    """Redirect to the sign-in form with the reason, which removes code and state from the URL."""
    cookie["refused"] = {"status": error.status, "words": error.message}
    # Make the provider ask for the account next time; otherwise it would return the same person at once. Not after a
    # provider error, since `prompt` may be what it does not support.
    cookie["choose_account"] = request.args.get("error") in (None, "access_denied")
    back = local_path(state_data.get("next"), otherwise="")
    return redirect(f"/sign-in?{urlencode({'next': back})}" if back else "/sign-in", 303)


def _provider() -> Provider:
    chosen = current_app.config["HELIX"].oidc
    if chosen is None:
        raise NotFound("Sign-in through another service is not set up.")
    return Provider(chosen)


def _callback_url() -> str:
    return settings.base_url() + CALLBACK_PATH


def _pending(state_data: dict[str, Any]) -> Begun:
    """The state stored at the start of this sign-in. Raises Forbidden if it does not match the callback."""
    state = request.args.get("state", "")
    try:
        pending = Begun(state_data["state"], state_data["nonce"], state_data["verifier"], int(state_data["at"]))
    except (KeyError, TypeError, ValueError):
        raise Forbidden(STATE_MISMATCH) from None
    fits = hmac.compare_digest(state.encode("utf-8", "surrogatepass"), pending.state.encode())
    if not fits or not 0 <= time.time() - pending.at < MAX_AGE_SECONDS:
        raise Forbidden(STATE_MISMATCH)
    return pending


def _code() -> str:
    """The authorization code. Raises Forbidden for another issuer (RFC 9207) or a refused sign-in."""
    chosen = current_app.config["HELIX"].oidc
    if request.args.get("iss", chosen.issuer) != chosen.issuer:
        raise Forbidden(STATE_MISMATCH)
    if "error" in request.args or not request.args.get("code"):
        name, code = f"{chosen.name[:1].upper()}{chosen.name[1:]}", request.args.get("error", "")
        because = f" ({code})" if ERROR.fullmatch(code) else ""
        raise Forbidden(f"{name} did not let you through{because}. Try again, or ask an admin.")
    return request.args["code"]

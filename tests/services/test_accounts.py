from datetime import timedelta

import time_machine

from helix import clock
from helix.crypto.tokens import hash_token
from helix.extensions import db
from helix.models import BrowserSession, OneTimeToken
from helix.services import accounts
from tests.support.cast import acting


def test_a_browser_that_was_not_seen_for_a_month_signs_in_again(mia):
    with time_machine.travel(clock.now() - timedelta(days=31)):
        old = accounts.open_session(mia, user_agent="", address="")
        assert accounts.actor_by_session(hash_token(old)) is not None

    assert accounts.actor_by_session(hash_token(old)) is None


def test_a_session_names_itself_in_its_actor(mia):
    secret = accounts.open_session(mia, user_agent="", address="")

    actor, session_id = accounts.actor_by_session(hash_token(secret))

    assert (actor.session_id, actor.token_id) == (session_id, None)
    assert accounts.shown_session(actor, accounts.sessions(actor)[0])["current"] is True


def test_what_ended_long_ago_is_forgotten_and_what_serves_is_kept(ada, mia, noah):
    with time_machine.travel(clock.now() - timedelta(days=40)):
        accounts.open_session(mia, user_agent="old", address="")
        accounts.reset_link(acting(ada), mia.id)
    accounts.open_session(noah, user_agent="new", address="")
    accounts.reset_link(acting(ada), noah.id)

    accounts.forget_expired()

    assert [session.user_agent for session in db.session.query(BrowserSession)] == ["new"]
    assert [link.user_id for link in db.session.query(OneTimeToken)] == [noah.id]

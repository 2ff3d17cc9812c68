import threading
from datetime import timedelta

import time_machine

from helix import clock
from helix.crypto.tokens import hash_token
from helix.errors import Invalid, NotSignedIn, TooManyRequests
from helix.extensions import db
from helix.models import BrowserSession, OneTimeToken
from helix.services import accounts
from tests.support.people import as_actor


def test_a_browser_unused_for_a_month_has_to_sign_in_again(mia):
    with time_machine.travel(clock.now() - timedelta(days=31)):
        old = accounts.create_session(mia, user_agent="", address="")
        assert accounts.actor_by_session(hash_token(old)) is not None

    assert accounts.actor_by_session(hash_token(old)) is None


def test_a_session_names_itself_in_its_actor(mia):
    secret = accounts.create_session(mia, user_agent="", address="")

    actor, session_id = accounts.actor_by_session(hash_token(secret))

    assert (actor.session_id, actor.token_id) == (session_id, None)
    assert accounts.serialize_session(actor, accounts.sessions(actor)[0])["current"] is True


def test_expired_sessions_and_links_are_deleted_and_valid_ones_kept(ada, mia, noah):
    with time_machine.travel(clock.now() - timedelta(days=40)):
        accounts.create_session(mia, user_agent="old", address="")
        accounts.reset_link(as_actor(ada), mia.id)
    accounts.create_session(noah, user_agent="new", address="")
    accounts.reset_link(as_actor(ada), noah.id)

    accounts.delete_expired()

    assert [session.user_agent for session in db.session.query(BrowserSession)] == ["new"]
    assert [link.user_id for link in db.session.query(OneTimeToken)] == [noah.id]


def test_a_link_opened_twice_at_once_works_once(app, ada, mia):
    token = accounts.reset_link(as_actor(ada), mia.id).url.rpartition("/")[2]
    start = threading.Barrier(2)
    outcomes = []

    def follow(password):
        with app.app_context():
            start.wait(10)
            try:
                accounts.redeem(token, password)
                outcomes.append(password)
            except Invalid:
                outcomes.append("refused")

    threads = [threading.Thread(target=follow, args=(f"password of {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    db.session.remove()  # like the next request, which remembers nothing
    assert outcomes.count("refused") == 1
    (password,) = set(outcomes) - {"refused"}
    assert accounts.sign_in("mia@example.com", password).name == "Mia"


def test_guesses_at_the_same_moment_are_counted_one_by_one(app, mia):
    start = threading.Barrier(20)
    outcomes = []

    def guess():
        with app.app_context():
            start.wait(10)
            try:
                accounts.sign_in(mia.email, "guess")
            except (NotSignedIn, TooManyRequests) as error:
                outcomes.append(error.status)

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(outcomes) == [401] * 10 + [429] * 10

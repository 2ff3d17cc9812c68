"""One transaction: what belongs to it, what follows its commit, and what a failure undoes."""

import logging

import pytest
from sqlalchemy import func, select

from helix.db.transaction import before_commit, end_reading, transaction
from helix.extensions import db
from helix.models import Department


def department(name="Sales"):
    return Department(name=name, name_key=name.lower(), emoji="📣", sort_order=1)


def count():
    return db.session.scalar(select(func.count(Department.id)))


def test_after_commit_runs_once_the_change_is_committed(clean_app):
    seen = []
    with transaction() as after_commit:
        db.session.add(department())
        after_commit(lambda: seen.append(count()))
        before = list(seen)

    assert (before, seen) == ([], [1])


def test_failure_undoes_the_change_and_drops_what_was_to_follow(clean_app):
    seen = []

    def fail():
        with transaction() as after_commit:
            db.session.add(department())
            after_commit(seen.append, 1)
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert (count(), seen) == (0, [])


def test_error_after_the_commit_is_logged_and_undoes_nothing(clean_app, caplog):
    def fail():
        raise LookupError

    with caplog.at_level(logging.ERROR), transaction() as after_commit:
        db.session.add(department())
        after_commit(fail)

    assert count() == 1
    assert "after commit" in caplog.text


def test_transaction_within_another_joins_it(clean_app):
    def fail_outside():
        with transaction():
            with transaction():
                db.session.add(department())
            raise LookupError

    with pytest.raises(LookupError):
        fail_outside()

    assert count() == 0


def test_before_commit_is_called_once_with_everything_named_for_it(clean_app):
    calls = []

    def note(things):
        calls.append(things)
        db.session.add(department())

    with transaction():
        before_commit(note, 1)
        before_commit(note, 2)

    assert calls == [[1, 2]]
    assert count() == 1


def test_before_commit_outside_of_a_transaction_is_refused(clean_app):
    with pytest.raises(RuntimeError, match="outside"):
        before_commit(list, 1)


def test_change_outside_of_a_transaction_is_refused(clean_app):
    db.session.add(department())

    with pytest.raises(RuntimeError, match="outside"):
        end_reading()

    db.session.rollback()

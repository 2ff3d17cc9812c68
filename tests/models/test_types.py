from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helix.db.engine import tune
from helix.extensions import db
from helix.models.types import EnumText, Money, UtcDateTime


class Colour(StrEnum):
    RED = "red"


AMOUNTS = st.decimals(min_value=-9_000_000_000, max_value=9_000_000_000, allow_nan=False, allow_infinity=False)
EXACT = AMOUNTS.map(lambda amount: amount.quantize(Decimal("0.000000001"), ROUND_HALF_EVEN))


def kept(amount: Decimal) -> int:
    stored = Money().process_bind_param(amount, None)
    assert stored is not None
    return stored


def read(stored: int) -> Decimal | None:
    return Money().process_result_value(stored, None)


@given(EXACT)
def test_nine_places_of_an_amount_come_back_as_they_were(amount):
    assert read(kept(amount)) == amount


@given(AMOUNTS)
def test_what_is_finer_is_off_by_half_a_nano_dollar_at_most(amount):
    assert abs(read(kept(amount)) - amount) <= Decimal("0.0000000005")


@given(st.lists(EXACT, max_size=30))
def test_a_sum_in_the_database_is_the_sum(amounts):
    assert read(sum(map(kept, amounts))) == sum(amounts)
    assert -(2**63) <= sum(map(kept, amounts)) < 2**63 or len(amounts) > 1


@given(AMOUNTS, AMOUNTS)
def test_the_order_of_amounts_is_the_order_of_what_is_kept(one, other):
    assert (kept(one) <= kept(other)) or one > other


def test_a_word_comes_back_as_the_member_that_it_names():
    read_word = EnumText(Colour, 10).result_processor(None, None)

    assert read_word("red") is Colour.RED
    assert read_word(None) is None


def test_a_word_that_is_none_of_the_list_is_refused_when_it_is_read():
    with pytest.raises(ValueError, match="purple"):
        EnumText(Colour, 10).result_processor(None, None)("purple")


@pytest.mark.parametrize("hours", [0, 2, -7])
def test_a_time_from_postgresql_comes_in_utc_whatever_zone_the_server_lives_in(clean_app, hours):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no zones")
    told = datetime(2026, 11, 25, 12, 30, tzinfo=timezone(timedelta(hours=hours)))
    elsewhere = sa.create_engine(db.engine.url.update_query_dict({"options": "-c TimeZone=America/New_York"}))
    tune(elsewhere)

    with elsewhere.connect() as connection:
        found = connection.scalar(sa.select(sa.cast(sa.literal(told.isoformat()), UtcDateTime)))
        nothing = connection.scalar(sa.select(sa.cast(sa.null(), UtcDateTime)))
    elsewhere.dispose()

    assert found == told
    assert found.tzinfo is UTC
    assert nothing is None

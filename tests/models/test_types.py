from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from helix.models.types import Money

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

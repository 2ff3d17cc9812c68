from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.llm import Endpoint, Price, prices
from helix.llm.outcome import Usage


class Table:
    """A litellm with a table of our own."""

    model_cost = {
        "gpt-x": {
            "litellm_provider": "openai",
            "input_cost_per_token": 1.5e-07,
            "output_cost_per_token": 6e-07,
            "max_input_tokens": 128_000,
            "max_output_tokens": 16_384,
        },
        "openai/caches": {
            "litellm_provider": "openai",
            "input_cost_per_token": 2e-06,
            "output_cost_per_token": 8e-06,
            "cache_read_input_token_cost": 5e-07,
        },
        "anthropic/writes": {
            "litellm_provider": "anthropic",
            "input_cost_per_token": 2e-06,
            "output_cost_per_token": 8e-06,
            "cache_read_input_token_cost": 2e-07,
            "cache_creation_input_token_cost": 2.5e-06,
        },
        "xai/grok": {"litellm_provider": "xai", "input_cost_per_token": 2e-06},
        "openai/gap": {"litellm_provider": "openai", "input_cost_per_token": 0, "output_cost_per_token": 0},
        "openai/even": {"litellm_provider": "openai", "max_input_tokens": 8_000, "max_output_tokens": 8_000},
        "ollama/llama": {"litellm_provider": "ollama", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
    }


def used(into, out, cached=0, written=0):
    return Usage(into, out, cached, written, estimated=False)


@pytest.mark.parametrize(
    ("provider", "model", "own", "price"),
    [
        ("openai", "gpt-x", (None, None), (Decimal("0.15"), Decimal("0.6"))),
        ("openai", "gpt-x", (Decimal(1), Decimal(2)), (Decimal(1), Decimal(2))),
        ("openai", "gpt-x", (Decimal(1), None), (Decimal(1), Decimal("0.6"))),
        ("openai", "gpt-x", (Decimal(0), Decimal(0)), (Decimal(0), Decimal(0))),
        ("openai", "unheard-of", (None, None), None),
        ("openai", "unheard-of", (Decimal(1), None), None),
        ("xai", "grok", (None, None), None),
        ("openai", "gap", (None, None), None),
        ("ollama", "llama", (None, None), (Decimal(0), Decimal(0))),
        ("custom", "gpt-x", (None, None), None),
        ("groq", "gpt-x", (None, None), None),
    ],
)
def test_a_price_is_the_models_own_or_the_tables_or_unknown(provider, model, own, price):
    endpoint = Endpoint(provider, model, input_cost_per_million=own[0], output_cost_per_million=own[1])

    known = prices.price(Table, endpoint)

    assert known == (price and Price(*price))
    assert (prices.cost(Table, endpoint, used(10, 10)) is None) == (price is None)


@pytest.mark.parametrize(
    ("model", "own_input", "cost"),
    [
        ("caches", None, "0.0022"),  # 600 for 2, 400 for 0.5, and 100 for 8
        ("gpt-x", None, "0.00021"),  # no price of cached input is known
        ("caches", Decimal(1), "0.0018"),  # the model's own price holds for all input
    ],
)
def test_cached_input_has_the_tables_price_for_it_or_that_of_other_input(model, own_input, cost):
    endpoint = Endpoint("openai", model, input_cost_per_million=own_input)

    assert prices.cost(Table, endpoint, used(1_000, 100, 400)) == Decimal(cost)


def test_what_is_put_into_the_cache_has_a_price_of_its_own_and_counts_as_the_dearest():
    endpoint = Endpoint("anthropic", "writes")

    # 300 for 2, 400 for 0.2, 300 for 2.5, and 100 for 8
    assert prices.cost(Table, endpoint, used(1_000, 100, 400, 300)) == Decimal("0.00223")
    assert prices.price(Table, endpoint).dearest_input_per_million == Decimal("2.5")
    assert prices.price(Table, Endpoint("openai", "gpt-x")).dearest_input_per_million == Decimal("0.15")


@pytest.mark.parametrize(
    ("provider", "model", "own", "window"),
    [
        ("openai", "gpt-x", (None, None), (128_000, 16_384)),
        ("openai", "gpt-x", (10_000, 2_000), (10_000, 2_000)),
        ("openai", "gpt-x", (8_000, None), (8_000, 2_000)),
        ("openai", "even", (None, None), (8_000, 2_000)),
        ("custom", "gpt-x", (None, None), (8_192, 2_048)),
        ("custom", "gpt-x", (1_000, 5_000), (1_000, 1_000)),
    ],
)
def test_a_window_is_the_models_own_or_the_tables_or_the_stated_one(provider, model, own, window):
    endpoint = Endpoint(provider, model, context_window=own[0], max_output_tokens=own[1])

    known = prices.window(Table, endpoint)

    assert (known.context, known.max_output) == window


def test_a_cost_is_rounded_half_up_to_eight_places():
    price = Price(Decimal("0.15"), Decimal("0.6"))

    assert price.cost(1, 0) == Decimal("0.00000015")
    assert Price(Decimal("0.005"), Decimal(0)).cost(1, 0) == Decimal("0.00000001")
    assert price.cost(1_000_000, 1_000_000) == Decimal("0.75")


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.decimals(0, 1000, places=4), st.decimals(0, 1000, places=4))
def test_a_cost_is_never_negative_and_grows_with_the_tokens(into, out, price_in, price_out):
    price = Price(price_in, price_out)

    assert 0 <= price.cost(into, out) <= price.cost(into + 1, out + 1)

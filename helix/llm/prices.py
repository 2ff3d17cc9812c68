"""Prices and context windows: from the endpoint's own settings, else litellm's table, else unknown.

The table is read directly, by the model's full name. litellm's functions for it match similar names, and query a local
server over the network.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from helix.llm.interface import Endpoint, Price, Window
from helix.llm.outcome import Usage
from helix.llm.providers import CUSTOM

# For an unknown model: what even small local models support.
UNKNOWN_WINDOW = Window(context=8_192, max_output=2_048)
_MILLION = Decimal(1_000_000)
# litellm's names of providers where they differ from ours: Ollama's chat API, any OpenAI-compatible server.
_LITELLM_PROVIDER = {CUSTOM: "openai", "ollama": "ollama_chat"}
_FREE = frozenset({"ollama", "ollama_chat"})


def litellm_name(endpoint: Endpoint) -> str:
    return f"{_LITELLM_PROVIDER.get(endpoint.provider, endpoint.provider)}/{endpoint.model_name}"


def price(litellm: Any, endpoint: Endpoint) -> Price | None:
    """None if the input or the output price is unknown."""
    row = _row(litellm, endpoint)
    input_price = _first(endpoint.input_cost_per_million, _per_million(row, "input_cost_per_token"))
    output_price = _first(endpoint.output_cost_per_million, _per_million(row, "output_cost_per_token"))
    if input_price is None or output_price is None:
        return None
    is_configured = endpoint.input_cost_per_million is not None or endpoint.output_cost_per_million is not None
    if not is_configured and input_price == output_price == 0 and not _is_free(endpoint):
        return None  # missing in the table rather than free
    # The table's prices of cached input go with the table's price of other input only.
    if endpoint.input_cost_per_million is not None:
        return Price(input_price, output_price)
    cached = _per_million(row, "cache_read_input_token_cost")
    written = _per_million(row, "cache_creation_input_token_cost")
    return Price(input_price, output_price, cached, written)


def cost(litellm: Any, endpoint: Endpoint, usage: Usage) -> Decimal | None:
    """USD, None when the price is unknown."""
    known = price(litellm, endpoint)
    if known is None:
        return None
    return known.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.written_tokens)


def window(litellm: Any, endpoint: Endpoint) -> Window:
    row = _row(litellm, endpoint)
    table_input, table_output = _tokens(row, "max_input_tokens"), _tokens(row, "max_output_tokens")
    context = endpoint.context_window or table_input or _tokens(row, "max_tokens") or UNKNOWN_WINDOW.context
    # The table often has an output limit as large as the window, which would leave no room for a prompt.
    output = endpoint.max_output_tokens or min(table_output or UNKNOWN_WINDOW.max_output, context // 4)
    return Window(context=context, max_output=min(output, context))


def _row(litellm: Any, endpoint: Endpoint) -> Mapping[str, Any]:
    """The model's row in the table; empty for a custom endpoint, whose model names mean nothing."""
    if endpoint.provider == CUSTOM:
        return {}
    table: Mapping[str, Mapping[str, Any]] = litellm.model_cost
    row = table.get(f"{endpoint.provider}/{endpoint.model_name}")
    if row is not None:
        return row
    row = table.get(endpoint.model_name, {})
    return row if row.get("litellm_provider") == endpoint.provider else {}


def _per_million(row: Mapping[str, Any], name: str) -> Decimal | None:
    value = row.get(name)
    # Through str, because the float 1.5e-07 is not exactly that decimal.
    return None if value is None else Decimal(str(value)) * _MILLION


def _tokens(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else None


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _is_free(endpoint: Endpoint) -> bool:
    return endpoint.provider in _FREE or endpoint.model_name.endswith(":free")

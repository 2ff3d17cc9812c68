"""What a model costs and how much it takes: its own fields first, then litellm's table, else unknown.

The table is read as it is, by the model's full name. litellm's functions for it guess at similar names, and ask a local
server over the network.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from helix.llm.interface import Endpoint, Price, Window
from helix.llm.providers import CUSTOM

# For a model that nobody knows anything of: what even small local models take.
UNKNOWN_WINDOW = Window(context=8_192, max_output=2_048)
_MILLION = Decimal(1_000_000)
# litellm's name of a provider where ours differs: the chat interface of Ollama, any server that speaks OpenAI's.
_LITELLM_PROVIDER = {CUSTOM: "openai", "ollama": "ollama_chat"}
_FREE = frozenset({"ollama", "ollama_chat"})


def litellm_name(endpoint: Endpoint) -> str:
    return f"{_LITELLM_PROVIDER.get(endpoint.provider, endpoint.provider)}/{endpoint.model_name}"


def price(litellm: Any, endpoint: Endpoint) -> Price | None:
    """None when either side of it is unknown."""
    row = _row(litellm, endpoint)
    into = _first(endpoint.input_cost_per_million, _per_million(row, "input_cost_per_token"))
    out = _first(endpoint.output_cost_per_million, _per_million(row, "output_cost_per_token"))
    if into is None or out is None:
        return None
    own = endpoint.input_cost_per_million is not None or endpoint.output_cost_per_million is not None
    if not own and into == out == 0 and not _is_free(endpoint):
        return None  # a gap in the table, not a gift
    return Price(into, out)


def cost(litellm: Any, endpoint: Endpoint, input_tokens: int, output_tokens: int) -> Decimal | None:
    """USD, None when the price is unknown."""
    known = price(litellm, endpoint)
    return None if known is None else known.cost(input_tokens, output_tokens)


def window(litellm: Any, endpoint: Endpoint) -> Window:
    row = _row(litellm, endpoint)
    told_input, told_output = _tokens(row, "max_input_tokens"), _tokens(row, "max_output_tokens")
    context = endpoint.context_window or told_input or _tokens(row, "max_tokens") or UNKNOWN_WINDOW.context
    # The table often allows an output as large as the window, which would leave no room for a prompt.
    output = endpoint.max_output_tokens or min(told_output or UNKNOWN_WINDOW.max_output, context // 4)
    return Window(context=context, max_output=min(output, context))


def _row(litellm: Any, endpoint: Endpoint) -> Mapping[str, Any]:
    """What the table says of the model. Of a custom endpoint it says nothing, whatever the model calls itself."""
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
    # By way of text: 1.5e-07 as a float is a little more or less than it says.
    return None if value is None else Decimal(str(value)) * _MILLION


def _tokens(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else None


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _is_free(endpoint: Endpoint) -> bool:
    return endpoint.provider in _FREE or endpoint.model_name.endswith(":free")

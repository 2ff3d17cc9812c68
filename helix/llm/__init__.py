"""The outside mind: a model behind a small interface.

    mind = llm.for_endpoint(endpoint)
    answer = mind.complete(endpoint, messages, max_tokens=2000, timeout_seconds=300, on_text=publish)

`Endpoint` says which model and how to reach it, `Completion` is a whole answer with its tokens and cost, and everything
that is not a whole answer is a `ModelFailure` with a reason of the closed list. Two minds exist: `demo`, which needs
nothing, and litellm, which knows every provider. litellm costs seconds and hundreds of megabytes, so importing this
package does not import it: the first call does, or `preload()`, which a worker calls once before it forks. The web
process calls neither.
"""

from helix.llm.clients import for_endpoint, preload
from helix.llm.interface import Check, Completion, Endpoint, Message, Mind, ModelFailure, Price, Window
from helix.llm.providers import DEMO, PROVIDERS, Provider

__all__ = [
    "DEMO",
    "PROVIDERS",
    "Check",
    "Completion",
    "Endpoint",
    "Message",
    "Mind",
    "ModelFailure",
    "Price",
    "Provider",
    "Window",
    "for_endpoint",
    "preload",
]

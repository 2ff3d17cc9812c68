"""The models of a first start: those whose keys are in the environment, and the demo model that needs none."""

from flask import current_app

from helix import clock
from helix.crypto.secrets import key_hint
from helix.extensions import db
from helix.models import AiModel
from helix.services.secrets import sealed

# Provider, model, name. An inexpensive model each: people choose a more expensive one themselves.
KNOWN = (
    ("openai", "gpt-4o-mini", "GPT-4o mini"),
    ("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5"),
    ("gemini", "gemini-2.5-flash", "Gemini 2.5 Flash"),
    ("mistral", "mistral-small-latest", "Mistral Small"),
    ("groq", "llama-3.3-70b-versatile", "Llama 3.3 70B on Groq"),
    ("openrouter", "openrouter/auto", "OpenRouter"),
)
DEMO_NAME = "Demo model, offline: canned answers"


def first_models() -> list[AiModel]:
    """Add them. The first with a key becomes the default; without any, the demo model does."""
    keys = current_app.config["HELIX"].provider_api_keys
    found = [
        AiModel(
            provider=provider,
            model_name=model,
            display_name=name,
            api_key_encrypted=sealed(keys[provider]),
            key_hint=key_hint(keys[provider]),
            created_at=clock.now(),
        )
        for provider, model, name in KNOWN
        if provider in keys
    ]
    found.append(AiModel(provider="demo", model_name="demo", display_name=DEMO_NAME, created_at=clock.now()))
    found[0].is_default = True
    db.session.add_all(found)
    db.session.flush()
    return found

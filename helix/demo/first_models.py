"""The models of a first start: those whose keys are in the environment, and the demo model that needs none."""

import os

from helix import clock
from helix.crypto.secrets import key_hint
from helix.extensions import db
from helix.models import AiModel
from helix.services.secrets import encrypt

# Environment variable, provider, model, name. A modest model each: people choose a dearer one themselves.
KNOWN = (
    ("OPENAI_API_KEY", "openai", "gpt-4o-mini", "GPT-4o mini"),
    ("ANTHROPIC_API_KEY", "anthropic", "claude-haiku-4-5", "Claude Haiku 4.5"),
    ("GEMINI_API_KEY", "gemini", "gemini-2.5-flash", "Gemini 2.5 Flash"),
    ("MISTRAL_API_KEY", "mistral", "mistral-small-latest", "Mistral Small"),
    ("GROQ_API_KEY", "groq", "llama-3.3-70b-versatile", "Llama 3.3 70B on Groq"),
    ("OPENROUTER_API_KEY", "openrouter", "openrouter/auto", "OpenRouter"),
)
DEMO_NAME = "Demo model, offline: canned answers"


def first_models() -> list[AiModel]:
    """Add them. The first with a key becomes the default; without any, the demo model does."""
    found = [
        AiModel(
            provider=provider,
            model_name=model,
            display_name=name,
            api_key_encrypted=encrypt(os.environ[variable]),
            key_hint=key_hint(os.environ[variable]),
            created_at=clock.now(),
        )
        for variable, provider, model, name in KNOWN
        if os.environ.get(variable)
    ]
    found.append(AiModel(provider="demo", model_name="demo", display_name=DEMO_NAME, created_at=clock.now()))
    found[0].is_default = True
    db.session.add_all(found)
    db.session.flush()
    return found

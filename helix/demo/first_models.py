"""The models of a new installation: those with an API key in the environment, and the demo model, which needs none."""

from flask import current_app

from helix import clock, llm
from helix.crypto.secrets import key_hint
from helix.extensions import db
from helix.models import AiModel
from helix.services.secrets import encrypt

# Provider, model, name. One inexpensive model per provider: people choose a more expensive one themselves.
MODELS = (
    ("openai", "gpt-4o-mini", "GPT-4o mini"),
    ("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5"),
    ("gemini", "gemini-2.5-flash", "Gemini 2.5 Flash"),
    ("mistral", "mistral-small-latest", "Mistral Small"),
    ("groq", "llama-3.3-70b-versatile", "Llama 3.3 70B on Groq"),
    ("openrouter", "openrouter/auto", "OpenRouter"),
)
DEMO_NAME = "Demo model, offline: canned answers"


def first_models() -> list[AiModel]:
    """Add them. The first with an API key becomes the default; without any key, the demo model does."""
    keys = current_app.config["HELIX"].provider_api_keys
    models = [
        AiModel(
            provider=provider,
            model_name=model,
            display_name=name,
            api_key_encrypted=encrypt(keys[provider]),
            key_hint=key_hint(keys[provider]),
            created_at=clock.now(),
        )
        for provider, model, name in MODELS
        if provider in keys
    ]
    demo = AiModel(provider=llm.DEMO, model_name="demo", display_name=DEMO_NAME, created_at=clock.now())
    # Of the others, a test finds it out.
    demo.supports_tools = True
    models.append(demo)
    models[0].is_default = True
    db.session.add_all(models)
    db.session.flush()
    return models

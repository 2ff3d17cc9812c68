"""Test data for AI models."""

KEY = "sk-a-long-enough-secret-9876"


def gpt(**more):
    return {"provider": "openai", "model_name": "gpt-4o", "display_name": "GPT-4o", "api_key": KEY} | more

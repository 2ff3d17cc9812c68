"""The providers offered in forms. Any other provider name of litellm can be typed; these have labels."""

from dataclasses import dataclass
from urllib.parse import urlsplit

DEMO = "demo"
CUSTOM = "custom"
OLLAMA = "ollama"


@dataclass(frozen=True, slots=True)
class Provider:
    """`key_variable` is the environment variable that may hold a key at the first start."""

    name: str
    label: str
    needs_key: bool = True
    needs_base_url: bool = False
    key_variable: str | None = None


PROVIDERS: tuple[Provider, ...] = (
    Provider("openai", "OpenAI", key_variable="OPENAI_API_KEY"),
    Provider("anthropic", "Anthropic", key_variable="ANTHROPIC_API_KEY"),
    Provider("gemini", "Google Gemini", key_variable="GEMINI_API_KEY"),
    Provider("mistral", "Mistral", key_variable="MISTRAL_API_KEY"),
    Provider("groq", "Groq", key_variable="GROQ_API_KEY"),
    Provider("openrouter", "OpenRouter", key_variable="OPENROUTER_API_KEY"),
    Provider("deepseek", "DeepSeek", key_variable="DEEPSEEK_API_KEY"),
    Provider("xai", "xAI", key_variable="XAI_API_KEY"),
    Provider("azure", "Azure OpenAI", needs_base_url=True, key_variable="AZURE_API_KEY"),
    Provider(OLLAMA, "Ollama", needs_key=False),
    Provider(CUSTOM, "Custom (OpenAI-compatible)", needs_key=False, needs_base_url=True),
    Provider(DEMO, "Demo model, offline: canned answers", needs_key=False),
)

_LABELS = {provider.name: provider.label for provider in PROVIDERS if provider.name != CUSTOM}


def provider_label(provider: str, base_url: str | None) -> str:
    """A provider's name for messages: its label, or the host of a custom one."""
    if provider == CUSTOM:
        return _host(base_url) or "The model's server"
    return _LABELS.get(provider, provider)


def _host(base_url: str | None) -> str | None:
    try:
        return urlsplit(base_url or "").hostname
    except ValueError:
        return None

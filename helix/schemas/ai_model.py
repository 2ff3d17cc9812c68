from typing import Annotated

from pydantic import Field, RootModel

from helix.schemas.common import IdNumber, In, Line, NotBlank, Out, Patch, Query, Text, Usd

Provider = Annotated[Line, Field(min_length=1, max_length=40)]
ModelName = Annotated[Line, Field(min_length=1, max_length=200), NotBlank]
DisplayName = Annotated[Line, Field(max_length=120)]
ApiKey = Annotated[Text, Field(max_length=1000)]
BaseUrl = Annotated[Line, Field(max_length=500)]
Window = Annotated[int, Field(ge=256, le=100_000_000)]
MostOutput = Annotated[int, Field(ge=64, le=10_000_000)]


class ModelPath(Query):
    model_id: int


class ModelIn(In):
    provider: Provider
    """openai, anthropic, gemini, mistral, groq, openrouter, deepseek, xai, azure, ollama, custom or demo."""
    model_name: ModelName
    display_name: DisplayName | None = None
    """The model's name, if left out."""
    api_key: ApiKey | None = None
    """Stored encrypted and never returned."""
    base_url: BaseUrl | None = None
    """http or https. Required for `custom`: any server with an OpenAI-compatible API."""
    context_window: Window | None = None
    max_output_tokens: MostOutput | None = None
    input_cost_per_million: Usd | None = None
    """USD. Null: the published price of the model, if known."""
    output_cost_per_million: Usd | None = None
    is_active: bool = True


NULLABLE = (
    "api_key",
    "base_url",
    "context_window",
    "max_output_tokens",
    "input_cost_per_million",
    "output_cost_per_million",
)


class ModelPatch(Patch):
    nullable = frozenset(NULLABLE)

    provider: Provider | None = None
    model_name: ModelName | None = None
    display_name: Annotated[DisplayName, NotBlank] | None = None
    api_key: ApiKey | None = None
    """Empty keeps the stored key, null removes it. A new `base_url` requires it again."""
    base_url: BaseUrl | None = None
    context_window: Window | None = None
    max_output_tokens: MostOutput | None = None
    input_cost_per_million: Usd | None = None
    output_cost_per_million: Usd | None = None
    is_active: bool | None = None


class ReplaceWith(Query):
    replace_with: IdNumber | None = None
    """The model that takes its place."""


class LastTest(Out):
    ok: bool
    message: str
    latency_ms: int
    at: str


class ModelOut(Out):
    id: int
    provider: str
    model_name: str
    display_name: str
    base_url: str | None
    has_api_key: bool
    key_hint: str | None
    """The key's last four letters."""
    context_window: int | None
    max_output_tokens: int | None
    input_cost_per_million: float | None
    output_cost_per_million: float | None
    is_default: bool
    is_active: bool
    supports_tools: bool | None
    """Whether it can call tools, as the last test found. Null: not known. Only a model that can is offered tools."""
    last_test: LastTest | None
    created_at: str


class ModelList(RootModel[list[ModelOut]]):
    """The default first, then by name."""


class TestOut(Out):
    success: bool
    message: str
    latency_ms: int

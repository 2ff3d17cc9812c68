from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from helix.schemas.common import Line, NotBlank, Out, Patch, Text, Usd, Zone, matching
from helix.settings.urls import parse_public_url

BoardLevelName = Literal["none", "view", "create", "manage"]


def _without_at(name: str) -> str:
    return name.removeprefix("@")


BotName = Annotated[
    Line,
    *matching(r"@?[A-Za-z0-9_]{3,63}", "Write the name of the bot as Telegram shows it, such as helix_bot."),
    AfterValidator(_without_at),
]


class SettingsPatch(Patch):
    nullable = frozenset(
        {
            "monthly_budget_usd",
            "retention_days",
            "telegram_bot_username",
            "telegram_bot_token",
            "public_url",
            "web_search_provider",
            "web_search_url",
            "web_search_key",
        }
    )

    name: Annotated[Line, Field(min_length=1, max_length=120), NotBlank] | None = None
    timezone: Zone | None = None
    """An IANA time zone such as Asia/Kuala_Lumpur, for days and months."""
    default_board_level: BoardLevelName | None = None
    """The level of members without a grant of their own on a board."""
    monthly_budget_usd: Usd | None = None
    """For all agents together; null: no limit."""
    unknown_price_per_million_usd: Usd | None = None
    """The price in USD that counts when the model's price is unknown."""
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """How long the steps of finished runs are kept, in days; null: forever."""
    telegram_enabled: bool | None = None
    telegram_bot_username: BotName | None = None
    telegram_bot_token: (
        Annotated[
            Line,
            Field(max_length=200),
            *matching(r"[A-Za-z0-9:_-]*", "Copy the token as @BotFather gave it: letters, digits and a colon."),
        ]
        | None
    ) = None
    """Stored encrypted and never returned. "" keeps the present one, null removes it."""
    public_url: Annotated[Line, Field(max_length=300), AfterValidator(parse_public_url)] | None = None
    """The public URL of this installation, for links in messages, without a path; null: the server's configured
    address."""
    run_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] | None = None
    max_run_attempts: Annotated[int, Field(ge=1, le=10)] | None = None
    stream_idle_seconds: Annotated[int, Field(ge=5, le=3_600)] | None = None
    """How long a model's stream may be idle before the call ends as `timed_out`."""
    mention_runs_per_hour: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """How many runs a user may start by mentioning agents within 60 minutes; 0: none."""
    max_run_usd: Annotated[Usd, Field(gt=0)] | None = None
    """What a run with tools may cost before a person is asked for more."""
    password_min_length: Annotated[int, Field(ge=7, le=64)] | None = None
    """The minimum length of new passwords; existing ones stay valid."""
    web_search_provider: Annotated[Line, Field(max_length=20)] | None = None
    """The search engine of the tool web_search, such as searxng or brave; null: agents cannot search the web."""
    web_search_url: Annotated[Line, Field(max_length=1000)] | None = None
    """The address of a SearXNG server. The other engines have their own."""
    web_search_key: Annotated[Text, Field(max_length=2000)] | None = None
    """Stored encrypted and never returned. "" keeps the present one, null removes it. Another engine or address
    requires it again."""


class SettingsOut(Out):
    name: str
    timezone: str
    default_board_level: BoardLevelName
    monthly_budget_usd: float | None
    unknown_price_per_million_usd: float
    retention_days: int | None
    telegram_enabled: bool
    telegram_bot_username: str | None
    has_telegram_bot_token: bool
    public_url: str | None
    run_timeout_seconds: int
    max_run_attempts: int
    stream_idle_seconds: int
    mention_runs_per_hour: int
    max_run_usd: float
    password_min_length: int
    web_search_provider: str | None
    web_search_url: str | None
    has_web_search_key: bool
    web_search_key_hint: str | None
    """The key's last four letters."""


class SampleDataOut(Out):
    counts: dict[str, int]
    """Sample rows by kind: task, agent, skill, workflow, board, department, user. Empty: there is no sample."""


class SampleDataRemoved(Out):
    removed: dict[str, int]
    """Rows that were removed, by kind. Empty: there was no sample."""
    kept: dict[str, list[str]]
    """Names of rows that stay, by kind."""


class WebSearchTestOut(Out):
    success: bool
    message: str
    latency_ms: int

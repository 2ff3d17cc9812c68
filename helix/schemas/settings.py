import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from helix.schemas.common import Line, Out, Patch, Required, Usd, matching
from helix.schemas.zones import Zone

LevelWord = Literal["none", "view", "create", "manage"]


# One label of a host's name, in any alphabet; and one segment of a path that needs no quoting.
_LABEL = re.compile(r"(?!-)[^\W_](?:[^\W_]|-)*(?<!-)")
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~-]+")
_AN_ADDRESS = "must be an address such as https://helix.company.com"


def _web_address(text: str) -> str:
    """Links that are sent to people begin with it: it holds a scheme, a host and at most a plain path."""
    text = text.rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        raise ValueError(_AN_ADDRESS) from None
    segments = parts.path.split("/")[1:]
    # What `urlsplit` drops or cannot place (a tab, a backslash, an empty query) makes the two differ.
    whole = f"{parts.scheme}://{parts.netloc}{parts.path}".lower() == text.lower()
    if (
        not usable
        or not whole
        or "@" in parts.netloc
        or parts.netloc.endswith(":")
        or not all(_SEGMENT.fullmatch(segment) for segment in segments)
    ):
        raise ValueError(_AN_ADDRESS)
    return text


def _is_host(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return all(_LABEL.fullmatch(label) for label in name.removesuffix(".").split("."))
    return True


def _without_at(name: str) -> str:
    return name.removeprefix("@")


BotName = Annotated[
    Line,
    *matching(r"@?[A-Za-z0-9_]{3,63}", "Write the name of the bot as Telegram shows it, such as helix_bot."),
    AfterValidator(_without_at),
]


class SettingsPatch(Patch):
    nullable = frozenset(
        {"monthly_budget_usd", "retention_days", "telegram_bot_username", "telegram_bot_token", "public_url"}
    )

    name: Annotated[Line, Field(min_length=1, max_length=120), Required] | None = None
    timezone: Zone | None = None
    """An IANA zone such as Asia/Kuala_Lumpur: days and months are cut in it."""
    default_board_level: LevelWord | None = None
    """What members without a grant of their own may do on a board."""
    monthly_budget_usd: Usd | None = None
    """For all agents together; null: no limit."""
    unknown_price_per_million_usd: Usd | None = None
    """What a million tokens count as when nobody knows the model's price."""
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """How long finished runs keep their steps; null: for ever."""
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
    """Kept encrypted and never returned. "" keeps the present one, null takes it away."""
    public_url: Annotated[Line, Field(max_length=300), AfterValidator(_web_address)] | None = None
    """Where people open this installation, for links that are sent to them; null: as the server was started."""
    run_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] | None = None
    max_run_attempts: Annotated[int, Field(ge=1, le=10)] | None = None
    password_min_length: Annotated[int, Field(ge=7, le=64)] | None = None
    """Characters that a new password has at least; those in use stay."""


class SettingsOut(Out):
    name: str
    timezone: str
    default_board_level: LevelWord
    monthly_budget_usd: float | None
    unknown_price_per_million_usd: float
    retention_days: int | None
    telegram_enabled: bool
    telegram_bot_username: str | None
    has_telegram_bot_token: bool
    public_url: str | None
    run_timeout_seconds: int
    max_run_attempts: int
    password_min_length: int

"""Time zones by their IANA names."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from helix.schemas.common import Line


@cache
def zone_names() -> frozenset[str]:
    """Every IANA zone of this machine, without two pseudo-zones."""
    return frozenset(available_timezones()) - {"Factory", "localtime"}


def _known(name: str) -> str:
    if name not in zone_names():
        raise ValueError("must be an IANA time zone such as Asia/Kuala_Lumpur or UTC")
    return name


Zone = Annotated[Line, Field(max_length=64), AfterValidator(_known)]

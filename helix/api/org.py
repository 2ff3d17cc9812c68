from typing import Any

from helix.api.door import actor, section
from helix.models.vocabulary import BoardLevel
from helix.schemas.settings import SettingsOut, SettingsPatch
from helix.services import settings

door = section("org", "Organization Settings", "/api/org/settings")
DOORS = (door,)


@door.get("/", responses={200: SettingsOut})
def show() -> Any:
    """What the organization has decided for everyone. Secrets are never shown."""
    return settings.shown(settings.organization())


@door.patch("/", responses={200: SettingsOut})
def edit(body: SettingsPatch) -> Any:
    """Change the fields that are sent. For admins."""
    sent = body.changes()
    if "default_board_level" in sent:
        sent["default_board_level"] = BoardLevel.of(sent["default_board_level"])
    return settings.shown(settings.edit(actor(), sent))

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class HasAvatar:
    """A row with a picture in the file store, under a random key that every new picture changes."""

    avatar_key: Mapped[str | None] = mapped_column(String(100))

    @property
    def avatar_url(self) -> str | None:
        return self.avatar_at(self.avatar_key)

    @staticmethod
    def avatar_at(key: str | None) -> str | None:
        return f"/avatars/{key}" if key else None

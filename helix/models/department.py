from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id


class Department(Model):
    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80), unique=True)
    emoji: Mapped[str] = mapped_column(String(16), default="")
    sort_order: Mapped[int] = mapped_column(default=0)

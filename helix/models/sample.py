"""Which rows the demo loader has made, so that they can be removed without what people have added."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id


class SampleRow(Model):
    __tablename__ = "sample_rows"

    table_name: Mapped[str] = mapped_column(String(40), primary_key=True)
    row_id: Mapped[int] = mapped_column(Id, primary_key=True)

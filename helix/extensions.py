"""Flask extensions, created without an application; `create_app` initializes them."""

from typing import TYPE_CHECKING

from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})
if TYPE_CHECKING:
    # Flask-SQLAlchemy's generated base class has no types; the class it is generated from has.
    Model = Base
else:
    Model = db.Model
login_manager = LoginManager()
jwt = JWTManager()
csrf = CSRFProtect()

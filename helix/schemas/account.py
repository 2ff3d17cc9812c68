from helix.models.vocabulary import Role
from helix.schemas.common import Out


class UserOut(Out):
    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    avatar_url: str | None
    telegram_notifications: bool
    telegram_user_id: str | None
    timezone: str | None
    created_at: str


class LoginUser(Out):
    id: int
    name: str
    email: str
    role: Role


class LoginOut(Out):
    access_token: str
    token_type: str
    user: LoginUser

from typing import Annotated, Any

from pydantic import Field, RootModel

from helix.models.vocabulary import Role, TokenScope
from helix.schemas.common import In, Line, Moment, NotBlank, Out, Patch, Query, Text, Zone, matching
from helix.schemas.upload import Upload, UploadForm

PASSWORD_LENGTHS: dict[str, Any] = {"minLength": 1, "maxLength": 1024}

PersonName = Annotated[Line, Field(min_length=1, max_length=80), NotBlank]
# A syntax check only: whether the address exists shows when mail is sent.
_EMAIL_CHARACTER = r"[^@\s<>(),;:\"\\]"
Email = Annotated[
    Line,
    Field(max_length=254),
    *matching(
        rf"{_EMAIL_CHARACTER}{{1,64}}@{_EMAIL_CHARACTER}{{1,189}}", "Write an e-mail address such as name@company.com."
    ),
]
TelegramNumber = Annotated[
    Line, *matching(r"[1-9][0-9]{0,19}", "Write the number of the Telegram account, such as 12345678.")
]
# The minimum length is a setting of the organization.
NewPassword = Annotated[Text, Field(min_length=1, max_length=1024)]


class UserPath(Query):
    user_id: int


class SessionPath(Query):
    session_id: int


class TokenPath(Query):
    token_id: int


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


class UserList(RootModel[list[UserOut]]):
    pass


class LoginUser(Out):
    id: int
    name: str
    email: str
    role: Role


class AccessToken(Out):
    access_token: str
    token_type: str


class LoginOut(AccessToken):
    user: LoginUser


class ProfilePatch(Patch):
    nullable = frozenset({"telegram_user_id", "timezone"})

    name: PersonName | None = None
    telegram_notifications: bool | None = None
    telegram_user_id: TelegramNumber | None = None
    """The user's numeric Telegram id; null removes it."""
    timezone: Zone | None = None
    """An IANA zone such as Asia/Kuala_Lumpur; null follows the organization."""


class PasswordChange(In):
    current_password: Text
    # The length is checked after the current password, so that a wrong current password is always a 400.
    new_password: Annotated[Text, Field(json_schema_extra=PASSWORD_LENGTHS)]


class RedeemIn(In):
    token: Annotated[Text, Field(min_length=1, max_length=200)]
    """The last part of the link."""
    password: NewPassword


class AvatarForm(UploadForm):
    file: Upload
    """JPEG, PNG or WebP, at most 2 MB."""


class SessionOut(Out):
    id: int
    user_agent: str
    address: str
    created_at: str
    seen_at: str
    current: bool


class SessionList(RootModel[list[SessionOut]]):
    pass


class UserIn(In):
    name: PersonName
    email: Email
    password: NewPassword | None = None
    """Without one, the response includes an invitation link to choose it."""
    role: Role = Role.MEMBER


class UserPatch(Patch):
    name: PersonName | None = None
    email: Email | None = None
    role: Role | None = None
    is_active: bool | None = None
    password: NewPassword | None = None


class UserCreated(UserOut):
    invitation_url: str | None
    """Shown once, and only for an account without a password."""
    mailed: bool


class InvitationOut(Out):
    invitation_url: str
    expires_at: str
    mailed: bool


class ResetLinkOut(Out):
    reset_url: str
    expires_at: str
    mailed: bool


class TokenIn(In):
    name: Annotated[Line, Field(min_length=1, max_length=80), NotBlank]
    scope: TokenScope = TokenScope.WRITE
    expires_at: Moment | None = None
    """A future time. Without one, the token is valid until it is deleted."""


class TokenOut(Out):
    id: int
    name: str
    scope: TokenScope
    hint: str
    expires_at: str | None
    last_used_at: str | None
    created_at: str


class TokenList(RootModel[list[TokenOut]]):
    pass


class TokenCreated(TokenOut):
    token: str
    """Shown once, here."""

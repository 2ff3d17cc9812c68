"""What a transport noticed in a session. The package `mcp` reports little of it."""

from dataclasses import dataclass, field

from helix.mcp import secrets as secret_values
from helix.mcp.interface import AuthorizationRequired, McpFailed


@dataclass
class Incident:
    """`words` say what went wrong first, without the `secrets`, which a server may repeat.

    `call_sent`: the server may have seen the call under way. `session_ended`: the server does not know the session any
    more, and so has not executed the call.
    """

    secrets: tuple[str, ...] = ()
    words: str | None = None
    authorization: AuthorizationRequired | None = None
    call_sent: bool = False
    session_ended: bool = False
    # Of the server, in the call under way.
    requests: int = 0
    # For the result: what was declined for the people of this installation.
    notes: list[str] = field(default_factory=list)

    @property
    def has_happened(self) -> bool:
        return bool(self.words or self.authorization or self.session_ended)

    def say(self, words: str) -> None:
        self.words = self.words or secret_values.cleaned(words, self.secrets)

    def error(self, otherwise: str) -> McpFailed:
        """The failure to raise. `otherwise` is said where nothing was noticed."""
        self.say(otherwise)
        if self.authorization is not None:
            return self.authorization
        return McpFailed(self.words or otherwise, is_uncertain=self.call_sent)

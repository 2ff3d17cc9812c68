"""A tool server whose one tool cannot be undone or repeated: `pay` writes an entry into a ledger, a file.

A program of the host, of the standard library alone, so that starting it for each run is quick:

    write_tools_file(tmp_path / "tools.yaml", ledger=tmp_path / "ledger.txt")
    Ledger(tmp_path / "ledger.txt").entries()      # {"17/rent": 1}
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.nasty_mcp_server import Peer, Server, serve_stdio

if TYPE_CHECKING:  # the program itself starts without it
    import httpx

ROOT = Path(__file__).parents[2]
# Before an entry is written, and between that and the answer: the worker may die in either.
SECONDS = 0.15
PAY = {
    "name": "pay",
    "description": "Pays a bill. It is paid once more each time.",
    "inputSchema": {
        "type": "object",
        "properties": {"bill": {"type": "string"}, "seconds": {"type": "number"}},
        "required": ["bill"],
    },
}


class LedgerProgram(Server):
    def __init__(self, file: Path, seconds: float) -> None:
        super().__init__()
        self.file, self.seconds = file, seconds

    def _page(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"tools": [PAY]}

    def tool_pay(self, peer: Peer, message: dict[str, Any], bill: str, seconds: float = 0) -> str:
        """`seconds`: the bank takes so much longer before it writes the entry."""
        time.sleep(self.seconds + seconds)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(descriptor, f"{bill}\n".encode())
        finally:
            os.close(descriptor)
        time.sleep(self.seconds)
        return f"{bill} is paid."


class Ledger:
    def __init__(self, file: Path) -> None:
        self.file = file

    def entries(self) -> Counter[str]:
        """How often each bill was paid."""
        return Counter(self.file.read_text().splitlines()) if self.file.exists() else Counter()


def write_tools_file(file: Path, *, ledger: Path, seconds: float = SECONDS) -> None:
    """`ledger` is in a folder of its own, which the program may write to."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support.ledger_program import main; main()"
    file.write_text(
        "servers:\n"
        f"  - id: bank\n    command: {sys.executable}\n    folders: [{ledger.parent}]\n"
        f'    args: ["-c", "{code}", "{ledger}", "{seconds}"]\n'
    )


def accept_pay(api: "httpx.Client") -> None:
    """Ask the program for its tool, and accept it: paying cannot be repeated, and brings no text of a stranger."""
    source = next(one["id"] for one in api.get("/tools/sources/").json() if one["slug"] == "bank")
    refreshed = api.post(f"/tools/sources/{source}/refresh", timeout=60).json()
    assert refreshed["success"], refreshed
    tool = next(one for one in api.get("/tools/").json() if one["name"] == "bank__pay")
    facts = {"repeatable": False, "brings_untrusted": False, "effect": "write", "definition": tool["definition"]}
    accepted = api.post(f"/tools/{tool['id']}/accept", json=facts)
    assert accepted.status_code == 200, accepted.text


def main() -> None:
    serve_stdio(LedgerProgram(Path(sys.argv[1]), float(sys.argv[2])))

"""What axe-core (MPL-2.0, its file unchanged in tests/support/vendor) has to say about a page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
HARD = ("serious", "critical")


def complaints(page: Page) -> list[str]:
    """Each serious or critical finding in one line: the rule, where, and why."""
    # Evaluated by the debugger: the page's own policy would let no such script in.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{problem['id']} at {node['target']}: {node.get('failureSummary', '')}"
        for problem in found
        if problem["impact"] in HARD
        for node in problem["nodes"]
    ]

"""Runs axe-core (MPL-2.0, unmodified in tests/support/vendor) on a page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
# What a theme can change; everything else is the same in light and in dark.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# What a width can change: what lies over what, what scrolls, and the names of what only then shows.
LAYOUT_RULES = [
    *COLOUR_RULES,
    "scrollable-region-focusable",
    "button-name",
    "link-name",
    "label",
    "select-name",
    "image-alt",
    "role-img-alt",
    "aria-hidden-focus",
]


def findings(page: Page, within: str | None = None, rules: list[str] | None = None) -> list[dict[str, Any]]:
    """All that axe finds: `id`, `impact` and `nodes`. `within` looks at a part alone, `rules` asks for these alone."""
    if not page.evaluate("'axe' in window"):
        # Evaluated by the debugger: the page's own policy would let no such script in.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"], "preload": False} | ({"runOnly": rules} if rules else {})
    return page.evaluate(
        "async ([within, options]) => (await axe.run(within ?? document, options)).violations", [within, options]
    )


def serious(found: list[dict[str, Any]]) -> list[str]:
    """Each serious or critical finding in one line: the rule, where, and why."""
    return [
        f"{problem['id']} at {node['target']}: {node.get('failureSummary', '')}"
        for problem in found
        if problem["impact"] in SERIOUS
        for node in problem["nodes"]
    ]


def serious_findings(page: Page) -> list[str]:
    return serious(findings(page))

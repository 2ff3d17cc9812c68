"""Audits a screen: axe in both themes and at three widths, layout, requests to other hosts, and transfer sizes.

The screen is opened once: theme and width change while it is open, so that dialogs and menus stay open.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.support import axe
from tests.support.screens import Screen

WIDE, TABLET, ZOOMED, PHONE = 1440, 1024, 720, 390  # 1440 px at 200 % are 720
OVERLAY = "dialog[open], [popover]:popover-open"

# Defines weight(): transferred bytes by type, and covered(): overlapping controls.
SCRIPT = (Path(__file__).parent / "page_audit.js").read_text(encoding="utf-8")


@dataclass
class AuditResult:
    """Results for one screen. `problems` must be empty; the rest is for the report."""

    problems: list[str] = field(default_factory=list)
    impacts: Counter[str] = field(default_factory=Counter)
    bytes: dict[str, int] = field(default_factory=dict)


def audit(page: Page, screen: Screen) -> AuditResult:
    """Opens the screen and runs all checks. Leaves the page at desktop width in the light theme."""
    found, asked = AuditResult(), []
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="light")
    page.on("request", remember := lambda request: asked.append(request.url))
    screen.open(page)
    page.remove_listener("request", remember)
    # The page below a dialog or menu is checked as its own screen, and the frame in the dark theme with the dashboard.
    part = OVERLAY if page.locator(OVERLAY).count() else None
    inner = part or "main"
    _axe(page, found, "light", part)
    page.emulate_media(color_scheme="dark")
    _axe(page, found, "dark", part or (None if screen.path == "/" else "main"), axe.COLOUR_RULES)
    # A width changes the layout, and no colours.
    for width in (TABLET, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        _fits(page, found, width)
        _axe(page, found, f"at {width} px", inner, axe.LAYOUT_RULES)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": ZOOMED, "height": 450})
    _fits(page, found, ZOOMED)
    found.problems += [f"at {ZOOMED} px: {words}" for words in page.evaluate(SCRIPT + "; covered()")]
    home = urlsplit(page.url).netloc
    found.problems += [f"asks {url}" for url in asked if not url.startswith("data:") and urlsplit(url).netloc != home]
    found.bytes = page.evaluate(SCRIPT + "; weight()")
    return found


def _axe(page: Page, found: AuditResult, view: str, within: str | None, rules: list[str] | None = None) -> None:
    problems: list[dict[str, Any]] = axe.findings(page, within, rules)
    found.problems += [f"{view}: {words}" for words in axe.serious(problems)]
    found.impacts += Counter(problem["impact"] for problem in problems)


def _fits(page: Page, found: AuditResult, width: int) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.problems.append(f"{wide} px wide at {width} px")

"""Accessibility findings and size of every page: the table in docs/tour.md. `python -m scripts.screens report`."""

from playwright.sync_api import Browser

from scripts.screenshots import ROOT, new_page, sign_in
from tests.support.page_audit import AuditResult, audit
from tests.support.screens import SCREENS, Screen

TOUR = ROOT / "docs" / "tour.md"
BEGIN, END = "<!-- report -->", "<!-- end of the report -->"
HEAD = ["page", "HTML", "script", "style", "axe: critical, serious", "moderate, minor"]
HARD, SOFT = ("critical", "serious"), ("moderate", "minor")


def write(browser: Browser, address: str) -> None:
    """Replaces the table between the two markers. Raises AssertionError if a page has a problem."""
    inside, outside = new_page(browser, address), new_page(browser, address)
    sign_in(inside)
    looks = [(place, audit(inside if place.signed_in else outside, place)) for place in SCREENS]
    problems = [f"{place}: {problem}" for place, seen in looks for problem in seen.problems]
    assert not problems, problems
    before, _, rest = TOUR.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    TOUR.write_text(f"{before}{BEGIN}\n{_report(looks)}\n{END}{after}", encoding="utf-8")


def _report(looks: list[tuple[Screen, AuditResult]]) -> str:
    hard, soft = (sum(_count(seen, words) for _, seen in looks) for words in (HARD, SOFT))
    opened = [place for place, _ in looks if place.then]
    return "\n".join(
        [
            f"{len(looks)} screens, {len(opened)} of them opened dialogs, menus and forms, each in light and dark, "
            f"at 1,440 and 390 px: **{hard} critical or serious findings**, {soft} moderate or minor ones. "
            "Sizes are compressed transfer sizes in kB.",
            "",
            f"| {' | '.join(HEAD)} |",
            "|---|--:|--:|--:|--:|--:|",
            *(_row(place, seen) for place, seen in looks if not place.then),
        ]
    )


def _row(place: Screen, seen: AuditResult) -> str:
    sizes = [f"{seen.bytes[kind] / 1000:.1f}" for kind in ("page", "script", "style")]
    return f"| `{place.path}` | {' | '.join(sizes)} | {_count(seen, HARD)} | {_count(seen, SOFT)} |"


def _count(seen: AuditResult, words: tuple[str, str]) -> int:
    return sum(seen.impacts[word] for word in words)

"""`python -m scripts.page_weights`: weight, requests, paint times and layout shift of the main pages.

Starts an installation with the demo organization on a free port and in a temporary folder, and opens each page at
1440 px in headless chromium with an empty cache. Prints a table, or with `--json` a list of objects with the same
figures. `--only dashboard board` measures only these. Needs chromium on PATH. Sizes are in kB of 1,000 bytes, times in
ms from the start of the navigation; times depend on the machine and its load, sizes and requests do not.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from scripts.screenshots import chromium, new_page, sign_in
from tests.support.installation import Installation
from tests.support.page_scripts import wait_for_scripts
from tests.support.screens import AGENT, BOARD, PANEL, SKILL, TASK

PAGES = {
    "dashboard": "/",
    "board": BOARD,
    "board-lanes": f"{BOARD}?lanes=agent",
    "board-list": f"{BOARD}?layout=list",
    "calendar": f"{BOARD}?layout=calendar",
    "panel": PANEL,
    "task": TASK,
    "inbox": "/inbox",
    "my-tasks": "/my-tasks",
    "activity": "/activity",
    "agents": "/agents",
    "agent": AGENT,
    "skills": "/skills",
    "skill": SKILL,
    "models": "/models",
    "team": "/team",
    "costs": "/costs",
    "settings": "/settings",
}
COLUMNS = {
    "page": "page",
    "html_kb": "HTML, gzip",
    "html_raw_kb": "HTML, raw",
    "js_kb": "JS",
    "css_kb": "CSS",
    "fonts_kb": "fonts",
    "requests": "requests",
    "fcp_ms": "FCP ms",
    "lcp_ms": "LCP ms",
    "cls": "CLS",
}
SETTLE_MS = 500  # what follows the scripts: fonts, the event stream, the last shifts
# Chromium hands these out to observers only, and only from the beginning if they ask for what was before.
OBSERVE = """
window.measured = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.measured.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.measured.cls += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const kinds = { ".js": "js", ".css": "css", ".woff2": "fonts" };
  const bytes = { js: 0, css: 0, fonts: 0 };
  for (const { name, encodedBodySize } of performance.getEntriesByType("resource")) {
    const kind = kinds[/\\.\\w+$/.exec(new URL(name).pathname)?.[0]];
    if (kind) bytes[kind] += encodedBodySize;
  }
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const html = { html: page.encodedBodySize, raw: page.decodedBodySize };
  return { ...html, ...bytes, fcp: paint?.startTime ?? 0, ...window.measured };
}"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.page_weights", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--only", nargs="+", choices=PAGES, metavar="PAGE", help=f"of {', '.join(PAGES)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wanted = parser.parse_args(arguments)
    rows = _measure([name for name in PAGES if not wanted.only or name in wanted.only])
    print(json.dumps(rows, indent=2) if wanted.json else _table(rows))
    return 0


def _measure(names: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, Installation(Path(folder)) as installation:
        installation.start("web", "worker", "scheduler")
        visitor = new_page(browser, installation.address)
        sign_in(visitor)
        cookies = visitor.context.storage_state()
        visitor.context.close()
        # Once before it counts: the server imports and compiles templates at the first request of each page.
        for name in names:
            _open(browser, installation.address, name, cookies)
        return [_open(browser, installation.address, name, cookies) for name in names]


def _open(browser: Browser, address: str, name: str, cookies: object) -> dict[str, Any]:
    """The figures of one page, opened in a browser context of its own, so with an empty cache."""
    page, asked = new_page(browser, address, cookies=cookies), []
    page.on("request", lambda request: asked.append(request.url) if urlsplit(request.url).scheme != "data" else None)
    page.add_init_script(OBSERVE)
    answer = page.goto(PAGES[name])
    if answer is None or answer.status != 200:
        raise SystemExit(f"{PAGES[name]} answers {answer.status if answer else 'nothing'}.")
    wait_for_scripts(page)
    page.wait_for_timeout(SETTLE_MS)
    found = page.evaluate(READ)
    page.context.close()
    return {
        "page": name,
        "path": PAGES[name],
        "html_kb": round(found["html"] / 1000, 1),
        "html_raw_kb": round(found["raw"] / 1000, 1),
        "js_kb": round(found["js"] / 1000, 1),
        "css_kb": round(found["css"] / 1000, 1),
        "fonts_kb": round(found["fonts"] / 1000, 1),
        "requests": len(asked),
        "fcp_ms": round(found["fcp"]),
        "lcp_ms": round(found["lcp"]),
        "cls": round(found["cls"], 4),
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """Markdown, as in docs/performance.md."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", "|---|" + "---:|" * (len(COLUMNS) - 1)]
    return "\n".join(lines + [f"| {' | '.join(str(row[column]) for column in COLUMNS)} |" for row in rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

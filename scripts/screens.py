"""`make screens`: photographs of every page of a fresh demo in docs/screens/, the tour, and what pages weigh.

Starts an installation of its own, signs in, and takes each place of tests/support/places.py that has a name at 1440 and
390 px, light and dark. Words narrow it: `python -m scripts.screens board agents` takes these alone, `tour` the tour,
`report` the tables of docs/tour.md. Needs chromium on PATH.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from scripts import page_report, tour
from scripts.photographs import FOLDER, PHONE, WIDE, both_themes, chromium, new_page, sign_in
from tests.support.places import Place, furnish, pictured
from tests.support.real_house import RealHouse

NOBODY = {"SEED_DEMO": "0", "ADMIN_EMAIL": "", "ADMIN_PASSWORD": ""}


def main(wanted: set[str]) -> int:
    places = [place for place in pictured() if not wanted or place.name in wanted]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if not wanted or "setup" in wanted:
            _setup(browser, Path(folder) / "empty")
        (Path(folder) / "demo").mkdir()
        with RealHouse(Path(folder) / "demo", HELIX_DEMO_DELAY_SECONDS="15") as house:
            house.start("web", "worker", "scheduler")
            with house.client() as api:
                furnish(api)
            _pages(browser, house.address, places)
            if not wanted or "report" in wanted:
                page_report.write(browser, house.address)
            if not wanted or "tour" in wanted:
                tour.walk(browser, house.address)
    size = sum(path.stat().st_size for path in FOLDER.rglob("*.webp"))
    print(f"{len(list(FOLDER.rglob('*.webp')))} pictures, {size / 1e6:.1f} MB")
    return 0


def _pages(browser: Browser, address: str, places: list[Place]) -> None:
    visitor = new_page(browser, address)
    sign_in(visitor)
    cookies = visitor.context.storage_state()
    for viewport in (WIDE, PHONE):
        inside, outside = new_page(browser, address, viewport, cookies), new_page(browser, address, viewport)
        for place in places:
            page = inside if place.signed_in else outside
            place.open(page)
            both_themes(page, place.name, viewport["width"])


def _setup(browser: Browser, folder: Path) -> None:
    """The first page of an installation in which nobody is."""
    folder.mkdir()
    with RealHouse(folder, first=("migrate",), **NOBODY) as house:
        house.start("web")
        for viewport in (WIDE, PHONE):
            page = new_page(browser, house.address, viewport)
            page.goto("/setup")
            both_themes(page, "setup-first", viewport["width"])


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))

"""`make screens`: photographs of every page of a fresh demo, in docs/screens/.

Starts an installation of its own, signs in, and takes each page at 1440 and 390 px, light and dark where it
matters. Needs chromium on PATH.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.real_house import EMAIL, PASSWORD, RealHouse

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
PAGES = {
    "dashboard": "/",
    "inbox": "/inbox",
    "boards": "/boards",
    "board": "/boards/4",
    "panel": "/boards/4?task=22",
    "agents": "/agents",
    "agent": "/agents/17",
    "skills": "/skills",
    "skill": "/skills/1",
    "activity": "/activity",
    "team": "/team",
    "models": "/models",
    "settings": "/settings",
    "costs": "/costs",
}
VIEWS = (("light", 1440, 900), ("dark", 1440, 900), ("phone", 390, 844))


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("No chromium on PATH: install it first (Debian: apt install chromium).", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, RealHouse(Path(folder)) as house, sync_playwright() as playwright:
        house.start("web", "worker", "scheduler")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for view, width, height in VIEWS:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if view == "dark" else "light"
            )
            page = context.new_page()
            page.goto(f"{house.address}/sign-in")
            if view == "light":
                keep(page, "sign-in-light")
            page.fill("input[type=email]", EMAIL)
            page.fill("input[type=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("nav")
            for name, path in PAGES.items():
                reply = page.goto(house.address + path)
                if reply is None or not reply.ok:
                    print(f"{path} answers {reply.status if reply else 'nothing'}", file=sys.stderr)
                    return 1
                page.wait_for_timeout(700)
                keep(page, f"{name}-{view}")
        browser.close()
    return 0


def keep(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(FOLDER / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    sys.exit(main())

"""Screenshots of pages: desktop and phone, light and dark."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.installation import EMAIL, PASSWORD

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screens"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
QUALITY = {1440: 52, 390: 62}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises SystemExit with what to install when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("No chromium on PATH: install it first (Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def new_page(browser: Browser, address: str, viewport: dict[str, int] = WIDE, cookies: object = None) -> Page:
    """A page in its own browser context, without animations."""
    context = browser.new_context(
        base_url=address,
        viewport=viewport,  # type: ignore[arg-type]
        reduced_motion="reduce",
        storage_state=cookies,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page


def sign_in(page: Page, email: str = EMAIL) -> None:
    page.goto("/sign-in")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")


def screenshot_both_themes(page: Page, name: str, width: int) -> None:
    """Saves `name-light` and `name-dark`; for a phone `name-phone` and `name-phone-dark`."""
    page.wait_for_timeout(300)  # until charts and avatars are drawn
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        save_screenshot(page, "-".join([name, *_suffix(theme, width)]), QUALITY[width])
    page.emulate_media(color_scheme="light")


def _suffix(theme: str, width: int) -> list[str]:
    if width == PHONE["width"]:
        return ["phone"] if theme == "light" else ["phone", "dark"]
    return [theme]


def save_screenshot(page: Page, name: str, quality: int) -> None:
    picture = Image.open(io.BytesIO(page.screenshot()))
    path = FOLDER / f"{name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(path, quality=quality, method=6)

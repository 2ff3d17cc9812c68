"""Templates, scripts and styles comply with the content security policy and the size budgets."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static/css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))

NAMED_ICON = r"\bicon(?:_button|_name)?(?:\(|=)\"([a-z0-9-]+)\""
FORBIDDEN = {
    "an inline style": r"\sstyle\s*=|<style\b",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']|hx-on",
    "an expression that htmx would evaluate": r"[\"']js:|javascript:|hx-trigger=\"[^\"]*\[",
    "something from elsewhere": r"(?:src|href)=\"(?:https?:)?//",
}


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds_what_the_policy_forbids(what: str) -> None:
    sources = {
        path.relative_to(ROOT / "templates").as_posix(): re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
        for path in TEMPLATES
    }

    found = {
        name: source[match.start() : match.end() + 60]
        for name, source in sources.items()
        if (match := re.search(FORBIDDEN[what], source))
    }

    assert found == {}
    assert len(sources) > 200


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text(encoding="utf-8")))

    named = {
        name
        for template in TEMPLATES
        for name in re.findall(
            r"\bicon(?:_button|_name)?(?:\(|=)\"([a-z0-9-]+)\"", template.read_text(encoding="utf-8")
        )
    }

    assert len(named) > 20
    assert named <= drawn


def test_no_icon_is_carried_along_that_nobody_names() -> None:
    drawn = re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text(encoding="utf-8"))
    sources = [*TEMPLATES, *ROOT.glob("static/js/*.js"), *ROOT.glob("helix/web/**/*.py")]
    words = set(re.findall(r"[\w-]+", "\n".join(source.read_text(encoding="utf-8") for source in sources)))

    assert [name for name in drawn if name not in words] == []


def test_every_custom_property_that_is_used_is_defined() -> None:
    styles = "\n".join(sheet.read_text(encoding="utf-8") for sheet in SHEETS)

    used = set(re.findall(r"var\((--[\w-]+)\)", styles))

    assert used <= set(re.findall(r"(--[\w-]+):", styles))


def test_every_stylesheet_is_in_the_bundle() -> None:
    bundled = set(re.findall(r'@import "./([a-z-]+).css"', (ROOT / "static/css/app.css").read_text(encoding="utf-8")))

    assert bundled == {sheet.stem for sheet in SHEETS} - {"app"}


@pytest.mark.parametrize(("name", "most_bytes"), [("app.js", 60_000), ("app.css", 25_000)])
def test_bundles_stay_within_their_budget(name: str, most_bytes: int) -> None:
    assert compressed(ROOT / "static/dist" / name) < most_bytes


def test_scripts_evaluate_nothing() -> None:
    source = "\n".join(script.read_text(encoding="utf-8") for script in SCRIPTS)

    found = re.findall(r"\beval\(|new Function\(|setTimeout\(\s*[\"']", source)

    assert found == []

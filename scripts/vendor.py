"""Copies fonts, icons and licences out of node_modules into static/ (`make vendor`).

The scripts of npm packages are bundled into static/dist/app.js (`make bundle`).

The copies are committed, so that installing and running need neither Node nor a network.
Icons become one sprite, `static/icons.svg`, of the names in ICONS alone: `<use href="/static/icons.svg#name">`.
"""

import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
# What only tests load.
FOR_TESTS = ROOT / "tests" / "support" / "vendor" / "axe-core"

FILES = {
    "htmx.org": ["LICENSE"],
    "sortablejs": ["LICENSE"],
    "@github/text-expander-element": ["LICENSE"],
    "@fontsource-variable/inter": [
        "LICENSE",
        *(f"files/inter-{part}-wght-normal.woff2" for part in ("latin", "latin-ext", "cyrillic", "greek")),
    ],
    "@fontsource-variable/jetbrains-mono": [
        "LICENSE",
        *(f"files/jetbrains-mono-{part}-wght-normal.woff2" for part in ("latin", "latin-ext")),
    ],
    "lucide-static": ["LICENSE"],
}

ICONS = [
    "activity", "archive", "arrow-down", "arrow-left", "arrow-right", "arrow-up", "at-sign", "bell", "bot",
    "calendar", "check", "check-check", "chevron-down", "chevron-left", "chevron-right", "circle-alert",
    "clock", "code", "coins", "copy", "corner-up-left", "cpu", "download",
    "ellipsis", "external-link", "eye", "file-text", "filter", "folder", "hash",
    "history", "image", "inbox", "info", "key-round", "layers", "layout-dashboard", "layout-list",
    "link", "list", "list-checks", "lock", "log-out", "maximize-2", "menu", "message-square", "monitor", "moon",
    "paperclip", "pause", "pencil", "play", "plus", "rotate-ccw", "search", "send", "settings",
    "shield-check", "sparkles", "square", "square-kanban", "star", "sun", "tag", "trash-2",
    "triangle-alert", "unplug", "upload", "user", "user-plus", "users", "wallet", "webhook", "wifi-off", "wrench", "x",
    "zap",
]  # fmt: skip

# Those that stand on every card of a board: as CSS masks, a few bytes of HTML each.
MASKS = [
    "message-square",
    "paperclip",
    "play",
    "check",
    "corner-up-left",
    "bot",
    "clock",
    "circle-alert",
    "chevrons-up-down",
]


def copy_packages() -> None:
    """Empties static/vendor and fills it again; each package keeps its licence and gets its version noted."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    versions = {}
    for package, names in FILES.items():
        source = MODULES / package
        target = VENDOR / package.removeprefix("@fontsource-variable/").removeprefix("@github/")
        target.mkdir(parents=True, exist_ok=True)
        versions[package] = json.loads((source / "package.json").read_text(encoding="utf-8"))["version"]
        for name in names:
            shutil.copy(source / name, target / Path(name).name)
    (VENDOR / "versions.json").write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")


def copy_axe() -> None:
    FOR_TESTS.mkdir(parents=True, exist_ok=True)
    for name in ("axe.min.js", "LICENSE", "LICENSE-3RD-PARTY.txt"):
        shutil.copy(MODULES / "axe-core" / name, FOR_TESTS / name)


def draw_sprite() -> None:
    """One symbol for each icon; stroke and size come from the `.icon` rule."""
    symbols = []
    for name in ICONS:
        drawing = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.S)
        if shapes is None:
            raise SystemExit(f"{name}.svg has no shapes")
        inner = re.sub(r"\s*\n\s*", "", shapes[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (ROOT / "static" / "icons.svg").write_text(sprite, encoding="utf-8")


def draw_masks() -> None:
    """static/css/icons.css: `--ic-<name>` for masks, and the classes `.ic-<name>` that use them."""
    lines = ["/* Written by scripts/vendor.py from lucide (ISC). */", "@layer tokens {", "  :root {"]
    for name in MASKS:
        drawing = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        svg = re.sub(r"<!--.*?-->|\s+class=\"[^\"]*\"", "", drawing, flags=re.S)
        svg = re.sub(r"\s+", " ", svg).replace("> <", "><").replace(" />", "/>").strip()
        lines.append(f"    --ic-{name}: {as_url(svg)};")
        if name == "check":
            white = svg.replace("currentColor", "white").replace('stroke-width="2"', 'stroke-width="3.5"')
            lines.append(f"    --ic-check-white: {as_url(white)};")
        if name == "chevrons-up-down":
            lines.append(f"    --ic-chevrons: {as_url(svg.replace('currentColor', '#8a8a94'))};")
    lines += ["  }", "}", "@layer components {"]
    lines += [f"  .ic-{name} {{ mask-image: var(--ic-{name}); }}" for name in MASKS]
    (ROOT / "static" / "css" / "icons.css").write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


def as_url(svg: str) -> str:
    """An SVG as a CSS url() with only what must be escaped escaped."""
    for plain, escaped in (('"', "'"), ("#", "%23"), ("<", "%3C"), (">", "%3E")):
        svg = svg.replace(plain, escaped)
    return f'url("data:image/svg+xml,{svg}")'


if __name__ == "__main__":
    copy_packages()
    copy_axe()
    draw_sprite()
    draw_masks()

"""The colours in static/css/tokens.css meet WCAG AA in both themes."""

import math
import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text(encoding="utf-8")
THEMES = ("light", "dark")
GROUNDS = ("bg", "surface", "raised", "sunken", "hover", "selected")
WORDS = ("text", "text-2", "muted")
MEANINGS = ("todo", "progress", "review", "approved", "done", "rejected", "cancelled", "danger", "warn", "info")
PRIORITIES = ("low", "medium", "high", "urgent")
ON_SOFT = [("danger", "danger-soft"), ("warn", "warn-soft"), ("info", "info-soft"), ("done", "ok-soft")]
ON_FILL = [("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-danger", "danger-fill")]

Colour = tuple[float, float, float]


def token(name: str, theme: str) -> Colour:
    """Lightness, chroma and hue of a token that is written as light-dark(oklch(...), oklch(...))."""
    line = re.search(rf"--{name}: light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\);", TOKENS)
    assert line, f"--{name} is not written as light-dark(oklch(...), oklch(...))"
    lightness, chroma, hue = (float(part) for part in line[1 + THEMES.index(theme)].split())
    return lightness, chroma, hue


def linear(colour: Colour) -> Colour:
    """An OKLCH colour as linear sRGB, cut to its gamut."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(max(part, 0), 1) for part in (red, green, blue))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance of WCAG 2."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself_knows_black_and_white() -> None:
    black, white = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)

    measured = contrast(black, white)

    assert measured == pytest.approx(21, abs=0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("word", [*WORDS, "accent-text", "danger"])
def test_words_can_be_read_on_every_ground(word: str, ground: str, theme: str) -> None:
    back = token(ground, theme)

    measured = contrast(token(word, theme), back)

    assert measured >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("meaning", MEANINGS)
def test_colours_of_meaning_can_be_read_as_words(meaning: str, ground: str, theme: str) -> None:
    back = token(ground, theme)

    measured = contrast(token(meaning, theme), back)

    assert measured >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("word", "ground"), [*ON_SOFT, *ON_FILL, ("accent-text", "accent-soft"), ("text", "warn-soft")]
)
def test_words_can_be_read_on_what_is_tinted(word: str, ground: str, theme: str) -> None:
    back = token(ground, theme)

    measured = contrast(token(word, theme), back)

    assert measured >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["surface", "sunken", "raised"])
@pytest.mark.parametrize("name", ["control-line", *PRIORITIES])
def test_edges_of_controls_and_priorities_stand_out(name: str, ground: str, theme: str) -> None:
    back = token(ground, theme)

    measured = contrast(token(name, theme), back)

    assert measured >= 3


@pytest.mark.parametrize("hue", range(20, 360, 30))
@pytest.mark.parametrize(("back", "word"), [((0.9, 0.055), (0.38, 0.1)), ((0.36, 0.07), (0.9, 0.06))], ids=THEMES)
def test_initials_can_be_read_on_every_hue(back: tuple[float, float], word: tuple[float, float], hue: int) -> None:
    styles = (Path(__file__).resolve().parents[2] / "static/css/components.css").read_text(encoding="utf-8")
    assert f"oklch({back[0]} {back[1]} var(--h))" in styles
    assert f"oklch({word[0]} {word[1]} var(--h))" in styles

    measured = contrast((*word, hue), (*back, hue))

    assert measured >= 4.5

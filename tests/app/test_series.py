"""The layers of a chart stand out from their ground and from one another, for whichever eye."""

import math
from itertools import combinations

import pytest

from tests.app.test_contrast import THEMES, Colour, contrast, linear, token

SERIES = [f"series-{number}" for number in range(6)]
APART = 0.07  # in OKLab, where 0.02 is what one just notices side by side
# What the eye without one kind of cone makes of linear sRGB: Machado, Oliveira and Fernandes, 2009, at full strength.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def seen(colour: Colour, eye: str) -> Colour:
    """In OKLab."""
    light = linear(colour)
    red, green, blue = (
        min(max(sum(weight * part for weight, part in zip(row, light, strict=True)), 0), 1) for row in EYES[eye]
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SERIES)
def test_every_layer_stands_out_from_its_ground(name: str, theme: str) -> None:
    ground = token("surface", theme)

    measured = contrast(token(name, theme), ground)

    assert measured >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", EYES)
def test_every_two_layers_can_be_told_apart(eye: str, theme: str) -> None:
    colours = {name: seen(token(name, theme), eye) for name in SERIES}

    distances = {(one, other): math.dist(colours[one], colours[other]) for one, other in combinations(SERIES, 2)}

    assert min(distances.values()) >= APART, min(distances, key=lambda pair: distances[pair])


def test_the_eye_without_green_confuses_what_it_should() -> None:
    olive, brick = (0.6, 0.11, 125), (0.6, 0.11, 35)

    apart = [math.dist(seen(olive, eye), seen(brick, eye)) for eye in ("all cones", "no green")]

    assert apart[1] < apart[0] / 2

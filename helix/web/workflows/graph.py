"""The picture of a workflow: boxes in layers from top to bottom, and lines from each step to those that need it."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Pixels.
WIDTH, HEIGHT = 176, 44
GAP_X, GAP_Y = 20, 36
MARGIN = 8
# The width that a line takes where it passes a layer between its ends.
PASSAGE = 16
# Of all lines together. Beyond this they are drawn straight, across boxes.
MOST_PASSAGES = 1500
# Columns of letters that fit into a box.
TITLE_COLUMNS = 19


@dataclass(frozen=True, slots=True)
class Node:
    key: str
    kind: str
    title: str
    state: str
    x: int
    y: int

    @property
    def shown(self) -> str:
        """The title, cut to the width of the box."""
        return cut(self.title, TITLE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Edge:
    path: str
    """The `d` attribute of an SVG path."""
    state: str
    """The state of the step that the line comes from."""


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


@dataclass(slots=True)
class _Place:
    """A step, or the passage of a line through a layer."""

    width: int
    above: list["_Place"]
    x: float = 0
    layer: int = 0


def drawn(steps: Iterable[Mapping[str, Any]]) -> Graph:
    """The picture of steps with `key`, `kind`, `title`, `needs` and, of a run, `state`.

    Drafts are drawn, too: needs that do not exist, and those that would close a circle, are left out.
    """
    rows = {step["key"]: step for step in steps}
    needs = _acyclic({key: [need for need in step["needs"] if need in rows] for key, step in rows.items()})
    layers, places, ways = _layered(needs)
    _arrange(layers)
    height = len(layers) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN if layers else 0
    left = min((one.x for layer in layers for one in layer), default=0) - MARGIN
    right = max((one.x + one.width for layer in layers for one in layer), default=0) + MARGIN
    nodes = tuple(
        Node(
            key,
            step["kind"],
            step["title"],
            step.get("state") or "",
            round(places[key].x - left),
            _top(places[key].layer),
        )
        for key, step in rows.items()
    )
    edges = tuple(
        Edge(_path([places[need], *passages, places[key]], left), rows[need].get("state") or "")
        for (need, key), passages in ways.items()
    )
    return Graph(nodes, edges, round(right - left), height)


def cut(text: str, columns: int) -> str:
    """The text in at most so many columns, with an ellipsis. Wide letters take two."""
    taken = 0
    for place, letter in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if taken > columns:
            return text[:place].rstrip()[: columns - 1] + "…"
    return text


def _acyclic(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The needs, each step after those that it needs. A need that closes a circle is left out."""
    ordered: dict[str, list[str]] = {}
    rest = dict(needs)
    while rest:
        ready = [key for key, own in rest.items() if not any(need in rest for need in own)]
        for key in ready or [next(iter(rest))]:
            ordered[key] = [need for need in dict.fromkeys(rest.pop(key)) if need in ordered]
    return ordered


def _layered(
    needs: Mapping[str, Sequence[str]],
) -> tuple[list[list[_Place]], dict[str, _Place], dict[tuple[str, str], list[_Place]]]:
    """The layers with their places, the place of each step, and for each line (need, step) its passages."""
    layer_of: dict[str, int] = {}
    for key, own in needs.items():
        layer_of[key] = 1 + max((layer_of[need] for need in own), default=-1)
    layers: list[list[_Place]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    places = {key: _Place(WIDTH, [], layer=layer_of[key]) for key in needs}
    for key, place in places.items():
        layers[layer_of[key]].append(place)
    lines = [(need, key) for key, own in needs.items() for need in own]
    with_passages = sum(layer_of[key] - layer_of[need] - 1 for need, key in lines) <= MOST_PASSAGES
    ways: dict[tuple[str, str], list[_Place]] = {}
    for need, key in lines:
        last, passages = places[need], []
        for layer in range(layer_of[need] + 1, layer_of[key]) if with_passages else ():
            last = _Place(PASSAGE, [last], layer=layer)
            layers[layer].append(last)
            passages.append(last)
        places[key].above.append(last)
        ways[need, key] = passages
    return layers, places, ways


def _arrange(layers: list[list[_Place]]) -> None:
    """Set `x`: each place near the middle of those above it, side by side in its layer."""
    for number, layer in enumerate(layers):
        wanted = {id(one): _middle_above(one) for one in layer} if number else {}
        layer.sort(key=lambda one: wanted.get(id(one), 0))
        x: float = 0
        for one in layer:
            one.x = x
            x += one.width + GAP_X
        # The layer as a whole is moved below what it hangs on.
        shift = sum(wanted.get(id(one), 0) - one.x - one.width / 2 for one in layer) / len(layer)
        for one in layer:
            one.x += shift if number else -(x - GAP_X) / 2


def _middle_above(place: _Place) -> float:
    return sum(one.x + one.width / 2 for one in place.above) / len(place.above) if place.above else 0


def _top(layer: int) -> int:
    return MARGIN + layer * (HEIGHT + GAP_Y)


def _path(way: Sequence[_Place], left: float) -> str:
    """A line from the bottom of the first box to the top of the last, straight down through its passages."""
    first = way[0]
    x, y = round(first.x + first.width / 2 - left), _top(first.layer) + HEIGHT
    parts = [f"M{x} {y}"]
    for one in way[1:]:
        to_x, to_y = round(one.x + one.width / 2 - left), _top(one.layer)
        bend = (to_y - y) // 2
        parts.append(f"C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}")
        x, y = to_x, to_y
        if one is not way[-1]:
            y += HEIGHT
            parts.append(f"V{y}")
    return "".join(parts)

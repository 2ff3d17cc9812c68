"""A subset of YAML with plain data only: no tags, no aliases, no dates, and `yes` is a string."""

import math
import re
from collections.abc import Collection
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

DEEPEST = 12
_CORE = "tag:yaml.org,2002:"
_TAGS = {_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq")}

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile("[\n\r\x85\u2028\u2029\ufeff]")


class NotPlain(Exception):
    """Valid YAML that is more than plain data; the message ends a sentence for a person. `line` counts from 0."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class PlainLoader(yaml.SafeLoader):
    """Reads one document. `as_written` are top-level keys whose single values stay text as they stand."""

    # YAML 1.2's core schema, a subset of what the dumper below knows to quote.
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def __init__(self, text: str, as_written: Collection[str] = ()) -> None:
        super().__init__(text)
        self._as_written = as_written
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()
        # A short alias can expand to millions of characters.
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = "anchors and aliases (& and *) are not allowed. Quote such values."
            raise NotPlain(message, event.start_mark.line)
        if self._depth >= DEEPEST:
            raise NotPlain(f"it is nested deeper than {DEEPEST} levels.")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and node.tag not in _TAGS:
            raise NotPlain("tags (!) are not allowed. Quote such values.", node.start_mark.line)
        return node

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        node = super().compose_scalar_node(anchor)
        if _SURROGATE.search(node.value):
            # As JSON writes what lies beyond 16 bits: "\ud83d\\ude80" is one character.
            try:
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError as error:
                raise NotPlain("it holds half of a character (a lone surrogate).", node.start_mark.line) from error
        return node

    def compose_mapping_node(self, anchor: Any) -> MappingNode:
        node = super().compose_mapping_node(anchor)
        names = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise NotPlain("every key must be a single word or text.")
            key.tag = _CORE + "str"
            if key.value in names:
                raise NotPlain(f'the key "{key.value[:50]}" is there twice.', key.start_mark.line)
            names.add(key.value)
            is_text = isinstance(value, ScalarNode) and value.tag != _CORE + "null"
            if self._depth == 1 and is_text and key.value in self._as_written:
                value.tag = _CORE + "str"
        return node

    def construct_yaml_int(self, node: ScalarNode) -> int:
        return int(self.construct_scalar(node))

    def construct_yaml_float(self, node: ScalarNode) -> float:
        value = float(self.construct_scalar(node))
        if not math.isfinite(value):
            raise NotPlain("it contains a number that is too large.")
        return value

    def flatten_mapping(self, node: MappingNode) -> None:
        """Merge keys are ordinary keys here."""


PlainLoader.add_constructor(_CORE + "int", PlainLoader.construct_yaml_int)
PlainLoader.add_constructor(_CORE + "float", PlainLoader.construct_yaml_float)
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,99})", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", "-+0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    PlainLoader.add_implicit_resolver(_CORE + _tag, re.compile(rf"(?:{_pattern})\Z"), list(_first))


class PlainDumper(yaml.SafeDumper):
    """Writes plain data, with no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        # Indent lists below their key, as people write them.
        super().increase_indent(flow, False)

    def represent_text(self, data: str) -> ScalarNode:
        # Unquoted or in single quotes, line breaks of any kind come back as others.
        return self.represent_scalar(_CORE + "str", data, style='"' if _LINE_BREAK.search(data) else None)


PlainDumper.add_representer(str, PlainDumper.represent_text)

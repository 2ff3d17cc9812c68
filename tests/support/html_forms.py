"""Parses the forms of a page: the values a browser would send without any input."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """`fields`: name to the values in their order. `attributes`: of the form's own tag."""

    attributes: dict[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)

    @property
    def action(self) -> str:
        return self.attributes.get("action", "")

    def add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def forms(html: str) -> list[Form]:
    """Every form of a page or a part of one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def form(html: str, action: str) -> Form:
    """The one form that is sent to `action`."""
    found = [each for each in forms(html) if each.action == action]
    assert len(found) == 1, f"{len(found)} forms are sent to {action}"
    return found[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Form] = []
        self._form: Form | None = None
        self._text: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(attributes)
            self.found.append(self._form)
        if self._form is None:
            return
        name = attributes.get("name", "")
        if tag == "input":
            self._input(name, attributes)
        elif tag == "textarea":
            self._text = (name, [])
        elif tag == "select":
            self._select = (name, [])
        elif tag == "option" and self._select:
            self._select[1].append((attributes.get("value", ""), "selected" in attributes))
        elif tag == "button":
            self._form.buttons.append(attributes)

    def _input(self, name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "text")
        if not name or "disabled" in attributes or self._form is None:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in attributes:
                self._form.add(name, attributes.get("value", "on"))
        elif kind != "file":
            # The value of a line has no line breaks.
            value = attributes.get("value", "")
            self._form.add(name, value if kind == "hidden" else value.replace("\r", "").replace("\n", ""))

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._text:
            name, parts = self._text
            text = "".join(parts).replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")
            if name:
                self._form.add(name, text.replace("\n", "\r\n"))
            self._text = None
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
            if name and chosen:
                self._form.add(name, chosen[-1])
            self._select = None

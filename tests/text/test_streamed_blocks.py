"""A text is split only where nothing that follows can change what comes before."""

import pytest

from helix.text import markdown
from helix.text.streamed_blocks import completed_length


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", ""),
        ("One line", ""),
        ("One line\n\n", ""),  # a list or a table may not follow, but nothing tells yet
        ("One line\n\nT", "One line\n\n"),
        ("One line\nstill the same", ""),
        ("# Title\nText", "# Title\n"),
        ("# Title", ""),
        ("Text\n## Title\n", "Text\n"),
        ("Text\n#", ""),
        ("Title\n===\nText", ""),
        ("- one\n- two\n\n- three", ""),
        ("- one\n\n  more of it\n\nText", "- one\n\n  more of it\n\n"),
        ("1. one\n\n2", ""),
        ("1. one\n\n2 of them", "1. one\n\n"),
        ("- one\n\n---\nText", "- one\n\n"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", ""),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nText", "| a | b |\n|---|---|\n| 1 | 2 |\n\n"),
        ("```\n# no title\n\ntext\n", ""),
        ("```\ncode\n```\nText", "```\ncode\n```\n"),
        ("~~~~\n~~~\n\nx\n~~~~\nText", "~~~~\n~~~\n\nx\n~~~~\n"),
        ("- item\n\n  ```\n  code\n\ncode\n", ""),
        ("One\n\nTwo\n\nThree", "One\n\nTwo\n\n"),
        ("One\r\n\r\nTwo", "One\r\n\r\n"),
    ],
)
def test_what_is_complete(text, complete):
    assert text[: completed_length(text)] == complete


LONG = """# Plan

First a paragraph
over two lines.

1. one

2. two
   - nested

   more

| a | b |
|---|---|
| 1 | 2 |

```python
# not a title

x = 1
```
> quote

- [ ] open
- [x] done

Last words.
"""


def test_boundaries_do_not_move_while_the_text_grows():
    ends = [completed_length(LONG[:length]) for length in range(len(LONG) + 1)]

    assert ends == sorted(ends)
    for length, end in enumerate(ends):
        assert completed_length(LONG[end:length]) == 0, LONG[end:length]


def test_the_rendered_parts_are_the_rendered_whole():
    parts, done = [], 0
    for length in range(len(LONG) + 1):
        end = done + completed_length(LONG[done:length])
        if end > done:
            parts.append(markdown.render(LONG[done:end]))
            done = end
    parts.append(markdown.render(LONG[done:]))

    assert len(parts) > 5
    assert "".join("".join(parts).split()) == "".join(markdown.render(LONG).split())

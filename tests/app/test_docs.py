"""Links, anchors and file names in the documentation exist, and the README links to every page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Some documents name files relative to the folder they describe.
BASES = (ROOT, ROOT / "helix", ROOT / "tests")
FILE = re.compile(
    r"`((?:helix|tests|static|templates|bench|scripts|deploy|migrations|faults|services|browser)/[\w./*-]+)`"
)


def headings(document: Path) -> set[str]:
    """The anchors of the headings, as GitHub creates them."""
    lines = re.findall(r"^#+ (.+)$", document.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.strip().lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_and_anchors_exist(document):
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", document.read_text()):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_named_files_exist(document):
    for path in FILE.findall(document.read_text()):
        assert any(list(folder.glob(f"{path}*")) for folder in BASES), path


def test_the_readme_links_to_every_document():
    readme = (ROOT / "README.md").read_text()

    for document in ROOT.glob("docs/*.md"):
        assert f"(docs/{document.name})" in readme


def test_the_guide_lists_the_keys_of_the_dialog():
    dialog = (ROOT / "templates/keys.html").read_text()
    guide = (ROOT / "docs/daily.md").read_text()
    section = guide.split("## Keyboard shortcuts\n")[1].split("\n## ")[0]

    in_dialog = re.findall(r'\("[^"]+", "([^"]+)"\)', dialog)
    assert "Ctrl K" in in_dialog
    assert re.findall(r"^\|[^|]*\| `([^`]+)` \|", section, flags=re.MULTILINE) == in_dialog

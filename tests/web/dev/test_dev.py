"""Components render without an installation, and static file addresses change with their content."""

import re

import pytest
from flask.testing import FlaskClient

from helix import resources
from helix.web import static_files
from helix.web.dev import data
from tests.support.components import application


@pytest.fixture
def client() -> FlaskClient:
    return application().test_client()


@pytest.mark.parametrize(
    "path",
    [
        "components",
        "board",
        "board?task=219",
        "board?task=219&tab=runs",
        "board?task=219&tab=activity",
        "empty",
        "signed-out",
    ],
)
def test_every_sample_page_renders(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/dev/{path}")

    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")


def test_every_component_stands_on_its_page() -> None:
    templates = resources.TEMPLATES
    page = (templates / "dev/components.html").read_text() + (templates / "dev/dialog.html").read_text()

    made = {name for sheet in (templates / "ui").iterdir() for name in re.findall(r"macro (\w+)\(", sheet.read_text())}
    shown = set(re.findall(r"ui\.(\w+)\(", page))

    # Parts of the others that show nothing by themselves, a toast's way into a page, and parts of forms, which look
    # like input, textarea, select and notice.
    of_forms = {"form_input", "form_textarea", "form_select", "form_number", "form_problem"}
    assert made - shown == {"field", "described", "csrf", "toast_partial"} | of_forms


def test_a_card_is_small_enough_for_three_hundred_of_them(client: FlaskClient) -> None:
    page = client.get("/dev/board").text

    cards = [part.split("</article>")[0] for part in page.split("<article")[1:]]

    assert len(cards) == len(data.CARDS)
    assert sum(len(card.encode()) for card in cards) / len(cards) < 1_000


def test_a_hostile_title_is_only_text(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = data.task(666, '"><script>alert(1)</script>', tags=["<img src=x onerror=alert(1)>"])
    monkeypatch.setattr(data, "CARDS", [hostile])

    page = client.get("/dev/board?task=666").text

    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;img src=x" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_static_files_are_cached_for_ever_under_their_version_alone(client: FlaskClient) -> None:
    address = static_files.static("dist/app.js")

    known, stale = client.get(address), client.get("/static/0000000000/dist/app.js")

    assert known.status_code == stale.status_code == 200
    assert "immutable" in known.headers["Cache-Control"]
    assert "immutable" not in stale.headers["Cache-Control"]


def test_static_files_do_not_lead_out_of_their_folder(client: FlaskClient) -> None:
    answer = client.get(f"/static/{static_files.version()}/../../pyproject.toml")

    assert answer.status_code == 404

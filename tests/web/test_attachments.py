import io

from PIL import Image


def picture():
    held = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(held, "PNG")
    return held.getvalue()


def send(browser, task, *files):
    data = {"file": [(io.BytesIO(content), name) for name, content in files]}
    return browser.send(f"/tasks/{task.id}/attachments", data, content_type="multipart/form-data")


def test_files_are_attached_shown_and_taken_away(pages, mia, make):
    task = make.task(by=mia)
    hers = pages.as_(mia)

    panel = send(hers, task, ("shot.png", picture()), ("notes <b>.txt", b"plain words")).text
    number = panel.split('href="/attachments/')[1].split('"')[0]
    shown = hers.get(f"/attachments/{number}")
    rest = hers.send(f"/attachments/{number}/delete").text

    assert "shot.png" in panel
    assert "notes" in panel
    assert "<b>.txt" not in panel
    assert shown.mimetype == "image/png"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "shot.png" not in rest


def test_what_a_browser_could_run_is_only_saved(pages, mia, make):
    task = make.task(by=mia)
    hers = pages.as_(mia)

    panel = send(hers, task, ("page.png", b"<html><script>alert(1)</script></html>")).text
    number = panel.split('href="/attachments/')[1].split('"')[0]
    reply = hers.get(f"/attachments/{number}")

    assert reply.mimetype == "application/octet-stream"
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_files_of_a_task_are_for_those_who_may(pages, mia, noah, ada, make):
    from helix.models.vocabulary import BoardLevel

    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    make.grant(noah, board, BoardLevel.VIEW)
    task = make.task(board=board, by=ada)
    number = send(pages.as_(ada), task, ("a.txt", b"x")).text.split('href="/attachments/')[1].split('"')[0]

    assert pages.as_(mia).get(f"/attachments/{number}").status_code == 404
    assert pages.as_(noah).get(f"/attachments/{number}").status_code == 200
    assert pages.as_(noah).send(f"/attachments/{number}/delete").status_code == 403
    assert send(pages.as_(noah), task, ("b.txt", b"y")).status_code == 403

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
    signed_in = pages.as_(mia)

    panel = send(signed_in, task, ("shot.png", picture()), ("notes <b>.txt", b"plain words")).text
    number = panel.split('href="/attachments/')[1].split('"')[0]
    shown = signed_in.get(f"/attachments/{number}")
    rest = signed_in.send(f"/attachments/{number}/delete").text

    assert "shot.png" in panel
    assert "notes" in panel
    assert "<b>.txt" not in panel
    assert shown.mimetype == "image/png"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "shot.png" not in rest


def test_what_a_browser_could_run_is_only_saved(pages, mia, make):
    task = make.task(by=mia)
    signed_in = pages.as_(mia)

    panel = send(signed_in, task, ("page.png", b"<html><script>alert(1)</script></html>")).text
    number = panel.split('href="/attachments/')[1].split('"')[0]
    reply = signed_in.get(f"/attachments/{number}")

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


def preview(browser, task, name, content):
    panel = send(browser, task, (name, content)).text
    address = panel.split('/preview"')[-2].split('hx-get="')[-1]
    return browser.part(f"{address}/preview")


def test_a_text_is_previewed_as_text_and_only_its_beginning(pages, mia, make):
    content = b"Fewer than <b>forty</b> & more\n" + b"one more line\n" * 200

    shown = preview(pages.as_(mia), make.task(by=mia), "notes.txt", content).text

    assert "Fewer than &lt;b&gt;forty&lt;/b&gt; &amp; more" in shown
    assert shown.count("one more line") == 99
    assert "the first lines" in shown


def test_markdown_is_previewed_rendered_and_cleaned(pages, mia, make):
    content = b"# Towels\n\n- **forty** of them\n\n<img src=x onerror=alert(1)>\n"

    shown = preview(pages.as_(mia), make.task(by=mia), "towels.md", content).text

    assert "<strong>forty</strong>" in shown
    assert "onerror=" not in shown.replace("&lt;img src=x onerror=", "")


def test_a_table_is_previewed_as_a_table(pages, mia, make):
    content = b"name;count\nGuest towel;40\n<b>Bath</b>;12\nHand;7\n"

    shown = preview(pages.as_(mia), make.task(by=mia), "stock.csv", content).text

    assert '<th scope="col" dir="auto">count</th>' in shown
    assert "<td" in shown
    assert "&lt;b&gt;Bath" in shown


def test_a_file_without_words_has_no_preview(pages, mia, make):
    panel = send(pages.as_(mia), make.task(by=mia), ("shot.png", picture()), ("x.bin", bytes(range(256)))).text

    assert "shot.png" in panel
    assert "x.bin" in panel
    assert "/preview" not in panel

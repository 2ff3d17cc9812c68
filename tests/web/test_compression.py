import gzip


def test_pages_and_lists_are_compressed_where_that_is_understood(pages, mia, make):
    for number in range(30):
        make.board(f"Board {number}")
    browser = pages.as_(mia)

    packed = browser.get("/boards", headers={"Accept-Encoding": "gzip"})
    plain = browser.get("/boards")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Board 29" in gzip.decompress(packed.data).decode()
    assert len(packed.data) * 4 < len(plain.data)
    assert "Content-Encoding" not in plain.headers


def test_static_texts_are_compressed_once_and_fonts_not(pages):
    from helix.web.static_files import static

    script = pages.get(static("dist/app.js"), headers={"Accept-Encoding": "gzip"})
    font = pages.get(static("vendor/inter/inter-latin-wght-normal.woff2"), headers={"Accept-Encoding": "gzip"})
    missing = pages.get(static("js/../../pyproject.toml.js"), headers={"Accept-Encoding": "gzip"})

    assert script.headers["Content-Encoding"] == "gzip"
    assert script.mimetype == "text/javascript"
    assert b"htmx" in gzip.decompress(script.data)
    assert "Content-Encoding" not in font.headers
    assert missing.status_code == 404

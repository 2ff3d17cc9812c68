"""`python -m scripts.page_weights` as a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.page_weights", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def test_weights_of_one_page_are_measured_and_given_as_json():
    done = run("--only", "dashboard", "--json")

    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["page"], row["path"]) == ("dashboard", "/")
    assert 0 < row["html_kb"] < row["html_raw_kb"]  # compressed on the wire
    assert row["js_kb"] > 1
    assert row["css_kb"] > 1
    assert row["fonts_kb"] > 1
    assert row["requests"] >= 4  # the page, its script, its style, a font
    assert 0 < row["fcp_ms"] <= row["lcp_ms"]
    assert 0 <= row["cls"] < 1


def test_an_unknown_page_is_refused_with_the_names_of_the_known_ones():
    done = run("--only", "nowhere")

    assert done.returncode == 2
    assert "dashboard" in done.stderr

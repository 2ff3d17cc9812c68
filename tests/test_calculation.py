"""Code of agents in the real interpreter: what it may do, and the limits that stop it."""

import contextlib
import io
import time

import pytest
from pydantic_monty import Monty

from helix import calculation
from helix.limited_process import Limits


def test_printed_text_and_the_value_of_the_last_expression():
    outcome = calculation.evaluate("import math, json, re, datetime\nprint('hello')\nx = [1, 2.5]\n{'sum': sum(x)}")

    assert outcome == calculation.Outcome(value="{'sum': 3.5}", printed="hello\n")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\ny = 0\nx / y", "line 3"),
        ("def f():\n    return missing\n\nf()", "line 2, in f"),
        ("x =\n", "SyntaxError"),
        ("import socket", "No module named 'socket'"),
        ("open('/etc/passwd').read()", "PermissionError"),
        ("import pathlib\npathlib.Path('/').exists()", "PermissionError"),
        ("import os\nos.environ", "not supported"),
        ("import time\ntime.sleep(60)", "sleep limit"),
    ],
)
def test_errors_name_their_line_and_nothing_outside_is_reached(code, words):
    outcome = calculation.evaluate(code)

    assert words in outcome.error
    assert outcome.value == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True: pass", "time limit"),
        ("[0] * 10**9", "MemoryError"),
        ("'a' * 10**10", "MemoryError"),
        ("s = set()\nwhile True: s.add(len(s))", "MemoryError"),
        ("2 ** 10**9", "MemoryError"),
        ("10 ** 10**6", "cannot be shown"),
        ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
        ("(" * 20_000 + "1" + ")" * 20_000, "nested"),
        ("for i in range(10**8): print('x' * 1000)", "printed more than"),
        ("raise ValueError('x' * 1_000_000)", "ValueError"),
    ],
)
def test_code_without_end_or_measure_is_stopped(code, words):
    began = time.monotonic()

    outcome = calculation.evaluate(code)

    assert words in outcome.error
    assert len(outcome.error) < 4_000
    assert time.monotonic() - began < 30


def test_a_regular_expression_cannot_blow_up():
    code = "import re\nre.match(r'(a|aa)+$', 'a' * 5000 + 'b')\nre.match(r'(a+)+$', 'a' * 5000 + 'b') is None"

    outcome = calculation.evaluate(code)

    assert outcome.value == "True" or "time limit" in outcome.error


def test_text_that_is_no_unicode_comes_back_readable():
    outcome = calculation.evaluate("'\\ud800' + chr(0)")

    assert outcome.error == ""
    outcome.value.encode()


def test_an_interpreter_whose_own_limits_fail_is_stopped_by_those_of_its_process(monkeypatch):
    monkeypatch.setattr(calculation, "_PROCESS", Limits(seconds=1, megabytes=20))

    outcome = calculation.evaluate("while True: pass")

    assert "could not be run" in outcome.error or "was stopped" in outcome.error


@pytest.mark.parametrize(
    "code", ["a = []\nfor _ in range(20_000): a = [a]\na", "'x' * 30_000_000", "list(range(10**5))"]
)
def test_a_large_value_is_cut(code):
    outcome = calculation.evaluate(code)

    assert outcome.error == ""
    assert 0 < len(outcome.value) < 21_000


def show_environment_of_an_interpreter(_source, _target, program):
    with contextlib.suppress(Exception), Monty(max_processes=1, binary_path=program, request_timeout=2.0):
        pass


def test_the_interpreter_sees_nothing_of_our_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HELIX_TEST_SECRET", "s3cret")
    seen, program = tmp_path / "environment", tmp_path / "monty"
    program.write_text(f"#!/bin/sh\nexport > {seen}\n")
    program.chmod(0o755)

    function = "tests.test_calculation:show_environment_of_an_interpreter"
    calculation.run(function, io.BytesIO(), str(program), limits=Limits(seconds=5)).close()

    assert "PWD" in seen.read_text()
    assert "s3cret" not in seen.read_text()

"""Diagnosis of the installation."""

import dataclasses
import json
import sys

import click

from helix.cli.application import installation

MARKS = {"ok": "  ok ", "warning": " note", "error": "ERROR"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a finding: level, what, do.")
def doctor(as_json: bool) -> None:
    """Check the whole installation. Exit code 1 if there are errors."""
    levels = set()
    with installation("doctor", any_shape=True) as settings:
        from helix import doctor as examination

        for finding in examination.examine(settings):
            levels.add(finding.level)
            if as_json:
                print(json.dumps(dataclasses.asdict(finding)), flush=True)
            else:
                print(f"{MARKS[finding.level]}  {finding.what}", flush=True)
                if finding.do:
                    print(f"       {finding.do}", flush=True)
    sys.exit("error" in levels)


COMMANDS = (doctor,)

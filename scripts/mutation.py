"""Mutation testing with mutmut: change the code in small ways, and see whether a test notices each change.

    make mutation                                            all packages, which takes hours
    make mutation ONLY=helix/policies                        one package, or one file
    make mutation ONLY=helix/services/runs SAMPLE=100        100 random mutants, the same ones every time
    make mutation ONLY=helix/policies TESTS=tests/policies   other tests than those in TESTS below

mutmut works on a copy, in mutants/. It changes the bodies of functions that have no decorator; statements at the top of
a module and decorated functions are not covered by this score. A mutant takes about 10 seconds, most of which is a new
process with its own database. Ctrl-C ends the round early; the score is then that of the mutants tested so far.
"""

import argparse
import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

from mutmut.__main__ import cli, collect_source_file_mutation_data, create_mutants
from mutmut.configuration import config, reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir

ROOT = Path(__file__).resolve().parents[1]
COPY = Path("mutants")
SEED = 20261130
# What is run for the mutants of each package: the tests that are about it, not the whole suite.
TESTS = {
    "helix/policies": (
        "tests/policies",
        "tests/api/test_board_views.py",
        "tests/api/test_permissions.py",
        "tests/app/test_content_security_policy.py",
        "tests/app/test_permission_matrix.py",
        "tests/services/runs/test_run_lifecycle.py",
    ),
    "helix/services/runs": ("tests/services/runs",),
    "helix/services/work": (
        "tests/services/test_positions.py",
        "tests/services/runs/test_run_lifecycle.py",
        "tests/services/runs/test_waiting.py",
        "tests/api/test_bulk.py",
        "tests/api/test_task_review.py",
        "tests/api/test_tasks.py",
    ),
    "helix/services/tasks": (
        "tests/services/test_positions.py",
        "tests/api/test_bulk.py",
        "tests/api/test_task_review.py",
        "tests/api/test_tasks.py",
    ),
}
# A mutant that runs for ever is as good as a failed test.
NOTICED = {"killed", "timeout", "segfault", "caught by type check"}


def main() -> int:
    asked = arguments()
    os.chdir(ROOT)
    packages = [name for name in TESTS if asked.only is None or within(asked.only, name)]
    if not packages:
        print(f"No tests are named for {asked.only}. Known: {', '.join(TESTS)}.", file=sys.stderr)
        return 2
    survivors = 0
    for package in packages:
        survivors += run(asked.only or package, asked.tests or TESTS[package], sample=asked.sample)
    return 1 if survivors else 0


def within(path: str, package: str) -> bool:
    return path == package or path.startswith(f"{package}/")


def run(path: str, tests: list[str] | tuple[str, ...], *, sample: int) -> int:
    """Test the mutants of a package or file, print the score, and return the number of survivors."""
    shutil.rmtree(COPY, ignore_errors=True)
    reset_config()
    config().only_mutate = [path if path.endswith(".py") else f"{path.rstrip('/')}/*"]
    config().pytest_add_cli_args_test_selection = list(tests)
    COPY.mkdir()
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(max_children=1)
    names = sorted(name for _, name, _ in collect_source_file_mutation_data(mutant_names=[])[0])
    if sample and sample < len(names):
        names = random.Random(SEED).sample(names, sample)
    cli.main(["run", "--max-children", "1", *names], prog_name="mutmut", standalone_mode=False)
    return report(path, set(names))


def report(path: str, names: set[str]) -> int:
    tested, files = collect_source_file_mutation_data(mutant_names=sorted(names))
    outcomes = {name: status_by_exit_code[files[str(data.path)].exit_code_by_key[name]] for data, name, _ in tested}
    outcomes = {name: outcome for name, outcome in outcomes.items() if outcome != "not checked"}
    places = {name: data.path for data, name, _ in tested}
    survivors = sorted(name for name, outcome in outcomes.items() if outcome not in NOTICED)
    for name in survivors:
        print(f"\n── {outcomes[name]}: {name}\n{get_diff_for_mutant(name, path=places[name])}")
    noticed = len(outcomes) - len(survivors)
    share = f"{noticed / len(outcomes):.0%}" if outcomes else "none tested"
    print(f"\n{path}: {noticed} of {len(outcomes)} mutants noticed ({share}).")
    print("  " + ", ".join(f"{count} {outcome}" for outcome, count in Counter(outcomes.values()).most_common()))
    return len(survivors)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", help="a package or a file of helix/")
    parser.add_argument("--sample", type=int, default=0, help="so many random mutants, of a fixed seed")
    parser.add_argument("--tests", nargs="+", help="test files or folders to run for each mutant")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

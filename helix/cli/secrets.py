"""Rotation of encryption keys."""

import click

from helix.cli.application import installation


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Re-encrypt every stored secret under the first of ENCRYPTION_KEYS. Safe to repeat and to interrupt."""
    with installation("rotate-keys"):
        from helix.services import secrets

        left = 0
        for progress in secrets.rotate_keys():
            print(
                f"{progress.column}: {progress.renewed} re-encrypted; "
                f"{progress.current} of {progress.seen} verified with the first key",
                flush=True,
            )
            for row_id in progress.outdated:
                print(f"  {progress.column}, row {row_id}: still encrypted with an earlier key")
            for row_id in progress.unreadable:
                print(f"  {progress.column}, row {row_id}: cannot be decrypted with ENCRYPTION_KEYS")
            left += len(progress.outdated) + len(progress.unreadable)
        if left:
            raise click.ClickException(
                f"{left} secrets are not under the first key: keep the earlier keys. Where a process still runs with "
                "an earlier key in front, restart it and run this again. For a value that no key opens, add its key "
                "at the end of ENCRYPTION_KEYS and run this again, or enter that secret again."
            )
    print("Every secret is encrypted with the first key. Remove earlier keys once all processes use it.")


COMMANDS = (rotate_keys,)

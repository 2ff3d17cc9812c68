"""What is kept encrypted."""

import click

from helix.cli.application import installation


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Re-encrypt every stored secret under the first of ENCRYPTION_KEYS. Safe to repeat and to interrupt."""
    with installation("rotate-keys"):
        from helix.services import secrets

        left = 0
        for found in secrets.rotate_keys():
            print(
                f"{found.column}: {found.renewed} re-encrypted; "
                f"{found.current} of {found.seen} read back under the first key",
                flush=True,
            )
            for row_id in found.outdated:
                print(f"  {found.column}, row {row_id}: still under an earlier key")
            for row_id in found.unreadable:
                print(f"  {found.column}, row {row_id}: opens with none of ENCRYPTION_KEYS")
            left += len(found.outdated) + len(found.unreadable)
        if left:
            raise click.ClickException(
                f"{left} secrets are not under the first key: keep the earlier keys. Where a process still runs with "
                "an earlier key in front, restart it and run this again. For a value that no key opens, add its key "
                "at the end of ENCRYPTION_KEYS and run this again, or enter that secret again."
            )
    print("Every secret is under the first key. Earlier keys may go once every process was restarted with the new one.")


COMMANDS = (rotate_keys,)

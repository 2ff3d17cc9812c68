"""What is kept encrypted."""

import click

from helix.cli.application import application, settings_with_logs


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt every stored secret anew under the first of ENCRYPTION_KEYS. Safe to repeat and to interrupt."""
    settings = settings_with_logs("rotate-keys")

    from helix.services import key_rotation

    unreadable = 0
    with application(settings).app_context():
        for found in key_rotation.rotate_keys():
            print(f"{found.column}: {found.renewed} encrypted anew, {found.seen} in all", flush=True)
            if found.unreadable:
                unreadable += len(found.unreadable)
                print(f"  not readable with any key: {', '.join(map(str, found.unreadable))}")
    if unreadable:
        raise click.ClickException(
            f"{unreadable} secrets were encrypted with a key that is not among ENCRYPTION_KEYS. They are unchanged: "
            "add that key at the end and run this again, or enter those secrets again."
        )
    print("Every secret is under the first key. Earlier keys may go once every process was restarted with the new one.")


COMMANDS = (rotate_keys,)

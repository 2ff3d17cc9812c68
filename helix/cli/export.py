"""The organization as a file that anybody can read, and into another installation or kind of database."""

from pathlib import Path

import click

from helix.cli.application import application, settings_with_logs, upgrade


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def export_all(file: Path, force: bool) -> None:
    """Write everything but secrets into FILE: a zip of JSON lines and files."""
    settings = settings_with_logs("export")

    from helix.policies.actor import SYSTEM
    from helix.services import export

    if file.exists() and not force:
        raise click.ClickException(f"{file} is there already. Name another file, or replace it with --force.")
    draft = file.with_name(f".{file.name}.part")
    try:
        with application(settings).app_context(), draft.open("wb") as target:
            draft.chmod(0o600)
            for piece in export.everything(SYSTEM):
                target.write(piece)
        draft.replace(file)
    except OSError as error:
        raise click.ClickException(f"The export could not be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size:,} bytes. Passwords, keys and tokens are not in it.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_all(file: Path) -> None:
    """Take over what `helix export` wrote into FILE. Into an empty installation, of either database."""
    settings = settings_with_logs("import")

    from helix.errors import HelixError
    from helix.services import export

    with application(settings).app_context():
        upgrade()
        try:
            found = export.bring_in(file)
        except HelixError as error:
            raise click.ClickException(str(error)) from error
    print(f"{found.organization}: {sum(found.rows.values()):,} rows and {found.files:,} files.")
    print("Nobody has a password yet: helix create-admin EMAIL opens an account, and invites the others from there.")
    print("Keys of models, the Telegram bot and webhooks have to be entered again.")


COMMANDS = (export_all, import_all)

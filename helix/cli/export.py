"""Export and import of the organization, independent of the kind of database."""

from pathlib import Path

import click

from helix.cli.application import installation, upgrade


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--allow-empty", is_flag=True, help="Even if there is no person, agent or task.")
def export_all(file: Path, force: bool, allow_empty: bool) -> None:
    """Write everything but secrets into FILE: a zip of JSON lines and files."""
    if file.exists() and not force:
        raise click.ClickException(f"{file} exists already. Choose another file, or replace it with --force.")
    draft = file.with_name(f".{file.name}.part")
    with installation("export"):
        from helix.backups.rows import used_table
        from helix.extensions import db
        from helix.policies.actor import SYSTEM
        from helix.services import export

        with db.engine.connect() as connection:
            if not allow_empty and not used_table(connection):
                raise click.ClickException(
                    "There is nothing to export in this database: no person, no agent, no task. Check DATABASE_URL "
                    "and DATA_DIR; --allow-empty writes the export anyway."
                )
        try:
            with draft.open("wb") as target:
                draft.chmod(0o600)
                for piece in export.export_archive(SYSTEM):
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
    """Import what `helix export` wrote into FILE. The installation must be empty; its kind of database may differ."""
    with installation("import", any_shape=True):
        from helix.services import export

        upgrade()
        imported = export.import_archive(file)
    print(f"{imported.organization}: {sum(imported.rows.values()):,} rows and {imported.files:,} files.")
    print("No one has a password yet. Run helix create-admin EMAIL, sign in, and invite the others.")
    print("Keys of models, the Telegram bot and webhooks have to be entered again.")
    print("The earlier address is not taken over: links begin with PUBLIC_URL, or with the address in the settings.")


COMMANDS = (export_all, import_all)

"""Backup and restore of the whole installation."""

from pathlib import Path

import click

from helix.cli.application import installation, upgrade

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
@click.option("--with-secrets", is_flag=True, help="Include the keys. Protect the file like a password then.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--allow-empty", is_flag=True, help="Even if there is no person, agent or task.")
def backup(file: Path, with_secrets: bool, force: bool, allow_empty: bool) -> None:
    """Write database and files into FILE. The installation may keep running."""
    with installation("backup", any_shape=True) as settings:
        from helix import backups

        try:
            made = backups.backup(settings, file, with_secrets=with_secrets, replace=force, allow_empty=allow_empty)
        except backups.BackupError as error:
            raise click.ClickException(str(error)) from error
    print(f"{file}: {sum(made.counts.values()):,} rows, {len(made.files):,} files, {file.stat().st_size:,} bytes.")
    for key in made.missing_files:
        print(f"Missing: the file {key}, which the database refers to, is not in the store.")
    if not made.has_secrets:
        print("The keys are not in it: keep SECRET_KEY, JWT_SECRET_KEY and ENCRYPTION_KEYS elsewhere.")


@click.command()
@FILE
@click.option("--force", is_flag=True, help="Replace an installation that is not empty.")
def restore(file: Path, force: bool) -> None:
    """Restore what `helix backup` wrote into FILE. Stop the installation first."""
    with installation("restore", any_shape=True) as settings:
        from helix import backups

        try:
            manifest = backups.restore(settings, file, upgrade=upgrade, force=force)
        except backups.BackupError as error:
            raise click.ClickException(str(error)) from error
    print(
        f"Restored {sum(manifest.counts.values()):,} rows and {len(manifest.files):,} files of {manifest.created_at}."
    )
    for warning in backups.warnings(settings, manifest):
        print(warning)


COMMANDS = (backup, restore)

"""Migration and first content of the database."""

import json

import click

from helix.cli.application import installation, upgrade


@click.command()
def migrate() -> None:
    """Migrate the database to the newest schema. Safe to repeat."""
    with installation("migrate", any_shape=True):
        upgrade()


@click.command()
@click.option("--migrate", "migrate_first", is_flag=True, help="Migrate the database to the newest schema first.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON: created, email, password, setup_key.")
def seed(migrate_first: bool, as_json: bool) -> None:
    """Fill an empty database with the demo organization (SEED_DEMO=0: with nothing but the settings)."""
    with installation("seed", any_shape=migrate_first) as settings:
        from helix.demo import load

        if migrate_first:
            upgrade()
        outcome = load.seed(
            demo=settings.seed_demo, admin_email=settings.admin_email, admin_password=settings.admin_password
        )
    if as_json:
        print(json.dumps(outcome), flush=True)
    else:
        for name, value in outcome.items():
            if value is not None:
                print(f"{name}: {value}")


COMMANDS = (migrate, seed)

"""The `helix` command: one file a group of commands. Imports stand inside the commands, so each loads what it needs."""

import click

from helix.cli import agents, backups, database, doctor, export, people, processes, secrets


class Group(click.Group):
    """Shows a setting that cannot be used as a sentence instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        from config import ConfigurationError

        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """HELIX Mission Control. Settings come from the environment: docs/configuration.md."""


for section in (processes, database, people, agents, backups, export, doctor, secrets):
    for command in section.COMMANDS:
        main.add_command(command)

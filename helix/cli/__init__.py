"""The `helix` command. Commands import what they need themselves, so that each of them starts quickly."""

from pathlib import Path

import click

from helix.cli import agents, backups, database, doctor, export, people, processes, sample, secrets


class Group(click.Group):
    """Reports invalid settings as a message instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        from helix.settings import ConfigurationError

        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    envvar="HELIX_ENV_FILE",
    help="File to read settings from, such as /etc/helix.env. Variables of the environment take precedence.",
)
def main(env_file: Path | None) -> None:
    """HELIX Mission Control. Settings come from the environment: docs/configuration.md."""
    if env_file:
        from helix.settings import environment_file

        environment_file.load(env_file)


for section in (processes, database, people, agents, backups, export, sample, doctor, secrets):
    for command in section.COMMANDS:
        main.add_command(command)

"""People, where nobody can sign in to see to them."""

import sys

import click

from helix.cli.application import application, settings_with_logs


@click.command("create-admin")
@click.argument("email")
@click.option("--name", help="Default: what stands before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input instead of asking.")
def create_admin(email: str, name: str | None, password_stdin: bool) -> None:
    """Make EMAIL an admin with a new password; an account that is there keeps its history."""
    settings = settings_with_logs("create-admin")

    from pydantic import TypeAdapter, ValidationError

    from helix.errors import HelixError
    from helix.schemas.account import Email, NewPassword
    from helix.services import accounts

    try:
        TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise click.ClickException(f"{email} is no e-mail address.") from error
    # Never an argument: those stand in the list of processes and in the shell's history.
    given = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        password = TypeAdapter(NewPassword).validate_python(given)
    except ValidationError as error:
        raise click.ClickException("A password has at most 1,024 characters, and not none.") from error
    with application(settings).app_context():
        try:
            made = accounts.ensure_admin(email=email, name=name or email.partition("@")[0], password=password)
        except HelixError as error:
            raise click.ClickException(error.message) from error
    print(f"{email} is a new admin." if made else f"{email} is an admin with a new password; all sessions have ended.")


COMMANDS = (create_admin,)

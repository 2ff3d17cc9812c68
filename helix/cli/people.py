"""Accounts, for when no admin can sign in."""

import sys

import click

from helix.cli.application import installation


@click.command("create-admin")
@click.argument("email")
@click.option("--name", help="Default: the part before the @, with a number if that is taken.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input instead of asking.")
def create_admin(email: str, name: str | None, password_stdin: bool) -> None:
    """Make EMAIL an admin with a new password. An existing account keeps its history."""
    from pydantic import TypeAdapter, ValidationError

    from helix.schemas.account import Email, NewPassword

    try:
        TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise click.ClickException(f"{email} is not an e-mail address.") from error
    # Never an argument, which would be visible in the process list and the shell history.
    given = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        password = TypeAdapter(NewPassword).validate_python(given)
    except ValidationError as error:
        raise click.ClickException("A password must have 1 to 1,024 characters.") from error
    with installation("create-admin"):
        from helix.services import accounts

        made = accounts.ensure_admin(email=email, name=name, password=password)
    if made is None:
        print(f"{email} is an admin with a new password; all sessions have ended.")
        return
    print(f"{email} is a new admin, called {made}.")


COMMANDS = (create_admin,)

"""`trueline people ...`: who works with this workspace, and in which roles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.cli import console
from trueline.errors import InputError
from trueline.people.roles import PURPOSE, Role

app = typer.Typer(no_args_is_help=True, help="Who works with this workspace, in which roles.")

Name = Annotated[str, typer.Argument(help="name of the account")]


@app.callback()
def people() -> None:
    """Who works with this workspace, in which roles."""


@app.command()
def add(
    name: Name,
    role: Annotated[list[Role] | None, typer.Option(help="a role; may be repeated")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="file with the password on its first line; else asked for")
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="no sign-in to the pages")
    ] = False,
) -> None:
    """Add a person. Passwords are kept as salted hashes."""
    console.workspace()
    from trueline.people.people import add_person

    person = add_person(name, role or [], _password(password_file, no_password))
    _say(person.name, person.roles)


@app.command()
def grant(name: Name, role: Annotated[Role, typer.Argument(help="the role")]) -> None:
    """Give a person one more role."""
    console.workspace()
    from trueline.people.people import grant_role

    person = grant_role(name, role)
    _say(person.name, person.roles)


@app.command()
def revoke(name: Name, role: Annotated[Role, typer.Argument(help="the role")]) -> None:
    """Take a role away from a person; what was done in it stays."""
    console.workspace()
    from trueline.people.people import revoke_role

    person = revoke_role(name, role)
    _say(person.name, person.roles)


@app.command("list")
def list_people() -> None:
    """Everybody with their roles."""
    console.workspace()
    from trueline.people.people import people as everybody

    table = Table("name", "roles", "what for")
    for person in everybody():
        roles = sorted(person.roles)
        table.add_row(person.name, ", ".join(roles), "; ".join(PURPOSE[role] for role in roles))
    console.print_listing(table, "Nobody yet; `trueline people add NAME --role ROLE` adds a person")


def _password(file: Path | None, none: bool) -> str | None:
    if none:
        return None
    if file is None:
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    if not lines or not lines[0]:
        raise InputError(f"{file} holds no password", mend="Write it on the first line")
    return lines[0]


def _say(name: str, roles: frozenset[Role]) -> None:
    told = ", ".join(sorted(roles)) or "no role yet"
    console.out.print(f"{name}: {told}", markup=False)

"""People as Django accounts and their roles as its groups; who may do what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from trueline.errors import InputError, Place
from trueline.people.roles import Role


@dataclass(frozen=True)
class Person:
    name: str
    roles: frozenset[Role]
    active: bool = True


def add_person(name: str, roles: Iterable[Role], password: str | None) -> Person:
    """A new person; without a password they act on the command line only."""
    checked = _checked_name(name)
    _checked_password(password)
    hashed = make_password(password)
    with transaction.atomic():
        if User.objects.filter(username=checked).exists():
            raise InputError(
                f"There is already a person {checked!r}",
                mend="Grant a role with `trueline people grant`",
            )
        user = User.objects.create(username=checked, password=hashed)
        _put(user, roles)
    return person_named(checked)


def add_role_accounts(password: str) -> tuple[Person, ...]:
    """One account for each role, named by it, all with one password: for a demo operator."""
    hashed = make_password(password)  # once: hashing is slow on purpose
    with transaction.atomic():
        for role in Role:
            user = User.objects.create(username=role.value, password=hashed)
            _put(user, [role])
    return people()


def grant_role(name: str, role: Role) -> Person:
    """Give a person one more role."""
    with transaction.atomic():
        _put(_user(name), [role])
    return person_named(name)


def revoke_role(name: str, role: Role) -> Person:
    """Take a role away; what was done in it stays done."""
    _user(name).groups.remove(*Group.objects.filter(name=role.value))
    return person_named(name)


def people() -> tuple[Person, ...]:
    """Everybody, by name."""
    users = User.objects.order_by("username").prefetch_related("groups")
    return tuple(_person(user) for user in users)


def anybody() -> bool:
    """Whether the workspace knows people at all."""
    return User.objects.exists()


def person_named(name: str) -> Person:
    return _person(_user(name))


def may(by: str, roles: frozenset[Role], act: str) -> Person:
    """The person `by`, who does `act` in one of `roles`; InputError where they may not."""
    person = person_named(by)
    if not person.active:
        raise InputError(f"The account of {by} is closed", place=Place(field="by"))
    if not person.roles & roles:
        needed = " or ".join(sorted(role.value for role in roles))
        raise InputError(
            f"{by} may not {act}: that takes the role {needed}",
            place=Place(field="by"),
            mend="Ask for the role (trueline people grant), or let somebody who has it act",
        )
    return person


def may_where_known(by: str, roles: frozenset[Role], act: str) -> None:
    """`may`, in a workspace that knows people at all; one that knows nobody takes any name."""
    if anybody():
        may(by, roles, act)


def _user(name: str) -> User:
    if not name:
        raise InputError(
            "Nobody is named for this act",
            place=Place(field="by"),
            mend="Name yourself with --by, or sign in",
        )
    found = User.objects.filter(username=name).first()
    if found is None:
        raise InputError(
            f"There is no person {name!r}",
            place=Place(field="by"),
            mend="See `trueline people list`, or add one with `trueline people add`",
        )
    return found


def _person(user: User) -> Person:
    known = {role.value: role for role in Role}
    names = [group.name for group in user.groups.all()]
    roles = frozenset(known[name] for name in names if name in known)
    return Person(user.username, roles, user.is_active)


def _put(user: User, roles: Iterable[Role]) -> None:
    for role in roles:
        group, _ = Group.objects.get_or_create(name=role.value)
        user.groups.add(group)


def _checked_name(name: str) -> str:
    try:
        User.username_validator(name)
    except ValidationError:
        raise InputError(
            f"{name[:60]!r} is not a name for an account",
            place=Place(field="name"),
            mend="Use letters, digits and @ . + - _ only",
        ) from None
    if len(name) > 150:
        raise InputError("The name is longer than 150 characters", place=Place(field="name"))
    return name


def _checked_password(password: str | None) -> None:
    if password is None:
        return
    try:
        validate_password(password)
    except ValidationError as error:
        raise InputError(
            " ".join(error.messages), place=Place(field="password"), mend="Choose another one"
        ) from None

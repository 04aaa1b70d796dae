"""Accounts of the demo operator: one for each role, named by it, all with one password."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from trueline.people.people import add_role_accounts
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace


def sign_in_file(workspace: Workspace) -> Path:
    """Readable by the owner only: who may sign in to the demo, and with what."""
    return workspace.home / "demo-sign-in.txt"


def add_demo_accounts(workspace: Workspace) -> Path:
    """Add the accounts with a password drawn for this workspace; the file that tells it."""
    password = secrets.token_urlsafe(12)
    add_role_accounts(password)
    path = sign_in_file(workspace)
    names = "".join(f"{role.value}\n" for role in Role)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"password of every account: {password}\n\n{names}")
    return path

"""A workspace is one folder: embedded database, measurement lake, results. Nothing outside it
is written."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from pkgutil import iter_modules

DEFAULT_HOME = "trueline-data"


@dataclass(frozen=True)
class Workspace:
    home: Path

    @property
    def database(self) -> Path:
        return self.home / "trueline.sqlite3"

    @property
    def lake(self) -> Path:
        """Measurements and events: our own fsynced segments and the compacted blocks."""
        return self.home / "lake"

    @property
    def summaries(self) -> Path:
        """What the lake holds, summed up by day; built again where it is missing."""
        return self.home / "summaries"

    @property
    def results(self) -> Path:
        """Stored assessments that the pages read."""
        return self.home / "results"

    @property
    def result_log(self) -> Path:
        """Figures of closed periods and of restatements, each file written once."""
        return self.home / "result-log"

    @property
    def set_aside(self) -> Path:
        """Readable files of rows that were not accepted, one per delivery."""
        return self.home / "set-aside"

    @property
    def write_lock(self) -> Path:
        return self.home / "write.lock"

    @property
    def worker_lock(self) -> Path:
        return self.home / "worker.lock"

    def secret_key(self) -> str:
        """The key that signs sessions; made on first use, readable by the owner only."""
        path = self.home / "secret-key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".secret-key.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):  # of two that start at once, one makes the key
                os.link(draft, path)
            draft.unlink()
        return path.read_text(encoding="ascii")


def current_workspace() -> Workspace:
    """The workspace named by TRUELINE_HOME."""
    return Workspace(Path(os.environ.get("TRUELINE_HOME") or DEFAULT_HOME).absolute())


def prepare_records() -> None:
    """Make the rooms' records importable. Reads and writes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trueline.settings.django")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def use_workspace(home: Path) -> Workspace:
    """Point this process at the workspace `home`, making its folder and database as needed."""
    os.environ["TRUELINE_HOME"] = str(home)
    workspace = current_workspace()
    workspace.home.mkdir(parents=True, exist_ok=True)
    prepare_records()
    from django.db import connections

    if "sqlite3" in connections.databases["default"]["ENGINE"]:
        connections["default"].close()
        connections.databases["default"]["NAME"] = str(workspace.database)
        connections["default"].settings_dict["NAME"] = str(workspace.database)
    if _lacks_migrations():
        _migrate(workspace)
    return workspace


def _migrate(workspace: Workspace) -> None:
    """One process at a time: the others wait, and find that it is done."""
    from django.core.management import call_command

    with open(workspace.write_lock, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if _lacks_migrations():
            call_command("migrate", verbosity=0, interactive=False)


def _lacks_migrations() -> bool:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder(connection).applied_migrations()
    return any(migration not in applied for migration in _migrations_on_disk())


def _migrations_on_disk() -> Iterator[tuple[str, str]]:
    """App and name of every migration that came with the rooms. None is imported: building their
    graph at every start takes longer than many a command."""
    from django.apps import apps

    for config in apps.get_app_configs():
        for module in iter_modules([str(Path(config.path) / "migrations")]):
            if module.name[0].isdigit():
                yield config.label, module.name

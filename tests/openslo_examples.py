"""The OpenSLO examples of the shared material, by file name."""

from __future__ import annotations

import tarfile
from pathlib import Path


def openslo_examples(shared: Path) -> dict[str, bytes]:
    """File name (with its folder) to content."""
    found = {}
    with tarfile.open(shared / "data/slo-oracles/openslo-examples.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".yaml") else None
            if file is not None:
                found["-".join(Path(member.name).parts[-2:])] = file.read()
    return found
